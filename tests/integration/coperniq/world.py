"""One contractor between a real database and a company of the sandbox: importing for it, sending for it, asking both.

What belongs here: the steps that tests are made of. What must hold after them is said in `audit`.
"""

from __future__ import annotations

import csv
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from assets import catalogue, leases
from assets.contractors import store as contractors
from assets.coperniq.client import CoperniqClient
from assets.coperniq.deliver import Delivered, Delivery
from assets.coperniq.store import Scope
from assets.csv_imports import importing, registering
from assets.csv_imports import store as imports
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from sandbox.coperniq import ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    import psycopg

    from assets.coperniq.claims import Claimed
    from assets.coperniq.senders import Answer, Senders

_contractors = itertools.count()


def ignore(_: object) -> None:
    """Take a line of progress, or a pause, and do nothing."""


@dataclass
class World:
    """A contractor with an inbox of its own.

    Attributes:
        conn: To the product's database, in autocommit mode.
        url: Of Coperniq, or of something in front of it.
        store: The sandbox's file.
        pauses: Seconds that deliveries asked to sleep, one entry each; nobody slept.
    """

    conn: psycopg.Connection[Any]
    url: str
    key: str
    company: int
    store: Path
    inbox: Path
    said: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    by_hand: set[str | None] = field(default_factory=set)
    contractor: UUID = field(init=False)
    direct: str = field(init=False)
    _lease: leases.Lease | None = field(default=None, init=False)
    timeouts: tuple[float, float] = (2.0, 10.0)

    def __post_init__(self) -> None:
        self.direct = self.url
        slug = f"contractor-{next(_contractors)}"
        contractors.add(self.conn, slug, slug, f"office@{slug}.example", ["hvac"])
        self.contractor = contractors.get(self.conn, slug).id

    def bring(self, name: str, *rows: Mapping[str, object]) -> UUID:
        """Import a file of these rows; the columns are those of all rows together."""
        path = self.inbox / name
        header = list(dict.fromkeys(column for row in rows for column in row))
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, header)
            writer.writeheader()
            writer.writerows(rows)
        (found,) = registering.register_files(
            self.conn, self.contractor, LocalInbox(self.inbox), [path], "test", retry=False
        )
        assert found.outcome == "new", found
        assert found.import_id is not None
        for waiting in imports.unfinished(self.conn, self.contractor):
            contents = importing.read_import(self.conn, self.contractor, LocalInbox(self.inbox), waiting, ignore)
            assert contents.failure is None
        return found.import_id

    @property
    def database(self) -> Database:
        """The product's database, to connect to."""
        return Database(make_conninfo(self.conn.info.dsn, password=self.conn.info.password))

    def lease(self, seconds: float = 60.0) -> leases.Lease:
        """Take the contractor's lease, as soon as no other process has it; one of this world's own falls."""
        if self._lease is not None:
            self._lease.give_back(self.conn)
        while (taken := leases.take(self.conn, self.contractor, "test", seconds)) is None:
            time.sleep(0.02)
        self._lease = taken
        return taken

    def delivery(self, type_name: str, **options: Any) -> Delivery:
        """Make a delivery that does not really sleep; the caller closes its client. It ends the one before it."""
        client = options.pop("client", None) or self.client()
        lease = options.pop("lease", None) or self.lease()
        scope = Scope(self.contractor, catalogue.BY_NAME[type_name])
        options.setdefault("sleep", self.pauses.append)
        return Delivery(options.pop("conn", self.conn), client, lease, scope, "test", self.said.append, **options)

    def client(self, **options: Any) -> CoperniqClient:
        """Make a client of the contractor's company."""
        settings = {"url": self.url, "key": self.key, "company_id": self.company, "timeouts": self.timeouts}
        return CoperniqClient(**{**settings, **options})

    def deliver(self, *type_names: str, **options: Any) -> dict[str, Delivered]:
        """Send what is ready of these types, else of all that were imported, parents before children."""
        done: dict[str, Delivered] = {}
        imported = self.query(
            "SELECT DISTINCT coperniq_type FROM csv_imports WHERE contractor_config_id = %s", self.contractor
        )
        wanted = type_names or [row["coperniq_type"] for row in imported]
        for record_type in catalogue.TYPES:
            if record_type.name in wanted:
                delivery = self.delivery(record_type.name, **options)
                try:
                    done[record_type.name] = delivery.run()
                finally:
                    delivery.client.close()
                    delivery.lease.give_back(self.conn)
        return done

    def held(self, type_name: str) -> list[dict[str, Any]]:
        """List what Coperniq holds, oldest first."""
        return ledger.records(self.store, type_name, self.company)

    def operations(self) -> list[ledger.Operation]:
        """List the mutations that Coperniq carried out for the company, those that were made by hand aside."""
        done = ledger.operations(self.store, self.company)
        return [one for one in done if one.transaction_id not in self.by_hand]

    def enter(self, type_name: str, *inputs: dict[str, Any]) -> list[str]:
        """Make records in Coperniq by hand, past the pipeline; return their ids."""
        client = self.client(url=self.direct)
        reply = client.create(catalogue.BY_NAME[type_name], inputs)
        client.close()
        self.by_hand.add(reply.transaction_id)
        return [str(reply.results[place].id) for place in range(len(inputs))]

    def change(self, type_name: str, id_: str, **fields: object) -> None:
        """Change a record in Coperniq by hand."""
        client = self.client(url=self.direct)
        reply = client.update(catalogue.BY_NAME[type_name], [id_], [fields])
        client.close()
        self.by_hand.add(reply.transaction_id)
        assert reply.results[0].id == id_

    def erase(self, type_name: str, *ids: str) -> None:
        """Delete records in Coperniq by hand."""
        client = self.client(url=self.direct)
        reply = client._ask(catalogue.BY_NAME[type_name], "Delete", len(ids), {"ids": ids})
        client.close()
        self.by_hand.add(reply.transaction_id)
        assert [result.code for result in reply.results.values()] == [None] * len(ids)

    def query(self, statement: str, *parameters: object) -> list[dict[str, Any]]:
        """Ask the product's database."""
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement.encode(), parameters).fetchall()

    def states(self, type_name: str) -> dict[str, str]:
        """Give the delivery state of each record by its key."""
        rows = self.query(
            "SELECT record_key, state::TEXT FROM coperniq_records"
            " WHERE contractor_config_id = %s AND coperniq_type = %s",
            self.contractor, type_name,
        )  # fmt: skip
        return {row["record_key"]: row["state"] for row in rows}

    def rows(self, import_id: UUID) -> list[dict[str, Any]]:
        """List an import's rows in order."""
        return self.query("SELECT * FROM csv_import_records WHERE csv_import_id = %s ORDER BY record_number", import_id)

    def waiting_for(self, type_name: str) -> list[str | None]:
        """List what waiting records wait for, in the order of their rows."""
        rows = self.query(
            "SELECT waiting_for FROM coperniq_records WHERE contractor_config_id = %s AND coperniq_type = %s"
            " AND state = 'waiting' ORDER BY record_number",
            self.contractor, type_name,
        )  # fmt: skip
        return [row["waiting_for"] for row in rows]

    def import_of(self, import_id: UUID) -> dict[str, Any]:
        """Give a row of `csv_imports`."""
        (row,) = self.query("SELECT * FROM csv_imports WHERE id = %s", import_id)
        return row

    def log(self, **having: object) -> list[dict[str, Any]]:
        """List the audit log's rows that have these values, in order."""
        rows = self.query(
            "SELECT * FROM coperniq_sync_log WHERE contractor_config_id = %s ORDER BY completed_at, started_at",
            self.contractor,
        )
        return [row for row in rows if all(row[name] == value for name, value in having.items())]


def before_writing(delivery: Delivery, act: Callable[[Sequence[Answer]], object]) -> None:
    """Do something each time that replies have come to a delivery and are about to be written."""
    take_in = delivery._take_in

    def act_and_take_in(answers: Sequence[Answer], senders: Senders) -> list[list[Claimed]]:
        if answers:
            act(answers)
        return take_in(answers, senders)

    delivery._take_in = act_and_take_in  # type: ignore[method-assign]


def contact(number: int, **fields: object) -> dict[str, object]:
    """Make a row of a contacts file."""
    return {"name": f"Person {number}", "emails": f"person{number}@example.com", **fields}


def contacts(count: int, **fields: object) -> Iterable[dict[str, object]]:
    """Make rows of a contacts file, numbered from 0."""
    return (contact(number, **fields) for number in range(count))


def until_nothing_is_open(world: World, deliver: Callable[[], object], runs: int = 6) -> None:
    """Run until everything is settled; a run that ends early leaves the rest to the next."""
    for _ in range(runs):
        deliver()
        if not world.query(
            "SELECT 1 FROM coperniq_records WHERE contractor_config_id = %s AND state IN ('ready', 'in_flight')",
            world.contractor,
        ):
            return
    raise AssertionError(f"not done after {runs} runs: {world.said[-3:]}")
