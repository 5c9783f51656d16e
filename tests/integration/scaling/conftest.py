"""A database as real imports and sending leave it, on the oldest and on the newest supported PostgreSQL."""

from __future__ import annotations

import copy
import shutil
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from assets.coperniq import rolling_back
from assets.coperniq.rolling_back import Rollback
from assets.csv_imports import importing, registering, store
from assets.csv_imports.inbox import in_order
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from tests.conftest import ROOT, _database, template_on
from tests.coperniq_server import SandboxHandle, running_sandbox
from tests.integration.coperniq.world import World, contacts, ignore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from sandbox.postgres import Cluster

COMPANIES = range(1, 40)
SAMPLES = ROOT / "samples" / "inbox"

_companies = iter(COMPANIES)


@pytest.fixture(scope="session")
def postgres(any_postgres: Cluster) -> Cluster:
    """Make databases on each supported server in turn."""
    return any_postgres


@pytest.fixture(scope="session")
def migrated_template(postgres: Cluster) -> Iterator[str]:
    """Make one migrated database on each server."""
    yield from template_on(postgres)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxHandle]:
    """Run one sandbox with a key for each company."""
    keys = {f"key-of-{company}": company for company in COMPANIES}
    with running_sandbox(tmp_path_factory.mktemp("coperniq") / "store.db", keys=keys) as handle:
        yield handle


@pytest.fixture(scope="session")
def filled_template(
    postgres: Cluster, migrated_template: str, sandbox: SandboxHandle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[World]]]:
    """Fill a database once, to clone others from: two contractors with their samples, and one that undid an import."""
    with _database(postgres, template=migrated_template) as (name, url):
        with Database(url).connect() as connection:
            # Debian's server compiles queries, which takes longer than they do.
            connection.execute("SET jit = off")
            offices = [new_world(connection, sandbox, tmp_path_factory.mktemp("inbox")) for _ in range(3)]
            bring_samples(offices[0], "abc-heating")
            bring_samples(offices[1], "sunrise-solar")
            undone = offices[2].bring("Contact.csv", *contacts(12))
            offices[2].deliver()
            roll_back(offices[2], undone)
        yield name, offices


@pytest.fixture
def conn(postgres: Cluster, filled_template: tuple[str, list[World]]) -> Iterator[psycopg.Connection[Any]]:
    """Connect to a filled database of the test's own, in autocommit mode."""
    with _database(postgres, template=filled_template[0]) as (_, url), Database(url).connect() as connection:
        yield connection


@pytest.fixture
def offices(conn: psycopg.Connection[Any], filled_template: tuple[str, list[World]]) -> list[World]:
    """Give the contractors of the filled database; what they do in Coperniq stays there for the next test."""
    found = [copy.copy(office) for office in filled_template[1]]
    for office in found:
        office.conn = conn
    return found


def new_world(connection: psycopg.Connection[Any], sandbox: SandboxHandle, folder: Path) -> World:
    """Make a contractor with an empty company and an inbox of its own."""
    company = next(_companies)
    return World(connection, sandbox.url, f"key-of-{company}", company, sandbox.store, folder)


def roll_back(world: World, import_id: UUID) -> None:
    """Undo an import."""
    client = world.client()
    of = rolling_back.find(world.conn, str(import_id))
    Rollback(world.conn, client, world.lease(), of, "test", ignore, world.pauses.append).run()
    client.close()


def bring_samples(world: World, name: str) -> None:
    """Import all sample files of a contractor, from a copy in the world's inbox, and send what can be sent."""
    (found,) = world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", world.contractor)
    shutil.copytree(SAMPLES / name, world.inbox / found["slug"])
    inbox = LocalInbox(world.inbox)
    sources = [file.source for file in in_order(inbox.files(found["slug"]))]
    registering.register_files(world.conn, world.contractor, inbox, sources, "test", retry=False)
    for waiting in store.unfinished(world.conn, world.contractor):
        importing.read_import(world.conn, world.contractor, inbox, waiting, ignore)
    world.deliver()
