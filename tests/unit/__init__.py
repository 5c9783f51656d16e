"""Tests without a database and without a network: seconds."""
