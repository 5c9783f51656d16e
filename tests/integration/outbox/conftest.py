"""A contractor on a real database, and an inbox folder."""

from __future__ import annotations

from tests.integration.csv_imports.conftest import connection, office

__all__ = ["connection", "office"]
