"""A contractor whose files are imported, and whose customers are compared."""

from tests.integration.csv_imports.conftest import connection, office

__all__ = ["connection", "office"]
