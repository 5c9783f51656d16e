"""Coperniq's public REST API: one record a request, whole-number ids, accounts for clients, no bulk operation."""
