"""Arrivals: which files of the inbox are new, and stable. All that is written to `inbox_files`.

What belongs here: comparing what lies in the inbox with what runs have looked at already. What does not: listing it
(`local_inbox`, `remote_inbox`), and starting runs.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from assets import sql
from assets.csv_imports.inbox import Folder, Listed
from assets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.inbox import Inbox

FOLDERS = 500
FILES = 5_000
"""How many folders are looked at together, and about how many files."""
LOOKING = timedelta(seconds=10)
"""How long a look around goes on to further folders; the next one goes on behind them."""
DUE = 50
"""For how many contractors something is due before it ends."""
PATIENCE = timedelta(seconds=5)
"""How long it waits at most for what has just come, to look at that again."""
AGAIN = 20
"""At how many folders it looks again."""
REASON = 1_000
"""Characters of a reason that are kept."""
SHORTEST_REST, LONGEST_REST = "1 minute", "4 hours"
"""Of a file that a run refused."""


@dataclass(frozen=True)
class Clock:
    """The time, with its zone, and waiting."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    wait: Callable[[float], None] = time.sleep


@dataclass(slots=True)
class Look:
    """What a look at some folders of the inbox found.

    Attributes:
        through: The folder at which it ended; empty where no folder lies behind it.
        due: The files that are stable and that no run has looked at, by contractor.
        settling: The contractors with files that may still be being written.
        refused: The contractors with files that a run refused, and that rest.
        served: The active contractors with a folder.
        inactive: The inactive ones.
        unknown: The folders that are no contractor's.
        unreadable: The folders of contractors that cannot be listed.
    """

    through: str = ""
    due: dict[str, list[Listed]] = field(default_factory=dict)
    settling: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    inactive: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def add(self, later: Look) -> None:
        """Add what a later look found."""
        self.through = later.through
        self.due |= later.due
        self.settling += later.settling
        self.refused += later.refused
        self.served += later.served
        self.inactive += later.inactive
        self.unknown += later.unknown
        self.unreadable += later.unreadable


def look_around(conn: Connection[Any], inbox: Inbox, after: str, stable: timedelta, clock: Clock) -> Look:
    """Look at the folders behind one, until enough is due, time is up, or the inbox ends.

    Where files have just come, it waits for a moment and looks at those again: to leave them to the next look around
    would take them later.

    Args:
        conn: In autocommit mode.
        inbox: The inbox.
        after: The folder behind which to begin; empty for the first.
        stable: How long a file must be the same to be stable.
        clock: The time.
    """
    began, found = clock.now(), Look()
    for look in _looks(conn, inbox, after, stable, clock):
        found.add(look)
        if len(found.due) >= DUE or clock.now() - began > LOOKING:
            break
    if found.settling and stable <= PATIENCE:
        clock.wait(stable.total_seconds())
        again, found.settling = found.settling[:AGAIN], found.settling[AGAIN:]
        for slug in again:
            look = _look(conn, [Folder(slug, inbox.files(slug))], _Span(f"{slug}/", _behind(slug)), stable, clock.now())
            found.due |= look.due
            found.settling += look.settling
    return found


@contextlib.contextmanager
def taken(conn: Connection[Any], contractor_id: UUID, files: Iterable[Listed]) -> Generator[dict[str, str], None, None]:
    """Write down that a run has looked at files of the inbox, unless it fails, or they are others when it has.

    Gives what the run is to fill: why it refused files, by their sources. These are due again after a rest, as what was
    wrong may be mended without a change of the file.

    The version that counts is the one that the sensor sees, which may be another machine's view of the same file.
    """
    sources = [file for file in files if file.is_read and _is_text(file.source)]
    parameters = {"sources": [file.source for file in sources], "versions": [file.version for file in sources]}
    conn.execute(
        """
        INSERT INTO inbox_files (source_path, contractor_config_id, version, seen_at)
        SELECT l.source_path, %(contractor)s, l.version, clock_timestamp()
        FROM unnest(%(sources)s::TEXT [], %(versions)s::TEXT []) AS l (source_path, version)
        ON CONFLICT (source_path) DO NOTHING
        """,
        {**parameters, "contractor": contractor_id},
    )
    known = conn.execute(
        "SELECT source_path, version FROM inbox_files WHERE source_path = ANY(%(sources)s)", parameters
    ).fetchall()
    refused = dict[str, str]()
    yield refused
    _note(conn, dict(known), refused)


def _note(conn: Connection[Any], versions: Mapping[str, str], refused: Mapping[str, str]) -> None:
    """Write down what became of versions of files: a run took them, or why it refused them, and for how long they rest.

    They rest for as long as they have been refused already, so that the pauses double.
    """
    conn.execute(
        """
        UPDATE inbox_files AS f
        SET taken_at = CASE WHEN l.refused IS NULL THEN now() END,
            refused = l.refused,
            refused_since = CASE WHEN l.refused IS NOT NULL THEN coalesce(f.refused_since, now()) END,
            again_at = CASE
                WHEN l.refused IS NOT NULL
                    THEN now() + least(greatest(now() - f.refused_since, %s::INTERVAL), %s::INTERVAL)
            END
        FROM unnest(%s::TEXT [], %s::TEXT [], %s::TEXT []) AS l (source_path, version, refused)
        WHERE f.source_path = l.source_path AND f.version = l.version AND f.taken_at IS NULL
        """,
        [
            SHORTEST_REST, LONGEST_REST, list(versions), list(versions.values()),
            [one_line(refused[source], REASON) if source in refused else None for source in versions],
        ],
    )  # fmt: skip


def _looks(conn: Connection[Any], inbox: Inbox, after: str, stable: timedelta, clock: Clock) -> Iterator[Look]:
    """Look at the folders behind one, some hundreds at a time, to the end of the inbox."""
    folders = inbox.folders(after)
    while True:
        at, chunk, files = clock.now(), list[Folder](), 0
        for folder in folders:
            chunk.append(folder)
            files += len(folder.files or ())
            # The next look goes on behind the last folder, whose name PostgreSQL and the sensor's cursor must hold.
            if (len(chunk) >= FOLDERS or files >= FILES) and _is_text(folder.name):
                break
        else:
            yield _look(conn, chunk, _Span(_behind(after)), stable, at)
            return
        through = chunk[-1].name
        yield _look(conn, chunk, _Span(_behind(after), _behind(through), through), stable, at)
        after = through


@dataclass(frozen=True, slots=True)
class _Span:
    """The sources that folders which follow each other hold: from the first to what lies behind them."""

    first: str
    behind: str | None = None
    through: str = ""


def _behind(folder: str) -> str:
    """Return what sorts behind every source of a folder, and before those of the next; of no folder, the beginning."""
    return f"{folder}0" if folder else ""  # 0 is what follows the slash


def _look(conn: Connection[Any], folders: Sequence[Folder], span: _Span, stable: timedelta, at: datetime) -> Look:
    known: dict[str, tuple[UUID, bool]] = {
        slug: (contractor, is_active)
        for slug, contractor, is_active in conn.execute(
            "SELECT slug, id, is_active FROM mep_contractor_configs WHERE slug = ANY(%s)",
            [[folder.name for folder in folders if _is_text(folder.name)]],
        )
    }
    found = Look(span.through)
    listed: list[tuple[Listed, UUID]] = []
    for folder in folders:
        contractor, is_active = known.get(folder.name, (None, False))
        if contractor is None:
            found.unknown.append(folder.name)
        elif not is_active:
            found.inactive.append(folder.name)
        elif folder.files is None:
            found.unreadable.append(folder.name)
        else:
            found.served.append(folder.name)
            listed += [(file, contractor) for file in folder.files if file.is_read and _is_text(file.source)]
    (statement,) = sql.statements("assets.csv_imports", "look.sql")
    parameters = {
        "sources": [file.source for file, _ in listed], "versions": [file.version for file, _ in listed],
        "contractors": [contractor for _, contractor in listed], "unreadable": found.unreadable,
        "first": span.first, "behind": span.behind, "at": at, "stable_since": at - stable,
    }  # fmt: skip
    settling, refused = dict[str, None](), dict[str, None]()
    for source, version, is_stable, rests in conn.execute(statement, parameters):
        slug = source.partition("/")[0]
        if rests:
            refused[slug] = None
        elif is_stable:
            found.due.setdefault(slug, []).append(Listed(source, version))
        else:
            settling[slug] = None
    found.settling.extend(settling)
    found.refused.extend(refused)
    return found


def _is_text(name: str) -> bool:
    """Say whether PostgreSQL can hold a name; a run over the whole folder says what is wrong with others."""
    return "\0" not in name and name == name.encode(errors="ignore").decode()
