"""One contractor's history, step by step, and what it should have come to: a model in plain Python.

What belongs here: what people, runs and mishaps do, and what the newest rows say. What does not: which steps there are
in which order, and what must hold after them (`test_state_machine`).
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets import catalogue, leases
from assets.coperniq import rolling_back
from assets.coperniq.deliver import Delivery, KeyRefused
from assets.coperniq.resolving import Resolving
from assets.coperniq.rolling_back import Rollback
from assets.coperniq.store import Scope
from assets.leases import LeaseLost
from tests.integration.coperniq.mishaps import BY_HAND, Died, Fate, Mishap, MortalLease, WatchedClient
from tests.integration.coperniq.world import contact, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    import psycopg

    from tests.coperniq_server import SandboxHandle
    from tests.integration.coperniq.world import World

    Work = Callable[[psycopg.Connection[Any], WatchedClient, str], object]

BATCH = 2
PEOPLE = range(6)
STRANGER, NOBODY = 6, 7
"""One whom no file has, but who may be in Coperniq, and one whom nothing has."""
OWNERS = (*PEOPLE, STRANGER, NOBODY)
ADDRESSES = ("1 Main St", "2 Oak Ave")
AN_HOUR = 3_600_000_000
TABLES = ("coperniq_records", "coperniq_sync_log", "data_lineage")

Fault = dict[str, Any]
"""A rule of the sandbox's script."""
Key = tuple[str, str]
"""A type and a natural key."""


def email(person: int) -> str:
    """Return what a person is known by."""
    return f"person{person}@example.com"


def contact_key(person: int) -> Key:
    """Return the key of a person's contact."""
    return "Contact", email(person)


def site_key(address: str, person: int) -> Key:
    """Return the key of a person's site."""
    return "Site", f"{address} | {email(person)}".casefold()


@dataclass
class History:
    """What happens to one contractor.

    Attributes:
        people: All who may be contacts.
        wanted: What the newest row of each record says, of its title or zone.
        owner: Whose each site is.
        brought: The rows of each record that no rollback took back, oldest first: their imports and what they say.
        touched: Records of which Coperniq has something else than the pipeline believes, because somebody saw to it.
        by_hand: Ids of records that somebody else made.
        there_before: Those of them that were made before any request of this history.
        undone: Imports that were to be rolled back.
    """

    world: World
    server: SandboxHandle
    people: set[int] = field(default_factory=lambda: {*PEOPLE, STRANGER})
    wanted: dict[Key, str] = field(default_factory=dict[Key, str])
    owner: dict[Key, int] = field(default_factory=dict[Key, int])
    brought: dict[Key, list[tuple[UUID, str]]] = field(default_factory=dict["Key", "list[tuple[UUID, str]]"])
    touched: set[Key] = field(default_factory=set[Key])
    by_hand: set[str] = field(default_factory=set[str])
    there_before: set[str] = field(default_factory=set[str])
    imports: list[UUID] = field(default_factory=list["UUID"])
    undone: list[UUID] = field(default_factory=list["UUID"])

    def bring_contacts(self, rows: Sequence[tuple[int, str]]) -> None:
        """Import people with their titles."""
        self.people |= {who for who, _ in rows}
        self._bring("Contact", [(contact_key(who), title, contact(who, title=title)) for who, title in rows])

    def bring_sites(self, rows: Sequence[tuple[str, int, str]]) -> None:
        """Import addresses with their owners and zones."""
        self.owner |= {site_key(address, who): who for address, who, _ in rows}
        made = [
            (site_key(address, who), zone, {"fullAddress": address, "clientId": email(who), "timezone": zone})
            for address, who, zone in rows
        ]
        self._bring("Site", made)

    def _bring(self, type_name: str, rows: Sequence[tuple[Key, str, Mapping[str, object]]]) -> None:
        number = len(self.imports)
        # A column that no field takes makes each file another one.
        import_id = self.world.bring(
            f"{type_name} {number}.csv", *({**row, "Export no": str(number)} for _, _, row in rows)
        )
        self.imports.append(import_id)
        # Of rows with one key the first counts.
        for key, value, _ in reversed(rows):
            self.wanted[key] = value
            before = [row for row in self.brought.get(key, []) if row[0] != import_id]
            self.brought[key] = [*before, (import_id, value)]

    def deliver(self, types: Sequence[str], meets: Sequence[Fault | None] = (), mishap: Mishap | None = None) -> None:
        """Send types in turn, as one run does; its first requests meet these faults, one each."""
        self._set_faults(meets)
        for name in types:
            if not self._attempt(name, self._send, mishap):
                break
        self.server.set_faults({})

    def roll_back(self, import_id: UUID, meets: Sequence[Fault | None] = (), mishap: Mishap | None = None) -> None:
        """Roll an import back; of what it takes back the row before is wanted, if that may go to Coperniq."""
        of = rolling_back.find(self.world.conn, str(import_id))
        self.undone.append(import_id)

        def undo(conn: psycopg.Connection[Any], client: WatchedClient, _: str) -> None:
            Rollback(conn, client, client.lease, of, "test", self.world.said.append, ignore).run()

        self._set_faults(meets)
        self._attempt(str(of.coperniq_type), undo, mishap)
        self.server.set_faults({})
        known = self.known()
        for key in [key for key, rows in self.brought.items() if any(row[0] == import_id for row in rows)]:
            self._want_again(key, known.get(key))

    def _want_again(self, key: Key, known: Mapping[str, Any] | None) -> None:
        """Say what is wanted of a record of which a row was taken back, from what became of its other rows."""
        rows = [(*row, self._fate(key, row[0])) for row in self.brought[key]]
        left = [row for row in rows if row[2] != "taken back"]
        self.brought[key] = [row[:2] for row in left]
        sent = max((place for place, row in enumerate(left) if row[2] == "sent"), default=-1)
        turns = [row for row in left[sent + 1 :] if row[2] == "open"]
        if known is not None and known["csv_import_record_id"] is not None:
            self.wanted[key] = (turns or left[sent:])[-1 if turns else 0][1]
        else:
            assert not turns, f"{key} is lost: {rows}"
            self.wanted.pop(key, None)

    def _fate(self, key: Key, import_id: UUID) -> str:
        """Say what became of the row of a record in an import."""
        (row,) = self.world.query(
            "SELECT coperniq_id, coalesce(error_message, '') AS said FROM csv_import_records"
            " WHERE csv_import_id = %s AND record_key = %s AND status <> 'duplicate'",
            import_id, key[1],
        )  # fmt: skip
        if "Rolled back" in row["said"]:
            return "taken back"
        if row["coperniq_id"] is not None:
            return "sent"
        return "refused" if "Coperniq refused" in row["said"] else "open"

    def _set_faults(self, meets: Sequence[Fault | None]) -> None:
        rules = [{"at": [place + 1], **fault} for place, fault in enumerate(meets) if fault]
        self.server.set_faults({"rules": rules})

    def _send(self, conn: psycopg.Connection[Any], client: WatchedClient, type_name: str) -> None:
        scope = Scope(self.world.contractor, catalogue.BY_NAME[type_name])
        # One thread, so that a history goes the same way again.
        Delivery(conn, client, client.lease, scope, "test", self.world.said.append, ignore, threads=1).run()

    def _attempt(
        self, type_name: str, work: Work, mishap: Mishap | None, lease: leases.Lease | None = None
    ) -> bool:  # fmt: skip
        """Let a run work; say whether it came to its end. One from which another took over writes nothing more."""
        held = lease or self.world.lease()
        left: list[object] = []
        over = threading.Event()

        def meanwhile(fate: Fate, asked: dict[str, Any]) -> None:
            if fate in BY_HAND:
                self._cross(asked, long_ago=fate is Fate.FORESTALLED)
                return
            self._take_over(type_name)
            left.append(self._books())
            over.set()

        client = WatchedClient(
            self.world.url, self.world.key, self.world.company, self.world.timeouts, conn=self.world.conn,
            lease=MortalLease(**vars(held)), mishap=mishap, meanwhile=meanwhile,
        )  # fmt: skip
        client.batch = BATCH
        ended = False
        try:
            with self.world.database.connect() as conn:
                work(conn, client, type_name)
            ended = True
        except (Died, KeyRefused):
            pass
        except LeaseLost:
            # The request's thread may still be busy with it.
            assert over.wait(60.0), "nobody took over"
        finally:
            client.close()
        assert not left or (not ended and left == [self._books()]), "wrote after another run took over"
        return ended

    def _take_over(self, type_name: str) -> None:
        """Do another run's work, once the lease of the first is over."""
        conn = self.world.conn
        conn.execute(
            "UPDATE contractor_leases SET expires_at = '-infinity' WHERE contractor_config_id = %s",
            [self.world.contractor],
        )
        other = leases.take(conn, self.world.contractor, "other")
        assert other is not None
        self._attempt(type_name, self._send, None, other)
        other.give_back(conn)

    def _books(self) -> list[object]:
        """Return all that a run writes."""
        of = "WHERE contractor_config_id = %s ORDER BY id"
        books = [self.world.query(f"SELECT * FROM {table} {of}", self.world.contractor) for table in TABLES]
        return [*books, *(self.world.rows(import_id) for import_id in self.imports)]

    def _cross(self, asked: dict[str, Any], *, long_ago: bool) -> None:
        """Make by hand a contact that is asked for, or change what was made; no fault is met from then on."""
        self.server.set_faults({})
        people = {email(who): who for who in self.people}
        first = asked["input"][0]
        if "emails" in first:
            who = people[first["emails"][0]]
            if long_ago or not self.nodes(who):
                self.make(who, long_ago=long_ago)
            else:
                self.change(who)

    def make(self, who: int, *, long_ago: bool) -> None:
        """Make a contact by hand: as the newest row has it, long ago, or another one just now."""
        if any(node["id"] in self.by_hand for node in self.nodes(who)):
            return
        title = self.wanted.get(contact_key(who), "Tech") if long_ago else "By hand"
        (made,) = self.world.enter("Contact", {"name": f"Person {who}", "emails": [email(who)], "title": title})
        self.by_hand.add(made)
        if not long_ago:
            self.touched.add(contact_key(who))
            return
        self.there_before.add(made)
        with closing(sqlite3.connect(self.world.store)) as held, held:
            held.execute("UPDATE records SET created_at = created_at - ? WHERE id = ?", (AN_HOUR, made))

    def change(self, who: int) -> None:
        """Change a person's contacts by hand."""
        for node in self.nodes(who):
            self.world.change("Contact", node["id"], name=node["name"], title="By hand")
        self.touched.add(contact_key(who))

    def delete(self, who: int) -> None:
        """Delete a person's contacts by hand; Coperniq takes no site of theirs then."""
        for node in self.nodes(who):
            self.world.erase("Contact", node["id"])
        self.touched |= {contact_key(who), *(key for key, owner in self.owner.items() if owner == who)}

    def delete_sites(self) -> None:
        """Delete all sites by hand."""
        if nodes := self.world.held("Site"):
            self.world.erase("Site", *(node["id"] for node in nodes))
            self.touched |= set(self.owner)

    def resolve(self) -> None:
        """Look up again what is in doubt."""
        for name in ("Contact", "Site"):
            doubts = [row["id"] for row in self.known().values() if (row["type"], row["state"]) == (name, "unknown")]
            self._resolve(name, lambda resolving, ids=doubts: resolving.look_up(ids))

    def settle_doubts(self) -> None:
        """Say of each record in doubt what a person would: which one it is, or that it is not there."""
        known = self.known()
        taken = {row["coperniq_id"] for row in known.values()} | self.by_hand
        for (name, key), row in known.items():
            if row["state"] == "unknown":
                assert name == "Contact", "nobody but the pipeline makes sites"
                nodes = [node["id"] for node in self.world.held(name) if node["emails"] == [key]]
                ours = next((id_ for id_ in nodes if id_ not in taken), None)
                self._resolve(
                    name,
                    lambda resolving, doubt=row["id"], id_=ours: (
                        resolving.not_sent(doubt) if id_ is None else resolving.sent(doubt, id_)
                    ),
                )

    def _resolve(self, type_name: str, say: Callable[[Resolving], object]) -> None:
        client, scope = self.world.client(), Scope(self.world.contractor, catalogue.BY_NAME[type_name])
        say(Resolving(self.world.conn, client, self.world.lease(), scope, "test"))
        client.close()

    def put_right(self) -> None:
        """Bring every record once more, with values that nothing has yet."""
        self.bring_contacts([(who, "Last") for who in self.people])
        sites = [(address, who) for address in ADDRESSES for who in OWNERS if site_key(address, who) in self.owner]
        if sites:
            self.bring_sites([(*site, "Asia/Tokyo") for site in sites])
        self.touched.clear()

    def known(self) -> dict[Key, dict[str, Any]]:
        """Give what the pipeline knows of each record."""
        rows = self.world.query(
            """
            SELECT c.id, c.coperniq_type AS type, c.record_key, c.state::TEXT AS state, c.coperniq_id, c.waiting_for,
                   c.csv_import_record_id, r.error_message
            FROM coperniq_records AS c LEFT JOIN csv_import_records AS r ON c.csv_import_record_id = r.id
            WHERE c.contractor_config_id = %s
            """,
            self.world.contractor,
        )
        return {(row["type"], row["record_key"]): row for row in rows}

    def nodes(self, who: int) -> list[dict[str, Any]]:
        """List the contacts of Coperniq that are a person's."""
        return [node for node in self.world.held("Contact") if node["emails"] == [email(who)]]
