"""Replaying: which results of an import would differ under another mapping or other rules, and letting them."""
