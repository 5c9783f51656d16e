"""Making a replay: an import's rows are judged again, and on request those that differ become an import of their own.

What belongs here: what may be replayed, and sealing what is to be done. What does not: foreseeing it (`rehearsing`),
and doing it, which is what any run does with an import that was registered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets import leased, leases
from assets.catalogue import BY_NAME, CONTACT
from assets.counting import counted
from assets.csv_imports import attempts, replays, store
from assets.csv_imports.columns import from_contacts
from assets.csv_imports.mapping import overrides
from assets.errors import PipelineError
from assets.progress import nobody
from assets.replaying.rehearsing import Wanted, rehearse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.limits import Limits
    from assets.coperniq.transport import Transport
    from assets.csv_imports.attempts import Parent
    from assets.database import Database
    from assets.progress import Tell
    from assets.record_types import RecordType
    from assets.replaying.replay import Replay


class ReplayError(PipelineError):
    """Say why an import cannot be replayed."""


@dataclass(frozen=True, slots=True)
class Of:
    """The import that is meant, or a replay of it: its id, whose it is, and its name."""

    id: UUID
    contractor_id: UUID
    slug: str
    import_name: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A replay that was begun.

    Attributes:
        import_id: Its import; None where nothing differs.
        replay: What it does; None where a former command has begun it.
    """

    import_id: UUID | None
    replay: Replay | None


@dataclass(frozen=True)
class Replaying:
    """What a replay is made with: all that an import is given, so that it judges and would send the same.

    Attributes:
        database: The product's.
        mappings: The folder of all contractors' override files.
        date_order: As for `importing.read_import`.
        client: Coperniq; nothing is asked of it.
        limits: Of its key; no turn of theirs is taken.
    """

    database: Database
    mappings: Path
    date_order: str | None
    client: Transport
    limits: Limits

    def look(self, of: Of, mapping: Path | None, say: Callable[[str], None], tell: Tell = nobody) -> Replay:
        """Say what a replay would do; nothing changes.

        Args:
            of: The import.
            mapping: The mapping file that counts; None for that of the contractor.
            say: Takes what is to be said of the columns.
            tell: Is told how far it is.

        Raises:
            ReplayError: When it cannot be replayed.
            OverrideError: When the mapping file is wrong.
        """
        with self.database.connect() as conn:
            parent = self._parent(conn, of)
            if self._begun(conn, of, parent):
                raise ReplayError(f"A replay of {parent.import_name} goes on still: run `mep import {of.slug}` first.")
            return self._rehearsed(conn, of, parent, mapping, say, tell)

    def begin(self, of: Of, mapping: Path | None, by: str, say: Callable[[str], None], tell: Tell = nobody) -> Begun:
        """Register the replay of an import, for the contractor's next run to carry out.

        Holds the contractor's lease, so that what differs still does when it is registered. One that a former command
        has begun is given as it is.

        Args:
            of: The import.
            mapping: As for `look`.
            by: Who replays.
            say: As for `look`.
            tell: As for `look`.

        Raises:
            ReplayError: When it cannot be replayed.
            OverrideError: When the mapping file is wrong.
        """
        with (
            leases.held(self.database, of.contractor_id, by) as lease,
            self.database.connect() as conn,
            leased.connect(self.database, lease) as held,
        ):
            parent = self._parent(conn, of)
            begun = self._begun(conn, of, parent)
            if begun is not None:
                return Begun(begun, None)
            replay = self._rehearsed(conn, of, parent, mapping, say, tell)
            if replay.record_numbers is None:
                return Begun(None, replay)
            with held.transaction():
                import_id = replays.register(held, parent.id, by)
                replays.seal(held, import_id, replays.Sealed(replay.record_numbers, replay.reading))
            return Begun(import_id, replay)

    def _parent(self, conn: Connection[Any], of: Of) -> Parent:
        parent = attempts.parent(conn, of.contractor_id, replays.replayed(conn, of.id))
        if parent is None:
            raise ReplayError(
                f"{of.import_name} has no rows that could be replayed: import its file again, or correct the form."
            )
        if parent.is_rolled_back:
            raise ReplayError(f"{parent.import_name} was rolled back: import its file again instead.")
        return parent

    def _begun(self, conn: Connection[Any], of: Of, parent: Parent) -> UUID | None:
        """Return the replay of an import that was begun; refuse one while values of other imports are on their way."""
        left = store.unfinished(conn, of.contractor_id)
        if not left:
            return None
        if left[0].parent_import_id == parent.id and replays.sealed(conn, left[0].id) is not None:
            return left[0].id
        raise ReplayError(
            f"{counted(len(left), 'import')} of {of.slug} not finished, and may bring newer values: run"
            f" `mep import {of.slug}` first."
        )

    def _rehearsed(
        self,
        conn: Connection[Any],
        of: Of,
        parent: Parent,
        mapping: Path | None,
        say: Callable[[str], None],
        tell: Tell,
    ) -> Replay:
        record_type, folder = BY_NAME[parent.coperniq_type], self.mappings / of.slug
        of_contacts = from_contacts(record_type, parent.origin)
        reading = replays.Reading(
            _checked(mapping, record_type) if mapping else _own(folder, record_type),
            _own(folder, CONTACT) if of_contacts else None,
        )
        rows = conn.execute("SELECT total_records_attempted FROM csv_imports WHERE id = %s", [parent.id]).fetchone()
        wanted = Wanted(of.contractor_id, parent, rows[0] if rows else 0, reading, self.date_order)
        return rehearse(conn, wanted, self.client, self.limits.allowance(), say, tell)


def _own(folder: Path, record_type: RecordType) -> bytes | None:
    """Return the bytes of a contractor's own mapping file for a type; None where there is none."""
    path = folder / f"{record_type.name}.yaml"
    return _checked(path, record_type) if path.exists() else None


def _checked(path: Path, record_type: RecordType) -> bytes:
    """Return the bytes of a mapping file that can be read, so that a run that reads them later can, too."""
    content = overrides.content_of(path)
    overrides.parsed(content, overrides.shown(path), record_type)
    return content
