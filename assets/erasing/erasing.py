"""Erasing a person, one contractor after the other: found, erased in one transaction, and the outbox written anew.

What belongs here: what an address is, and the order of things. An erasure that was killed has changed nothing, or has
left the outbox as it was: then it is not complete, and the next one, of whomever, completes it first. What does not:
SQL (`store`, `values`), files (`assets.outbox`), and Coperniq's own copy, which is only named.
"""

from __future__ import annotations

import re
import shutil
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets import leases
from assets.catalogue import TYPES
from assets.coperniq.store import Scope, refresh_imports
from assets.erasing import store, values
from assets.errors import PipelineError
from assets.leased import connect
from assets.outbox import paths
from assets.outbox.handing_back import hand_back
from assets.outbox.store import OLDER
from assets.progress import Progress, nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from psycopg import Connection

    from assets.csv_imports.inbox import Inbox
    from assets.database import Database
    from assets.erasing.store import Erasure, Held, Whose
    from assets.progress import Tell

_ADDRESS = re.compile(r"[^\s@\"\\<>(),;:\[\]]+@[^\s@\"\\<>(),;:\[\]]+")
"""At least what judging takes for an address (`judging.rules.EMAIL`)."""
MOST_CHARACTERS = 320
"""Of an e-mail address."""


class ErasingError(PipelineError):
    """Say why nothing is erased. Never holds the address."""


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address, normalised, and a regular expression of PostgreSQL's that finds it, and no longer one."""

    email: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Found:
    """What would be erased for a contractor, by what it is; `erased` is what was before, of the same person."""

    whose: Whose
    counts: dict[str, int]
    erased: list[Erasure]

    @property
    def any(self) -> bool:
        """Say whether anything is found."""
        return any(self.counts.values())


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a person after an erasure, for somebody to do.

    Attributes:
        whose: The contractor.
        counts: What was erased, by what it is.
        in_coperniq: Records that Coperniq has, as type and id.
        files: Files that still hold the person, of those that were imported.
    """

    whose: Whose
    counts: dict[str, int]
    in_coperniq: list[str]
    files: list[Held]


def address(conn: Connection[Any], given: str) -> Address:
    """Return an e-mail address as it is looked for.

    Raises:
        ErasingError: When it is none.
    """
    text = store.normalised(conn, given) if "\x00" not in given else ""
    if not _ADDRESS.fullmatch(text) or len(text) > MOST_CHARACTERS:
        raise ErasingError("That is no e-mail address: give one as it stands in a file, such as ann@example.com.")
    return Address(text, store.pattern(conn, text))


def find(conn: Connection[Any], of: Address, slug: str | None = None, tell: Tell = nobody) -> list[Found]:
    """Say what would be erased, for each contractor who has anything of the person, or had; changes nothing.

    Args:
        conn: In autocommit mode.
        of: The person.
        slug: The contractor; None for all.
        tell: Takes how many rows are searched.
    """
    found: list[Found] = []
    searched = [whose for whose in store.contractors(conn, of.email) if slug is None or whose.slug == slug]
    done, total, began = 0, sum(whose.rows for whose in searched), time.monotonic()
    for whose in searched:
        tell(Progress(whose.slug or whose.name, "searched", done, began, total))
        with conn.transaction(force_rollback=True):
            counts = values.find(conn, whose.id, of.email, of.pattern)
        one = Found(whose, counts, store.erasures(conn, whose.id, of.email))
        if one.any or one.erased or whose.signs_in or store.incomplete(conn, whose.id):
            found.append(one)
        done += whose.rows
    return found


def require_settled(conn: Connection[Any], found: Sequence[Found]) -> None:
    """Make sure that no import of these contractors is still to be read: it may bring the person back.

    Raises:
        ErasingError: When one is.
    """
    for one in found:
        unread = store.unread(conn, one.whose.id)
        if unread is not None:
            raise ErasingError(
                f"{unread} of {one.whose.slug or one.whose.name} is not read to its end, and may bring the person:"
                " run `mep import` first, then erase."
            )


def erase(
    database: Database,
    of: Address,
    whose: Whose,
    outbox: Path,
    by: str,
    writing: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> None:
    """Erase a person from what a contractor's files and forms brought, and from the outbox.

    One transaction, under the contractor's lease: an import waits for it, and it for an import.

    Args:
        database: The product's.
        of: The person.
        whose: The contractor.
        outbox: Where results of imports were handed back.
        by: Who erases, for the record.
        writing: Entered while files of the outbox are removed and written.

    Raises:
        ErasingError: When a request about the person is not settled, or an import is not read.
        ContractorBusy: When another run works for the contractor.
        LeaseLost: When another run took the contractor over; nothing was erased.
    """
    with leases.held(database, whose.id, by) as lease:
        with connect(database, lease) as conn, conn.transaction():
            _erase(conn, of, whose, by)
        with database.connect() as conn:
            for erasure in store.incomplete(conn, whose.id):
                with writing():
                    _write_outbox_anew(conn, whose, erasure, outbox)
                store.complete(conn, erasure)


def left(conn: Connection[Any], of: Address, whose: Whose, inbox: Inbox) -> Left:
    """Say what is left of a person after an erasure, and of all before it: in Coperniq, and in files.

    Args:
        conn: To the product's database.
        of: The person.
        whose: The contractor.
        inbox: Where the files were found; one that is gone is not named.
    """
    counts: dict[str, int] = {}
    in_coperniq: dict[str, None] = {}
    files: dict[str, Held] = {}
    for erasure in store.erasures(conn, whose.id, of.email):
        counts = {what: counts.get(what, 0) + number for what, number in erasure.counts.items()}
        in_coperniq |= dict.fromkeys(store.in_coperniq(conn, whose.id, erasure))
        files |= {held.source: held for held in store.files(conn, erasure) if inbox.version(held.source) is not None}
    return Left(whose, counts, list(in_coperniq), list(files.values()))


def _erase(conn: Connection[Any], of: Address, whose: Whose, by: str) -> None:
    """Erase what there is, in a transaction; nothing where nothing is found."""
    require_settled(conn, [Found(whose, {}, [])])
    counts = values.find(conn, whose.id, of.email, of.pattern)
    unsettled = values.open_requests(conn)
    if unsettled:
        raise ErasingError(
            f"What Coperniq has of {unsettled:,} of the person's records of {whose.slug or whose.name} is not settled:"
            " run `mep import` first, and `mep resolve` where that leaves any, then erase."
        )
    if any(counts.values()):
        values.erase(conn, whose.id, of.email, of.pattern, counts, by)
        for record_type in TYPES:
            refresh_imports(conn, Scope(whose.id, record_type))


def _write_outbox_anew(conn: Connection[Any], whose: Whose, erasure: Erasure, outbox: Path) -> None:
    """Remove what the outbox has of the imports that were changed, and hand back what there is now."""
    if whose.slug is None:
        return
    for import_id in store.handed_back(conn, erasure):
        if not (folder := paths.folder(outbox, whose.slug, import_id)).is_dir():
            raise ErasingError(
                f"{folder} is not there, and may name the person where it is: set MEP_OUTBOX to the outbox that has it,"
                " or make the folder anew where somebody removed it, then run the same command again to go on."
            )
    store.hand_back_anew(conn, erasure)
    for import_id in erasure.import_ids:
        with _saying_where(folder := paths.folder(outbox, whose.slug, import_id)):
            if folder.is_dir():
                _clear(folder)
    while len(list(hand_back(conn, whose.id, whose.slug, outbox))) >= OLDER:
        pass


def _clear(folder: Path) -> None:
    """Remove all that a folder holds. It stays: by it the outbox is known for the right one when this is done again."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


@contextmanager
def _saying_where(folder: Path) -> Generator[None, None, None]:
    try:
        yield
    except OSError as error:
        raise ErasingError(
            f"{folder} cannot be removed ({error.strerror}): check MEP_OUTBOX and its permissions, then run the same"
            " command again to go on."
        ) from None
