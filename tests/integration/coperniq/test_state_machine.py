"""Delivery as a state machine: whatever is imported, broken, killed and done by hand, in any order, nothing is doubled.

After every step the changes of every record's state, the intents and the audit log are checked; at the end everything
is put right, sent, and compared with what a model in plain Python says.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from assets.database import Database
from tests.conftest import _database
from tests.coperniq_server import SandboxHandle, running_sandbox
from tests.integration.coperniq import audit, transitions
from tests.integration.coperniq.history import ADDRESSES, OWNERS, PEOPLE, STRANGER, Fault, History, contact_key
from tests.integration.coperniq.mishaps import BY_HAND, Fate, Mishap
from tests.integration.coperniq.world import World, until_nothing_is_open

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sandbox.postgres import Cluster

EXAMPLES, STEPS = 20, 12
"""How many histories are tried, and how long each may be. Some hundreds find what is rare."""
COMPANIES = range(1, 3000)
PATIENT = (10.0, 60.0)
"""So that nothing is lost but what is to be, however busy the machine is."""
BOTH = ("Contact", "Site")
NEW = "new"
"""Stands for a title that no file had before."""
# What carries a request out after its sender gave up is left to the chaos rounds: here nobody really waits.
FAULTS: tuple[Fault, ...] = (
    {"fault": "throttle"}, {"fault": "throttled"}, {"fault": "bad_gateway"}, {"fault": "drop"},
    {"fault": "bad_gateway_after"}, {"fault": "drop_after"}, {"fault": "truncate"}, {"fault": "short"},
    {"fault": "reorder"}, {"fault": "foreign"}, {"fault": "reject"}, {"fault": "expired_key"},
    {"fault": "day_used_up", "retry_after": 60},
)  # fmt: skip
LOSSES: tuple[Fault, ...] = tuple(
    {"fault": kind} for kind in ("drop", "bad_gateway", "drop_after", "bad_gateway_after", "truncate")
)

types = st.sampled_from([BOTH, BOTH, ("Contact",), ("Site",)])
people = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from([NEW, "Tech", "Boss"])), min_size=1, max_size=6)
sites = st.lists(
    st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(OWNERS), st.sampled_from(["UTC", "America/Denver"])),
    min_size=1, max_size=4,
)  # fmt: skip
faults = st.lists(st.none() | st.sampled_from(FAULTS), max_size=5)
mishaps = st.builds(Mishap, st.sampled_from(sorted(set(Fate) - BY_HAND)), st.integers(1, 3), st.booleans())


class Histories(RuleBasedStateMachine):
    """Histories of contractors; a history is one example."""

    def __init__(self, world: World, server: SandboxHandle) -> None:
        super().__init__()
        self.world = world
        self.history = History(world, server)
        self._seen = 0

    @rule(rows=people)
    def bring_contacts(self, rows: Sequence[tuple[int, str]]) -> None:
        titles = {NEW: f"Title {len(self.history.imports)}"}
        self.history.bring_contacts([(who, titles.get(title, title)) for who, title in rows])

    @rule(rows=sites)
    def bring_sites(self, rows: Sequence[tuple[str, int, str]]) -> None:
        self.history.bring_sites(rows)

    @rule(types=types, meets=faults)
    def deliver(self, types: Sequence[str], meets: Sequence[Fault | None]) -> None:
        self.history.deliver(types, meets)

    @rule(types=types, rows=people, meets=faults)
    def bring_and_deliver(
        self, types: Sequence[str], rows: Sequence[tuple[int, str]], meets: Sequence[Fault | None]
    ) -> None:
        self.bring_contacts(rows)
        self.history.deliver(types, meets)

    @rule(types=types, rows=people, mishap=mishaps, fault=st.none() | st.sampled_from(FAULTS))
    def deliver_with_a_mishap(
        self, types: Sequence[str], rows: Sequence[tuple[int, str]], mishap: Mishap, fault: Fault | None
    ) -> None:
        """Let something befall a run; the same request may meet a fault."""
        self.bring_contacts(rows)
        self.history.deliver(types, [*[None] * (mishap.request - 1), fault], mishap)

    @rule(
        titles=st.lists(st.sampled_from(["Tech", "Boss"]), min_size=1, max_size=3),
        fate=st.sampled_from(sorted(BY_HAND)), fault=st.sampled_from(LOSSES), answered=st.booleans(),
    )  # fmt: skip
    def lose_newcomers(self, titles: Sequence[str], fate: Fate, fault: Fault, *, answered: bool) -> None:
        """Lose the answer to a create of which Coperniq has one record twice, or only by somebody else's hand."""
        first = 100 * (1 + len(self.history.imports))
        self.history.bring_contacts([(first + place, title) for place, title in enumerate(titles)])
        lost = {**fault, "on": "mutation createContacts"}
        self.history.deliver(("Contact",), [lost], Mishap(fate, 1, answered))

    @rule(number=st.integers(0, 9), meets=faults, mishap=st.none() | mishaps)
    def roll_back(self, number: int, meets: Sequence[Fault | None], mishap: Mishap | None) -> None:
        if imports := self.history.imports:
            self.history.roll_back(imports[number % len(imports)], meets, mishap)

    @rule(who=st.sampled_from([*PEOPLE, STRANGER]), long_ago=st.booleans())
    def make_by_hand(self, who: int, *, long_ago: bool) -> None:
        self.history.make(who, long_ago=long_ago)

    @rule(who=st.sampled_from([*PEOPLE, STRANGER]), does=st.sampled_from(["change", "delete", "delete sites"]))
    def interfere(self, who: int, does: str) -> None:
        match does:
            case "change":
                self.history.change(who)
            case "delete":
                self.history.delete(who)
            case _:
                self.history.delete_sites()

    @rule()
    def resolve(self) -> None:
        self.history.resolve()

    @invariant()
    def every_change_is_allowed(self) -> None:
        for seen in transitions.since(self.world.conn, self.world.contractor, self._seen):
            transitions.is_allowed(seen, self.history.there_before, self.history.by_hand)
            self._seen = seen.number

    @invariant()
    def nothing_is_in_coperniq_twice(self) -> None:
        made = [str(node["emails"]) for node in self.world.held("Contact") if node["id"] not in self.history.by_hand]
        made += [f"{node['fullAddress']} of {node['clientId']}" for node in self.world.held("Site")]
        known = [row["coperniq_id"] for row in self.history.known().values() if row["coperniq_id"]]
        assert not [one for one, times in Counter([*made, *known]).items() if times > 1]

    @invariant()
    def nothing_made_by_hand_is_deleted(self) -> None:
        deletes = [one for one in self.world.operations() if one.name.startswith("delete")]
        assert not self.history.by_hand & {id_ for one in deletes for id_ in one.record_ids}

    @invariant()
    def the_log_fits_the_ledger(self) -> None:
        audit.log_fits_the_ledger(self.world)

    @invariant()
    def nothing_wanted_is_forgotten(self) -> None:
        assert self.history.wanted.keys() <= self.history.known().keys()

    def teardown(self) -> None:
        """Let nothing break any more, and see what it comes to: as it is, and after every row came once more."""
        for import_id in dict.fromkeys(self.history.undone):
            self.history.roll_back(import_id)
        self._calm()
        self.history.settle_doubts()
        self._calm()
        self._is_as_wanted()
        self.history.put_right()
        self._calm()
        self._is_as_wanted()
        audit.agrees(self.world, self.history.by_hand)
        self.every_change_is_allowed()
        self.nothing_is_in_coperniq_twice()

    def _calm(self) -> None:
        until_nothing_is_open(self.world, lambda: self.history.deliver(BOTH))

    def _is_as_wanted(self) -> None:
        """Check that each wanted record is in Coperniq with its values and its parent, or says why not."""
        known = self.history.known()
        held = {node["id"]: node for name in BOTH for node in self.world.held(name)}
        for key, value in self.history.wanted.items():
            row, expected = known[key], {"title": value}
            if key[0] == "Site":
                parent = known.get(contact_key(self.history.owner[key]), {"coperniq_id": None})["coperniq_id"]
                if parent is None:
                    assert (row["state"], bool(row["waiting_for"])) == ("waiting", True), row
                    continue
                expected = {"timezone": value, "clientId": parent}
            if row["state"] == "rejected":
                by_script = "rejected by the sandbox's script of faults" in row["error_message"]
                assert by_script or key in self.history.touched, row
                continue
            assert row["state"] == "synced", row
            if key not in self.history.touched:
                assert {name: held[row["coperniq_id"]][name] for name in expected} == expected, row
        lost = held.keys() - {row["coperniq_id"] for row in known.values()} - self.history.by_hand
        assert not lost, "made, and not known to be made"


@pytest.fixture
def watched_database(postgres: Cluster, migrated_template: str) -> Iterator[str]:
    """Give the URL of a database that writes down every change of a record's state."""
    with _database(postgres, template=migrated_template) as (_, url):
        with psycopg.connect(url) as conn:
            conn.execute(transitions.WRITE_DOWN.encode())
        yield url


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SandboxHandle]:
    """Run a sandbox whose faults disturb nobody else."""
    keys = {f"key-of-{company}": company for company in COMPANIES}
    with running_sandbox(tmp_path / "store.db", keys=keys) as handle:
        yield handle


@pytest.mark.timeout(60 + 20 * EXAMPLES)
def test_no_history_doubles_or_loses_a_record(watched_database: str, server: SandboxHandle, tmp_path: Path) -> None:
    companies = iter(COMPANIES)
    with Database(watched_database).connect() as conn:

        def history() -> Histories:
            company = next(companies)
            inbox = tmp_path / str(company)
            inbox.mkdir()
            return Histories(
                World(conn, server.url, f"key-of-{company}", company, server.store, inbox, timeouts=PATIENT), server
            )  # fmt: skip

        run_state_machine_as_test(
            history,
            settings=settings(
                max_examples=EXAMPLES, stateful_step_count=STEPS,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )  # fmt: skip
