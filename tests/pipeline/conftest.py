"""How the pipeline's tests reach their databases: directly, or through PgBouncer in transaction mode (`POOLED`).

An inbox with a sensor is `inboxed`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pipeline.inboxed import inboxed
from tests.pooler import NEEDED, POOLED, PROGRAM, Pooler, running_pooler
from tests.roles import PASSWORDS, make_roles, url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.postgres import Cluster

__all__ = ["inboxed"]


@pytest.fixture(scope="session")
def pooler(postgres: Cluster) -> Iterator[Pooler]:
    """Run PgBouncer for the users of a deployment, and the superuser."""
    if PROGRAM is None:
        pytest.skip(NEEDED)
    with running_pooler(postgres.url(), users=PASSWORDS) as running:
        yield running


@pytest.fixture
def migrated_database(migrated_database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if not POOLED:
        return migrated_database
    make_roles(migrated_database)
    url = request.getfixturevalue("pooler").url(migrated_database)
    monkeypatch.setenv("DAGSTER_DATABASE_URL", url_of("mep_dagster", url))
    return url


@pytest.fixture
def fresh_database(fresh_database: str, request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("pooler").url(fresh_database) if POOLED else fresh_database
