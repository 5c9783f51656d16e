"""Copies of the project as tests use them, and what their Coperniq has in the end."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg

from orchestration import migrations
from sandbox import copies
from sandbox.coperniq.ledger import records
from sandbox.copies import ProjectCopy
from tests.conftest import MIGRATIONS
from tests.coperniq_server import running_sandbox
from tests.pooler import POOLED, running_pooler
from tests.roles import PASSWORDS, make_roles, url_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

COMPANY = 112


class Project(ProjectCopy):
    """A copy of the project, as tests use it."""

    def environment(self, settings: Mapping[str, str] | None = None) -> dict[str, str]:
        """Name Dagster's own user, too, where a pooler stands before the database."""
        found = super().environment(settings)
        if POOLED and "DATABASE_URL" in found:
            found["DAGSTER_DATABASE_URL"] = url_of("mep_dagster", found["DATABASE_URL"])
        return found

    def sent(self) -> dict[str, list[dict[str, object]]]:
        """Return the values of every record in the sandbox, by type."""
        return {
            name: [
                {field: value for field, value in record.items() if field not in ("id", "createdAt", "updatedAt")}
                for record in records(self.store, name, COMPANY)
            ]
            for name in ("Contact", "Site", "Asset", "System", "Task", "ServicePlanInstance", "FinancialDocument")
        }


def project_copy() -> contextlib.AbstractContextManager[Project]:
    """Give a copy of the project's files, of which nothing runs at the end."""
    return copies.project_copy(Project)


@contextlib.contextmanager
def demo_project() -> Generator[Project, None, None]:
    """Give a copy of the project for demos: with a local stack, or with PgBouncer before the database (`POOLED`)."""
    with project_copy() as copied:
        if not POOLED:
            yield copied
            return
        copied.cluster.start()
        url = copied.cluster.ensure_database("mep")
        with psycopg.connect(url, prepare_threshold=None) as connection:
            migrations.up(connection, MIGRATIONS)
        make_roles(url)
        with running_pooler(url, users=PASSWORDS) as pooler, running_sandbox(copied.store) as sandbox:
            yield replace(copied, settings={
                "DATABASE_URL": pooler.url(url), "COPERNIQ_API_URL": sandbox.url, "COPERNIQ_API_KEY": sandbox.key,
                "COPERNIQ_COMPANY_ID": str(COMPANY), "COPERNIQ_REQUESTS_PER_SECOND": "0",
                "COPERNIQ_REQUESTS_PER_DAY": "0",
            })  # fmt: skip


def doubled(records_of_type: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the records that are there more than once, with all their values the same."""
    counted = Counter(repr(sorted(record.items(), key=lambda item: item[0])) for record in records_of_type)
    return [record for record, count in counted.items() if count > 1]
