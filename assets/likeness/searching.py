"""Finding possible duplicates: customers that came or changed are compared with all others of their contractor.

What belongs here: the order of things. A batch is a transaction of its own, which says how far it came: the next run
goes on there, where this one was killed or had no more time. What does not: SQL (`store`), and what
makes two customers alike (`customers`).
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from assets.likeness import customers, store
from assets.likeness.store import Found
from assets.progress import Progress, nobody
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.likeness.customers import Customer
    from assets.likeness.store import Import, Known
    from assets.progress import Tell

AT_ONCE = 1_000
"""Rows of an import, and customers beside them, that are looked at together."""
MOST_AT_ONCE = 100_000
"""Contacts that were in Coperniq before, and that one run compares."""
SECONDS = 60.0
"""That a run gives to it, for others wait for the contractor meanwhile. The next run goes on, such as after an
upgrade, when all that ever came is to be compared."""


@dataclass(slots=True)
class Compared:
    """What was done.

    Attributes:
        customers: That were compared.
        pairs: Of them and others, that share enough to be compared.
        offered: Pairs that are offered from now on.
        reasons: Of the pairs that are alike, how many are for which reasons.
        is_whole: Whether nothing is left to the next run.
    """

    customers: int = 0
    pairs: int = 0
    offered: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])
    is_whole: bool = True


@dataclass
class Comparison:
    """Compares a contractor's customers.

    Args:
        conn: For transactions of its own.
        contractor_id: Whose customers.
        tell: Is told how far it is.
        seconds: After which no other batch is begun.
    """

    conn: Connection[Any]
    contractor_id: UUID
    tell: Tell = nobody
    seconds: float = SECONDS
    _done: Compared = field(default_factory=Compared, init=False)

    def run(self) -> Compared:
        """Compare whoever was not compared since he came or changed, or since a site of his did."""
        began = time.monotonic()
        for batch in self._batches():
            if time.monotonic() - began >= self.seconds:
                self._done.is_whole = False
                break
            with self.conn.transaction():
                batch()
        return self._done

    def _batches(self) -> Iterator[Callable[[], None]]:
        """Yield what is to be done, a transaction at a time."""
        before, began = store.without_import(self.conn, self.contractor_id, MOST_AT_ONCE), time.monotonic()
        for start in range(0, len(before), AT_ONCE):
            self.tell(Progress("contacts that were there before", "compared", start, began, len(before)))
            yield partial(self._compare, before[start : start + AT_ONCE], None)
        if len(before) == MOST_AT_ONCE:
            self._done.is_whole = False
        for of in store.uncompared(self.conn, self.contractor_id):
            began = time.monotonic()
            for after in range(of.compared, of.rows, AT_ONCE):
                self.tell(
                    Progress(printable(of.import_name), "compared", after - of.compared, began, of.rows - of.compared)
                )
                yield partial(self._compare_rows, of, after)

    def _compare_rows(self, of: Import, after: int) -> None:
        until = after + AT_ONCE
        self._compare(store.touched(self.conn, self.contractor_id, of, after, until), of.id)
        store.conclude(self.conn, of, until)

    def _compare(self, ids: Sequence[UUID], import_id: UUID | None) -> None:
        records = {one.id: one for one in store.known(self.conn, self.contractor_id, ids)}
        people = {one.id: customers.read(one.contact, one.sites) for one in records.values()}
        # Who shares nothing with anybody is in a block of his own, and so known to be compared.
        blocks = [
            (self._hash(block), of)
            for of, customer in people.items()
            for block in customers.blocks(customer) or {f"alone {of}"}
        ]
        store.place(self.conn, ids, blocks)
        pairs = sorted(store.sharing(self.conn, blocks))
        self._done.customers += len(people)
        self._done.pairs += len(pairs)
        for start in range(0, len(pairs), AT_ONCE):
            some = pairs[start : start + AT_ONCE]
            others = {of for pair in some for of in pair} - records.keys()
            beside = {one.id: one for one in store.known(self.conn, self.contractor_id, others)} if others else {}
            read = {one.id: customers.read(one.contact, one.sites) for one in beside.values()}
            found = list(_alike(some, records | beside, people | read))
            self._done.offered += store.offer(self.conn, self.contractor_id, import_id, found)
            self._done.reasons.update(", ".join(one.likeness.reasons) for one in found)

    def _hash(self, block: str) -> int:
        """Return what stands for a block of the contractor's in the database."""
        digest = hashlib.blake2b(block.encode(), digest_size=8, key=self.contractor_id.bytes).digest()
        return int.from_bytes(digest, "big", signed=True)


def _alike(
    pairs: Sequence[tuple[UUID, UUID]], records: dict[UUID, Known], people: dict[UUID, Customer]
) -> Iterator[Found]:
    for one, other in pairs:
        # What was refused, or has gone meanwhile, is nobody's double.
        if one not in people or other not in people:
            continue
        likeness = customers.compare(people[one], people[other])
        if likeness is not None:
            first, second = sorted((records[one].key, records[other].key), key=str.encode)
            yield Found((first, second), likeness)
