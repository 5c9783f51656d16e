"""The contractors, forms and the sandbox of the tests of exporting forms, for people who are erased from there."""

from tests.integration.forms.conftest import another, desk, sandbox, shared_database, world

__all__ = ["another", "desk", "sandbox", "shared_database", "world"]
