"""Registering: a contractor's files become imports, each content once.

What belongs here: what becomes of a file when it is looked at. What does not: reading its records (`importing`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from assets import catalogue
from assets.csv_imports import attempts, correcting, store
from assets.csv_imports.columns import Columns
from assets.csv_imports.files.reading import open_file
from assets.csv_imports.files.records import UnreadableFile
from assets.csv_imports.inbox import InboxError, InboxFile, inspect, type_of
from assets.csv_imports.mapping import overrides
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.attempts import Parent
    from assets.csv_imports.inbox import Inbox
    from assets.csv_imports.store import Import
    from assets.record_types import RecordType


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a file when it was looked at.

    Attributes:
        file: Its name.
        import_id: Of the import that holds its content; None where there is none.
        outcome: `new`, `resumed` (an interrupted import goes on), `already imported`, `failed before`, `rolled back`
            (before), `failed`, or `passed over` (not of a kind that is read).
        note: In words, where there is something to say.
        source: Where it lies.
    """

    file: str
    import_id: UUID | None
    outcome: str
    note: str | None = None
    source: str = ""

    @property
    def is_refused(self) -> bool:
        """Say whether there is no import that says why it failed."""
        return self.outcome == "failed" and self.import_id is None


def register_files(
    conn: Connection[Any],
    contractor_id: UUID,
    inbox: Inbox,
    files: Iterable[str | Path],
    by: str,
    *,
    retry: bool,
    mappings: Path | None = None,
    hashes: Mapping[str, str] | None = None,
) -> list[Registered]:
    """Register each file once, by its content and type; one of contacts with service addresses, as sites too.

    Args:
        conn: In autocommit mode.
        contractor_id: Whose files they are.
        inbox: The inbox, which the recorded sources are relative to.
        files: Their sources or paths, in the order in which they are to be read.
        by: Who imports.
        retry: Whether content that failed before, or was rolled back, is imported again, as a new import.
        mappings: The folder of the contractor's override files; None for none.
        hashes: The SHA-256 of the content that is meant, by source; a file with another one is refused.
    """
    columns = Columns(conn, contractor_id, partial(overrides.load, mappings))
    registrar = _Registrar(conn, contractor_id, inbox, by, retry, columns, hashes or {})
    registered: list[Registered] = []
    for source in (inbox.source(str(file)) for file in files):
        for found in registrar.register(source):
            first = next((earlier.file for earlier in registered if earlier.import_id == found.import_id), None)
            # The same content twice in one inbox: the first of the two stands for both.
            twice = found.outcome == "resumed" and first is not None
            known = replace(found, outcome="already imported", note=f"as {first}") if twice else found
            registered.append(replace(known, source=source))
    return registered


@dataclass(frozen=True, slots=True)
class _Registrar:
    """Registers the files of one contractor."""

    conn: Connection[Any]
    contractor_id: UUID
    inbox: Inbox
    by: str
    retry: bool
    columns: Columns
    hashes: Mapping[str, str]

    def register(self, source: str) -> list[Registered]:
        """Register a file as what its name says, and as sites where it holds contacts with service addresses."""
        name = source.rpartition("/")[2]
        try:
            with self.inbox.at(source) as path:
                file = inspect(path)
                if self.hashes.get(source, file.sha256) != file.sha256:
                    raise InboxError(f"{file.name} is not the file that was planned: plan it again.")
                try:
                    parent = correcting.parent_of(self.conn, self.contractor_id, file)
                except correcting.Parentless as error:
                    return [self._register_failed(source, file, str(error))]
                if parent is not None:
                    return self._register_correction(source, file, parent)
                record_type = type_of(name)
                if record_type is catalogue.CONTACT:
                    return self._register_contacts(source, file)
                return [self._register(source, file, record_type)]
        except (InboxError, overrides.OverrideError) as error:
            # Nothing of the file is registered, so that the next run looks at it anew.
            return [Registered(printable(name), None, "failed", str(error))]

    def _register_contacts(self, source: str, file: InboxFile) -> list[Registered]:
        feeds_sites = self._find(file, catalogue.SITE) is not None or (
            self._is_to_be_imported(self._find(file, catalogue.CONTACT)) and self._carries_sites(file)
        )
        if not feeds_sites:
            return [self._register(source, file, catalogue.CONTACT)]
        # Both or neither: contacts that were registered alone would be taken for a file without sites ever after.
        with self.conn.transaction():
            contacts = self._register(source, file, catalogue.CONTACT)
            if contacts.import_id is None or contacts.outcome.startswith("failed"):
                return [contacts]
            sites = self._register(source, file, catalogue.SITE)
            return [replace(contacts, note=contacts.note or "also feeds Site"), sites]

    def _register_correction(self, source: str, file: InboxFile, parent: Parent) -> list[Registered]:
        """Register a fix file as what its parent is: where that one's file fed sites as well, for both."""
        with self.conn.transaction():
            return [
                self._registered(source, file, catalogue.BY_NAME[of.coperniq_type], of)
                for of in attempts.corrected_with(self.conn, self.contractor_id, parent)
            ]

    def _find(self, file: InboxFile, record_type: RecordType | None) -> Import | None:
        return store.find_by_hash(self.conn, self.contractor_id, file, record_type.name if record_type else None)

    def _is_to_be_imported(self, known: Import | None) -> bool:
        return known is None or (known.status in ("failed", "rolled_back") and (self.retry or known.again))

    def _register(self, source: str, file: InboxFile, record_type: RecordType | None) -> Registered:
        with self.conn.transaction():
            return self._registered(source, file, record_type)

    def _registered(
        self, source: str, file: InboxFile, record_type: RecordType | None, parent: Parent | None = None
    ) -> Registered:
        known = self._find(file, record_type)
        if known is not None and not self._is_to_be_imported(known):
            if known.unfinished and self.inbox.version(known.source_path or "") is None:
                store.relocate(self.conn, known.id, source)
            return _known(known, file)
        if record_type is None:
            names = ", ".join(f"{known_type.name}.csv" for known_type in catalogue.TYPES)
            return self._refused(source, file, f"{file.name} fits no type: name it after what it holds ({names}).")
        self.columns.known(record_type)
        import_id = store.register(
            self.conn, self.contractor_id, file, record_type, source, self.by, parent.id if parent else None
        )
        if import_id is None:
            return Registered(file.name, None, "already imported", "another run is importing it")
        return Registered(file.name, import_id, "new", f"corrects rows of {parent.import_name}" if parent else None)

    def _register_failed(self, source: str, file: InboxFile, reason: str) -> Registered:
        """Register a file of no type as failed, once."""
        with self.conn.transaction():
            known = self._find(file, None)
            return _known(known, file) if known else self._refused(source, file, reason)

    def _refused(self, source: str, file: InboxFile, reason: str) -> Registered:
        failed = store.register_failed(self.conn, self.contractor_id, file, source, self.by, reason)
        return Registered(file.name, failed, "failed", reason)

    def _carries_sites(self, file: InboxFile) -> bool:
        plan = self.columns.plan(catalogue.CONTACT, file.path.name)
        try:
            with open_file(file, plan.is_header) as opened:
                return self.columns.carry_sites(opened.headers)
        except (InboxError, UnreadableFile):
            return False  # reading the contacts will say why


def _known(known: Import, file: InboxFile) -> Registered:
    if known.status == "failed":
        return Registered(file.name, known.id, "failed before", known.reason)
    if known.status == "rolled_back":
        return Registered(file.name, known.id, "rolled back", "name the file to import it again")
    if known.unfinished:
        return Registered(file.name, known.id, "resumed")
    other = None if known.import_name == file.name else f"as {known.import_name}"
    return Registered(file.name, known.id, "already imported", other)
