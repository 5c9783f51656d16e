"""Wiring, without a database or a network."""
