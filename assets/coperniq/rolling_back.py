"""Rolling an import back: what it created and nobody has changed since is deleted, the rest is left and named.

What belongs here: the order of things. A record is looked at in Coperniq right before it is marked, and only what is
marked is deleted, by the same claims as sending (`deliver`). So a rollback that was killed is completed by the next,
which looks again. What does not: SQL (`undoing`), requests (a `Transport`).
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets import catalogue
from assets.coperniq import companies, leaving, lookup, reading, store, taking_back, undoing
from assets.coperniq.deliver import SETTLE_SECONDS, Delivery
from assets.coperniq.gauge import Gauge
from assets.coperniq.undoing import Standing
from assets.errors import PipelineError
from assets.progress import nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.leaving import Record
    from assets.coperniq.replies import Reply
    from assets.coperniq.transport import Transport
    from assets.coperniq.undoing import FixFile, Import, Sent, User
    from assets.leases import Lease
    from assets.progress import Tell

AT_ONCE = 500
"""Records that are looked at before they are deleted: few enough that nobody changes one in between."""
ROLLED_BACK = "rolled_back"
SHORT_ID = 8
"""Characters of an id that are enough to name an import."""
SAMPLES = 3
"""Records of each kind that a plan names."""


class RollbackError(PipelineError):
    """Say why an import cannot be rolled back."""


class UnknownImport(RollbackError):
    """Say that no import, or more than one, has an id that begins so."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rollback would do with the records of an import, a few of each, whose use those, and its fix files."""

    counts: dict[Standing, int]
    samples: dict[Standing, list[Record]]
    users: list[User]
    fix_files: list[FixFile]


@dataclass(slots=True)
class RolledBack:
    """What a rollback did.

    Attributes:
        deleted: Records that it deleted from Coperniq.
        gone: Those that somebody else had deleted there.
        withdrawn: Those that were never sent, and will not be.
        again: Rows of other imports that this one's had replaced before they were sent: they have their turn again.
        left: Those that are left there, by the reason.
        seen: Reasons that only Coperniq knew, by the row: the standing, and the reason in words.
        users: Imports whose records use some of those.
        stopped: Why it ended early, if it did.
    """

    deleted: int = 0
    gone: int = 0
    withdrawn: int = 0
    again: int = 0
    left: dict[Standing, int] = field(default_factory=dict[Standing, int])
    seen: dict[int, tuple[Standing, str]] = field(default_factory=dict[int, tuple[Standing, str]])
    users: list[User] = field(default_factory=list["User"])
    stopped: str | None = None


def find(conn: Connection[Any], given: str) -> Import:
    """Return the import that is to be rolled back; one that is rolled back already is returned as well.

    Args:
        conn: To the product's database.
        given: Its id, or the first eight characters of it.

    Raises:
        UnknownImport: When there is none, or more than one.
        RollbackError: When it has sent nothing.
    """
    of = named(conn, given)
    if of.status == "failed":
        raise RollbackError(f"{of.import_name} failed: it has sent nothing that could be undone.")
    if of.status not in (ROLLED_BACK, "success", "partial_success") or not of.entered:
        raise RollbackError(f"{of.import_name} is not read to its end: run `mep import` first, then roll it back.")
    return of


def named(conn: Connection[Any], given: str) -> Import:
    """Return an import, whatever became of it.

    Args:
        conn: To the product's database.
        given: Its id, or the first eight characters of it.

    Raises:
        UnknownImport: When there is none, or more than one.
    """
    found = undoing.find(conn, given) if len(given) >= SHORT_ID else []
    if len(found) != 1:
        raise UnknownImport(f'No import, or more than one, has the id "{given}": `mep contractor show` lists them.')
    return found[0]


def plan(conn: Connection[Any], of: Import) -> Plan:
    """Say what a rollback would do, as far as the database knows: nothing is asked of Coperniq."""
    samples = leaving.planned(of, undoing.records(conn, of, SAMPLES))
    return Plan(undoing.count(conn, of), samples, undoing.users(conn, of), undoing.fix_files(conn, of))


def left(conn: Connection[Any], of: Import, done: RolledBack) -> Iterator[Record]:
    """Yield every record that a rollback has left, in the order of the rows; nothing where nothing is left."""
    return leaving.left(of, undoing.records(conn, of), done.seen) if done.left else iter(())


@dataclass
class Rollback:
    """Rolls one import back.

    Args:
        conn: For short transactions of its own.
        client: For the company that the records are in.
        lease: On the contractor.
        of: The import.
        by: Who rolls back, for the audit log.
        say: Takes progress, a line at a time.
        sleep: Waits for seconds.
        settle_seconds: How long to wait before what became of an open request is looked up.
        tell: Is told how far it is.
    """

    conn: Connection[Any]
    client: Transport
    lease: Lease
    of: Import
    by: str
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    settle_seconds: float = SETTLE_SECONDS
    tell: Tell = nobody
    _done: RolledBack = field(default_factory=RolledBack, init=False)
    _requests: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Name the scope: an import holds one type."""
        self._scope = store.Scope(self.of.contractor_id, catalogue.BY_NAME[self.of.coperniq_type])

    def run(self) -> RolledBack:
        """Settle what is open, withdraw what was not sent, delete what is untouched; say what is left.

        Where nothing was left before, nothing is done.

        Raises:
            RollbackError: When the records are in another company than the settings name.
            KeyRefused: When Coperniq refuses the key.
            LeaseLost: When another run has taken the contractor over.
        """
        if self.of.status == ROLLED_BACK:
            return self._done
        elsewhere = companies.problem(self.conn, self._scope, self.client.company, self.of.id)
        if elsewhere is not None:
            raise RollbackError(elsewhere)
        self._done.stopped = self._delivery().settle().stopped
        if self._done.stopped is not None:
            return self._conclude()
        with self.conn.transaction():
            self.lease.require(self.conn)
            undoing.unmark(self.conn, self.of)
            withdrawn = taking_back.withdraw(self.conn, self.of.id)
        self._done.withdrawn, self._done.again = withdrawn.rows, withdrawn.again
        numbers = undoing.deletable(self.conn, self.of)
        limits = self.client.wire.limits
        gauge = Gauge(self.of.import_name, "looked at", limits, self.tell, lambda _: len(numbers))
        for start in range(0, len(numbers), AT_ONCE):
            if self._done.stopped is not None:
                break
            self._delete(numbers[start : start + AT_ONCE])
            gauge.at(min(start + AT_ONCE, len(numbers)), self._requests)
        return self._conclude()

    def _delete(self, numbers: Sequence[int]) -> None:
        """Delete those of some rows' records that Coperniq has as they were sent; let go of what is not there."""
        records = undoing.sent(self.conn, self.of, numbers)
        nodes = self._look(records)
        if nodes is None:
            return
        gone = [one.id for one in records if one.coperniq_id not in nodes]
        same: dict[UUID, int] = {}
        for one in records:
            if one.coperniq_id in nodes:
                changed = lookup.differing(nodes[one.coperniq_id], one.data)
                if changed:
                    self._done.seen[one.row] = (Standing.CHANGED, ", ".join(changed))
                else:
                    same[one.id] = one.row
        with self.conn.transaction():
            self.lease.require(self.conn)
            self._done.again += taking_back.forget(self.conn, self.of.id, gone).again
        self._done.gone += len(gone)
        if not same:
            return
        done = self._delivery().delete(list(same))
        self._requests += done.requests
        self._done.deleted += done.records["deleted"]
        self._done.again += done.again
        self._done.seen |= {same[id_]: (Standing.REFUSED, reason) for id_, reason in done.kept.items()}
        self._done.stopped = done.stopped

    def _look(self, records: Sequence[Sent]) -> dict[str, lookup.Node] | None:
        """Return what Coperniq has of records, by id; None when it did not say."""
        nodes: dict[str, lookup.Node] = {}
        for start in range(0, len(records), lookup.ALTERNATIVES):
            some = records[start : start + lookup.ALTERNATIVES]
            ids = [one.coperniq_id for one in some]
            for reply in reading.pages(self.client, self._scope.record_type, {"ids": ids}, self.sleep):
                self._requests += reply.on_wire
                with self.conn.transaction():
                    self.lease.require(self.conn)
                    self._log(reply, some)
                self._done.stopped = reply.message if reply.data is None else None
                nodes |= {node["id"]: node for node in (reply.data or {"nodes": []})["nodes"]}
            if self._done.stopped is not None:
                return None
        return nodes

    def _delivery(self) -> Delivery:
        return Delivery(
            self.conn, self.client, self.lease, self._scope, self.by, self.say, self.sleep,
            settle_seconds=self.settle_seconds,
        )  # fmt: skip

    def _conclude(self) -> RolledBack:
        with self.conn.transaction():
            self.lease.require(self.conn)
            if self._done.again:
                store.resolve(self.conn, self._scope)
            store.refresh_imports(self.conn, self._scope)
            left = undoing.count(self.conn, self.of)
            # What the database would delete is left for a reason that only Coperniq knew, or because this ended early.
            asked = Counter(standing for standing, _ in self._done.seen.values())
            unseen = left.pop(Standing.DELETE, 0) - asked.total()
            self._done.left = left | dict(asked) | ({Standing.DELETE: unseen} if unseen > 0 else {})
            self._done.users = undoing.users(self.conn, self.of)
            undoing.conclude(self.conn, self.of, self._done.deleted, self._done.left)
        return self._done

    def _log(self, reply: Reply, about: Sequence[Sent]) -> None:
        if reply.on_wire:
            store.log(
                self.conn, self._scope, "sync_check", reply, csv_import_id=self.of.id,
                processed=0, successful=0, failed=0, by=self.by, rows=[one.row for one in about],
            )  # fmt: skip
