"""Forecasting: an import is done to the shadow, with the code that does it to the tables, and what came of it is read.

What belongs here: the order of things. What does not: the shadow, sending to it, and reading it, which are modules of
their own, and Dagster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.catalogue import TYPES
from assets.csv_imports import attempts, importing, registering, replays, store
from assets.errors import PipelineError
from assets.planning import figures, sending, shadow, standing
from assets.planning.forecast import LEFT, NOT_PLANNED, Forecast, PlannedImport
from assets.progress import nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.limits import Allowance
    from assets.coperniq.transport import Transport
    from assets.csv_imports.inbox import Inbox
    from assets.csv_imports.store import Import
    from assets.progress import Tell

MOST_IMPORTS = 40
"""In one plan: the tables that each of them needs stay locked until it is done, and PostgreSQL has so many locks."""


class TooManyFiles(PipelineError):
    """Say that a plan would be too large."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be planned.

    Attributes:
        contractor_id: Whose files.
        inbox: The inbox.
        sources: Where the files lie, in the order in which they are read.
        retry: Whether content that failed before, or was rolled back, is imported again.
        date_order: As for `importing.read_import`.
        mappings: The folder of the contractor's override files.
    """

    contractor_id: UUID
    inbox: Inbox
    sources: Sequence[str]
    retry: bool
    date_order: str | None
    mappings: Path


def forecast(
    conn: Connection[Any],
    wanted: Wanted,
    client: Transport,
    allowed: Allowance,
    say: Callable[[str], None],
    tell: Tell = nobody,
) -> Forecast:
    """Find out what a run over files would do; no table and no record of Coperniq changes.

    Takes as long as reading the files into the tables on one connection.

    Args:
        conn: Of its own, in autocommit mode.
        wanted: The files.
        client: What would carry their records.
        allowed: The limits of its key.
        say: Takes what is to be said of files.
        tell: Is told how far it is.

    Raises:
        TooManyFiles: When they are too many for one plan.
    """
    with shadow.rehearsal(conn):
        rests_on = standing.digests(conn, wanted.contractor_id)
        shadow.cast(conn, wanted.contractor_id)
        registered = registering.register_files(
            conn, wanted.contractor_id, wanted.inbox, wanted.sources, "a plan", retry=wanted.retry,
            mappings=wanted.mappings,
        )  # fmt: skip
        read: dict[UUID, importing.Contents] = {}
        left: list[registering.Registered] = []
        corrected: set[tuple[str, str]] = set()
        unfinished = store.unfinished(conn, wanted.contractor_id)
        if len(unfinished) > MOST_IMPORTS:
            raise TooManyFiles(
                f"{len(unfinished):,} files are too many for one plan, which takes {MOST_IMPORTS}: name some of them."
            )
        for found in unfinished:
            if all(file.import_id != found.id for file in registered):
                left.append(registering.Registered(found.import_name, found.id, LEFT, None, found.source_path or ""))
            if _is_foreseen(conn, wanted.contractor_id, found, corrected):
                read[found.id] = importing.read_import(
                    conn, wanted.contractor_id, wanted.inbox, found, say, None, wanted.date_order, wanted.mappings,
                    tell, corrects=False,
                )  # fmt: skip
                shadow.clear(conn)
        taken = sending.send(conn, wanted.contractor_id, list(read), client, allowed)
        unsendable = {one.name: said for one in TYPES if (said := client.missing(one)) is not None}
        figures.settle(conn, list(read), unsendable)
        imports = [_planned(conn, file, read) for file in (*left, *registered)]
    return Forecast(imports, taken, rests_on)


def _is_foreseen(conn: Connection[Any], contractor_id: UUID, found: Import, corrected: set[tuple[str, str]]) -> bool:
    """Say whether it can be foreseen what an import does; have the rows there that a fix file names.

    What a fix file puts right is counted by a function that writes to the tables themselves, so the shadow has it not,
    and of several for rows of one file only the first is foreseen: `corrected` says for which there was one.
    """
    if found.parent_import_id is None:
        return True
    if replays.sealed(conn, found.id) is not None:
        return False
    parent = attempts.parent(conn, contractor_id, found.parent_import_id)
    if parent is None:
        return True  # reading it says why it fails
    if (parent.origin, parent.coperniq_type) in corrected:
        return False
    corrected.add((parent.origin, parent.coperniq_type))
    shadow.recall(conn, parent.id)
    return True


def _planned(
    conn: Connection[Any], file: registering.Registered, read: dict[UUID, importing.Contents]
) -> PlannedImport:
    planned = PlannedImport(file.file, file.source, file.outcome, file.note)
    if file.import_id is None:
        return planned
    if file.outcome in ("new", "resumed", LEFT) and file.import_id not in read:
        planned.outcome = NOT_PLANNED
        planned.note = (
            "a replay, or behind another fix file for rows of the same file: let `mep import` take that first"
        )
        return planned
    contents = None if file.outcome == "already imported" else read.get(file.import_id)
    figures.fill(conn, file.import_id, planned, is_read=contents is not None)
    planned.failure = contents.failure if contents else None
    return planned
