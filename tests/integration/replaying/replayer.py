"""Replaying imports of one contractor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.coperniq.limits import Allowance
from assets.csv_imports import importing, store
from assets.replaying.making import Of, Replaying
from sandbox.coperniq import ledger
from tests.integration.coperniq.world import ignore

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from assets.replaying.making import Begun
    from assets.replaying.replay import Replay
    from tests.integration.planning.planner import Planner

RIGHT = "version: 1\ntype: Contact\ncolumns:\n  - {header: name, field: name}\n  - {header: company, field: null}\n"
UPPER = RIGHT.replace("field: name}", "field: name, transform: [{rule: uppercase}]}")


class Unlimited:
    def allowance(self) -> Allowance:
        return Allowance()


@dataclass(frozen=True)
class Replayer:
    """Replays imports of one contractor, and lets what is registered take effect, as the assets of a run do."""

    planner: Planner

    def of(self, import_id: UUID) -> Of:
        return Of(import_id, self.planner.world.contractor, self.planner.contractor.slug, "the import")

    def mapping(self, text: str) -> Path:
        path = self.planner.world.inbox / "given.yaml"
        path.write_text(text)
        return path

    def map(self, text: str) -> None:
        self.planner.mappings.mkdir(parents=True, exist_ok=True)
        (self.planner.mappings / f"{text.split('type: ')[1].split()[0]}.yaml").write_text(text)

    @property
    def replaying(self) -> Replaying:
        world = self.planner.world
        client: Any = world.client()
        return Replaying(world.database, world.inbox / "mappings", None, client, Unlimited())  # type: ignore[arg-type]

    def look(self, import_id: UUID, mapping: str | None = None) -> Replay:
        return self.replaying.look(self.of(import_id), self.mapping(mapping) if mapping else None, ignore)

    def begin(self, import_id: UUID, mapping: str | None = None) -> Begun:
        return self.replaying.begin(self.of(import_id), self.mapping(mapping) if mapping else None, "test", ignore)

    def go_on(self) -> None:
        world = self.planner.world
        for found in store.unfinished(world.conn, world.contractor):
            said = importing.read_import(
                world.conn, world.contractor, self.planner.inbox, found, ignore, mappings=self.planner.mappings
            )
            assert said.failure is None
        world.deliver()

    def apply(self, import_id: UUID, mapping: str | None = None) -> Begun:
        begun = self.begin(import_id, mapping)
        self.go_on()
        return begun

    def imported(self, **files: str) -> UUID:
        """Import files, and give the import of the last one."""
        for path in self.planner.folder.glob("*.csv"):
            path.unlink()
        self.planner.put(**files)
        registered = self.planner.read()
        self.planner.world.deliver()
        assert registered[-1].import_id is not None
        return registered[-1].import_id

    def there(self, type_name: str = "Contact", field: str = "name") -> dict[str, Any]:
        world = self.planner.world
        return {str(one["id"]): one[field] for one in ledger.records(world.store, type_name, world.company)}
