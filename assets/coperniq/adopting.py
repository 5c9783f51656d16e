"""Entering what a company of Coperniq has already, so that rows update it, refer to it, and are compared with it.

What belongs here: reading its records page by page. What does not: SQL (`store`), and single parents that rows
name (`searching`). Nothing is written in Coperniq.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.catalogue import TYPES
from assets.coperniq import companies, findings, lookup, reading, store, unsettled
from assets.coperniq.gauge import Gauge
from assets.coperniq.store import Scope
from assets.counting import counted
from assets.errors import PipelineError
from assets.progress import nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.coperniq.replies import Reply
    from assets.coperniq.transport import Transport
    from assets.progress import Tell


@dataclass(slots=True)
class Adopted:
    """What was done of a type: records read, those not known before, requests made, and why it ended early, if so."""

    read: int = 0
    new: int = 0
    requests: int = 0
    stopped: str | None = None


class AdoptionError(PipelineError):
    """Say why a company is not read; nothing was changed."""


@dataclass
class Adoption:
    """Enters the records of a contractor's company.

    Args:
        conn: Of the holder of the contractor's lease, for a short transaction a page.
        client: For the company.
        contractor_id: Whose they are from then on.
        by: Who enters them, for the audit log.
        tell: Is told how far it is.
        sleep: Waits for seconds.
    """

    conn: Connection[Any]
    client: Transport
    contractor_id: UUID
    by: str
    tell: Tell = nobody
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> dict[str, Adopted]:
        """Read every record, and enter those that nobody here knows; return what was done, by type.

        Parents come before children, whose keys are made of theirs: so what stops a type on the way, a used-up quota
        for one, ends it all, and well: what was read is entered. Types that this transport has not are left out.

        Raises:
            AdoptionError: When other contractors have records in the company, this one's are in another, or one of its
                records may be there without anybody's knowing its id.
            KeyRefused: When Coperniq refuses the key.
        """
        scopes = [Scope(self.contractor_id, one) for one in TYPES if self.client.missing(one) is None]
        problems = [companies.problem(self.conn, scope, self.client.company) for scope in scopes]
        problems.append(companies.neighbour(self.conn, self.contractor_id, self.client.company))
        problems.append(self._in_doubt())
        problem = next(filter(None, problems), None)
        if problem is not None:
            raise AdoptionError(problem)
        done: dict[str, Adopted] = {}
        for scope in scopes:
            done[scope.record_type.name] = adopted = self._read(scope)
            if adopted.stopped is not None:
                break
        return done

    def _in_doubt(self) -> str | None:
        doubtful = unsettled.count(self.conn, self.contractor_id)
        if not doubtful:
            return None
        return (
            f"Of {counted(doubtful, 'record')} it is not known whether Coperniq has them: settle that by `mep import` "
            "and `mep resolve` first."
        )

    def _read(self, scope: Scope) -> Adopted:
        done = Adopted()
        gauge = Gauge(
            scope.record_type.name, "read", self.client.wire.limits, self.tell,
            lambda read: max(findings.count_believed(self.conn, scope), read), is_guess=True,
        )  # fmt: skip
        for reply in reading.pages(self.client, scope.record_type, {}, self.sleep):
            nodes: list[lookup.Node] = reply.data["nodes"] if reply.data is not None else []
            done.new += self._enter(scope, reply, [lookup.found(scope.record_type, node) for node in nodes])
            done.read += len(nodes)
            done.requests += reply.on_wire
            had = f"{counted(done.read, 'record')} had been read: call it again."
            done.stopped = f"{reply.message} {had}" if reply.data is None else None
            gauge.at(done.read, done.requests)
        return done

    def _enter(self, scope: Scope, reply: Reply, found: Sequence[lookup.Found]) -> int:
        with self.conn.transaction():
            # What is known stays as it is: a person who was erased is known by no name any more.
            known = store.known_ids(self.conn, scope, [one.id for one in found])
            new = [one for one in found if one.id not in known]
            if reply.on_wire:
                store.log(
                    self.conn, scope, "sync_check", reply, csv_import_id=None,
                    processed=len(found), successful=len(found), failed=0, by=self.by,
                )  # fmt: skip
            return sum(store.adopt(self.conn, scope, one.id, one.values, one.names) for one in new)
