"""Planning for a contractor, doing it, and counting what was done, by other means than the plan's."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.contractors import store as contractors
from assets.coperniq.limits import Allowance
from assets.csv_imports import importing, registering, store
from assets.csv_imports.inbox import in_order
from assets.csv_imports.local_inbox import LocalInbox
from assets.planning import forecasting
from assets.planning.forecast import LEFT, OUTCOMES
from assets.planning.sealing import SealedPlans
from tests.integration.coperniq.world import ignore

if TYPE_CHECKING:
    from pathlib import Path

    from assets.contractors.store import Contractor
    from assets.coperniq.deliver import Delivered
    from assets.planning.forecast import Forecast
    from tests.integration.coperniq.world import World

Counts = dict[tuple[str, str], dict[str, int]]


@dataclass(frozen=True)
class Planner:
    """Plans and imports the files of one contractor's inbox.

    Attributes:
        world: The contractor, between its database and its company of the sandbox.
        inbox: Where the folder of the contractor lies.
    """

    world: World
    inbox: LocalInbox

    @property
    def contractor(self) -> Contractor:
        slug = self.world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", self.world.contractor)
        return contractors.get(self.world.conn, slug[0]["slug"])

    @property
    def folder(self) -> Path:
        """The contractor's folder in the inbox."""
        folder = self.inbox.root / self.contractor.slug
        folder.mkdir(exist_ok=True)
        return folder

    def put(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.csv").write_text(text)

    def sources(self) -> list[str]:
        return [file.source for file in in_order(self.inbox.files(self.contractor.slug))]

    @property
    def mappings(self) -> Path:
        return self.world.inbox / "mappings" / self.contractor.slug

    def plans(self, **settings: str | None) -> SealedPlans:
        decisive = {"MEP_DATE_ORDER": None, "COPERNIQ_COMPANY_ID": str(self.world.company), **settings}
        return SealedPlans(self.world.inbox / "plans", self.world.inbox / "mappings", decisive)

    def plan(self, *sources: str, allowed: Allowance | None = None) -> Forecast:
        wanted = forecasting.Wanted(
            self.world.contractor, self.inbox, sources or self.sources(), retry=bool(sources), date_order=None,
            mappings=self.mappings,
        )  # fmt: skip
        client = self.world.client()
        with self.world.database.connect() as conn:
            found = forecasting.forecast(conn, wanted, client, allowed or Allowance(), ignore)
        client.close()
        return found

    def read(self, *sources: str) -> list[registering.Registered]:
        """Register and read, as the assets of a run do."""
        conn, contractor = self.world.conn, self.world.contractor
        registered = registering.register_files(
            conn, contractor, self.inbox, sources or self.sources(), "test", retry=bool(sources), mappings=self.mappings
        )
        for found in store.unfinished(conn, contractor):
            importing.read_import(conn, contractor, self.inbox, found, ignore, mappings=self.mappings)
        return registered

    def run(self, *sources: str) -> tuple[Counts, dict[str, Delivered]]:
        """Import for good; count the rows of each import by what became of them, and give what was delivered."""
        known = {row["coperniq_id"] for row in self._records() if row["coperniq_id"]}
        waiting = [found.id for found in store.unfinished(self.world.conn, self.world.contractor)]
        registered = self.read(*sources)
        ids = [*waiting, *(file.import_id for file in registered if file.outcome in ("new", "resumed"))]
        done = self.world.deliver()
        return {self._named(id_): self._count(id_, known) for id_ in dict.fromkeys(ids)}, done

    def _named(self, id_: Any) -> tuple[str, str]:
        (row,) = self.world.query("SELECT import_name, coperniq_type FROM csv_imports WHERE id = %s", id_)
        return row["import_name"], row["coperniq_type"]

    def _count(self, id_: Any, known: set[str]) -> dict[str, int]:
        states = {row["csv_import_record_id"]: row["state"] for row in self._records()}
        rows = self.world.query("SELECT * FROM csv_import_records WHERE csv_import_id = %s", id_)
        counted = Counter(_outcome(row, states, known) for row in rows)
        return {name: counted[name] for name in OUTCOMES}

    def _records(self) -> list[dict[str, Any]]:
        return self.world.query(
            "SELECT csv_import_record_id, state::TEXT, coperniq_id FROM coperniq_records"
            " WHERE contractor_config_id = %s",
            self.world.contractor,
        )


def _outcome(row: dict[str, Any], states: dict[Any, str], known: set[str]) -> str:
    fixed = {"error": "rejected", "duplicate": "duplicate", "skipped": "unchanged"}.get(row["status"])
    if fixed:
        return fixed
    if row["replaced_by_id"] is not None:
        return "replaced"
    if states.get(row["id"]) == "synced":
        return "updated" if row["coperniq_id"] in known else "created"
    return "rejected" if states.get(row["id"]) == "rejected" else "waiting"


def counts(planned: Forecast) -> Counts:
    """Give what a plan says of each import that would be read."""
    return {
        (one.file, one.coperniq_type or ""): one.counts for one in planned.imports
        if one.outcome in ("new", "resumed", LEFT)
    }  # fmt: skip


def dump(conn: Any) -> dict[str, tuple[int, str]]:
    """Give the digest of every table of every schema, row for row, and of every sequence."""
    tables = conn.execute(
        """
        SELECT format('%I.%I', n.nspname, c.relname), c.relkind
        FROM pg_class AS c INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
        WHERE c.relkind IN ('r', 'S') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
        """
    ).fetchall()
    found: dict[str, tuple[int, str]] = {}
    for name, _ in tables:
        rows = conn.execute(f"SELECT t::TEXT FROM {name} AS t").fetchall()
        text = "\n".join(sorted(row for (row,) in rows))
        found[name] = len(rows), hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return found
