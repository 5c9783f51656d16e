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
from assets.coperniq import companies, lookup, reading, store, taking_back, undoing
from assets.coperniq.deliver import SETTLE_SECONDS, Delivery
from assets.coperniq.undoing import Standing
from assets.counting import counted
from assets.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import Connection

    from assets.coperniq.replies import Reply
    from assets.coperniq.transport import Transport
    from assets.coperniq.undoing import Import, Sent, User
    from assets.leases import Lease

AT_ONCE = 500
"""Records that are looked at before they are deleted: few enough that nobody changes one in between."""
ROLLED_BACK = "rolled_back"
SHORT_ID = 8
"""Characters of an id that are enough to name an import."""


class RollbackError(PipelineError):
    """Say why an import cannot be rolled back."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rollback would do with the records of an import, and whose records use those that stay for that."""

    counts: dict[Standing, int]
    users: list[User]


@dataclass(slots=True)
class RolledBack:
    """What a rollback did.

    Attributes:
        deleted: Records that it deleted from Coperniq.
        gone: Those that somebody else had deleted there.
        withdrawn: Those that were never sent, and will not be.
        again: Rows of other imports that this one's had replaced before they were sent: they have their turn again.
        left: Those that are left there, by the reason.
        users: Imports whose records use some of those.
        stopped: Why it ended early, if it did.
    """

    deleted: int = 0
    gone: int = 0
    withdrawn: int = 0
    again: int = 0
    left: dict[Standing, int] = field(default_factory=dict[Standing, int])
    users: list[User] = field(default_factory=list["User"])
    stopped: str | None = None


def find(conn: Connection[Any], given: str) -> Import:
    """Return the import that is to be rolled back; one that is rolled back already is returned as well.

    Args:
        conn: To the product's database.
        given: Its id, or the first eight characters of it.

    Raises:
        RollbackError: When there is none, or none that has sent anything.
    """
    found = undoing.find(conn, given) if len(given) >= SHORT_ID else []
    if len(found) != 1:
        raise RollbackError(f'No import, or more than one, has the id "{given}": `mep contractor show` lists them.')
    (of,) = found
    if of.status == "failed":
        raise RollbackError(f"{of.import_name} failed: it has sent nothing that could be undone.")
    if of.status not in (ROLLED_BACK, "success", "partial_success") or not of.entered:
        raise RollbackError(f"{of.import_name} is not read to its end: run `mep import` first, then roll it back.")
    return of


def plan(conn: Connection[Any], of: Import) -> Plan:
    """Say what a rollback would do, as far as the database knows: nothing is asked of Coperniq."""
    return Plan(undoing.count(conn, of), undoing.users(conn, of))


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
    """

    conn: Connection[Any]
    client: Transport
    lease: Lease
    of: Import
    by: str
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    settle_seconds: float = SETTLE_SECONDS
    _done: RolledBack = field(default_factory=RolledBack, init=False)
    _kept: Counter[Standing] = field(default_factory=Counter[Standing], init=False)

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
        for start in range(0, len(numbers), AT_ONCE):
            if self._done.stopped is not None:
                break
            self._delete(numbers[start : start + AT_ONCE])
            self.say(f"{self.of.import_name}: {self._done.deleted:,} of {counted(len(numbers), 'record')} deleted")
        return self._conclude()

    def _delete(self, numbers: Sequence[int]) -> None:
        """Delete those of some rows' records that Coperniq has as they were sent; let go of what is not there."""
        records = undoing.sent(self.conn, self.of, numbers)
        nodes = self._look(records)
        if nodes is None:
            return
        gone = [one.id for one in records if one.coperniq_id not in nodes]
        same = [
            one.id
            for one in records
            if one.coperniq_id in nodes and not lookup.differing(nodes[one.coperniq_id], one.data)
        ]
        self._kept[Standing.CHANGED] += len(records) - len(gone) - len(same)
        with self.conn.transaction():
            self.lease.require(self.conn)
            self._done.again += taking_back.forget(self.conn, self.of.id, gone).again
        self._done.gone += len(gone)
        if not same:
            return
        done = self._delivery().delete(same)
        self._done.deleted += done.records["deleted"]
        self._done.again += done.again
        self._kept[Standing.REFUSED] += done.records["rejected"]
        self._done.stopped = done.stopped

    def _look(self, records: Sequence[Sent]) -> dict[str, lookup.Node] | None:
        """Return what Coperniq has of records, by id; None when it did not say."""
        nodes: dict[str, lookup.Node] = {}
        for start in range(0, len(records), lookup.ALTERNATIVES):
            ids = [one.coperniq_id for one in records[start : start + lookup.ALTERNATIVES]]
            for reply in reading.pages(self.client, self._scope.record_type, {"ids": ids}, self.sleep):
                with self.conn.transaction():
                    self.lease.require(self.conn)
                    self._log(reply)
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
            asked = +self._kept
            unseen = left.pop(Standing.DELETE, 0) - asked.total()
            self._done.left = left | dict(asked) | ({Standing.DELETE: unseen} if unseen > 0 else {})
            self._done.users = undoing.users(self.conn, self.of)
            undoing.conclude(self.conn, self.of, self._done.deleted, self._done.left)
        return self._done

    def _log(self, reply: Reply) -> None:
        if reply.on_wire:
            store.log(
                self.conn, self._scope, "sync_check", reply, csv_import_id=self.of.id,
                processed=0, successful=0, failed=0, by=self.by,
            )  # fmt: skip
