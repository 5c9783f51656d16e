"""Writers of usage events who commit when they like, roll-ups in between, and what everybody should see of it.

What belongs here: random histories of `mep_template_usage` and the comparison of what is counted with what there is.
What does not: which histories must agree and which must not; `test_usage_rollup.py` says that.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from tests.conftest import _database
from tests.integration.analytics import views

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from random import Random

    from sandbox.postgres import Cluster

Connection = psycopg.Connection[Any]

TEMPLATES = [UUID(int=0xF0 + number) for number in range(3)]
CONTRACTORS = [UUID(int=0xA0 + number) for number in range(3)]
ACTIONS = ("viewed", "filled", "submitted", "edited", "exported")
SEED = """
    INSERT INTO templates (id, name, display_name, trade)
    SELECT t.id, 'template_' || t.n, 'Template', 'hvac' FROM unnest(%(templates)s::uuid[]) WITH ORDINALITY AS t (id, n);
"""
HIRE = """
    INSERT INTO mep_contractor_configs (id, contractor_name, contractor_email)
    SELECT c.id, 'Contractor ' || c.id, c.id || '@contractors.example' FROM unnest(%(contractors)s::uuid[]) AS c (id)
    ON CONFLICT DO NOTHING
"""
ADD = """
    INSERT INTO mep_template_usage (id, template_id, contractor_config_id, action, time_spent_seconds, timestamp)
    SELECT * FROM unnest(
        %(id)s::uuid[], %(template_id)s::uuid[], %(contractor_config_id)s::uuid[], %(action)s::usage_action_type[],
        %(time_spent_seconds)s::integer[], %(timestamp)s::timestamptz[]
    )
"""
AGAIN = f"{ADD} ON CONFLICT (id) DO UPDATE SET timestamp = excluded.timestamp, action = excluded.action"
# Rows that another transaction has changed are left alone: in one thread nobody could wait for its end.
PICKED = "id IN (SELECT id FROM mep_template_usage WHERE id = ANY(%(id)s) FOR UPDATE SKIP LOCKED)"
STATS = """
    SELECT
        t.id, t.name, t.trade, count(*) FILTER (WHERE u.action = 'viewed'), count(*) FILTER (WHERE u.action = 'filled'),
        count(*) FILTER (WHERE u.action = 'submitted'), max(u.timestamp)
    FROM mep_template_usage AS u INNER JOIN templates AS t ON u.template_id = t.id
    WHERE u.contractor_config_id = %s GROUP BY t.id ORDER BY t.name
"""
# As the funnel says it, and as the events do.
VIEWED = (
    "SELECT contractor_id, template_id, views FROM form_funnel WHERE views > 0 ORDER BY 1, 2",
    "SELECT contractor_config_id, template_id, count(*) FROM mep_template_usage WHERE action = 'viewed'"
    " GROUP BY 1, 2 ORDER BY 1, 2",
)


@dataclass(frozen=True)
class Built:
    """A database with dbt's views, to clone; the statements of a roll-up and of a full refresh, as dbt runs them.

    Attributes:
        naive: The migrations' query for the view, over all events.
        damage: What is done to a clone before it is used.
    """

    cluster: Cluster
    template: str
    naive: str
    roll_up: tuple[str, ...]
    refresh: tuple[str, ...]
    damage: str = ""

    @contextlib.contextmanager
    def clone(self) -> Generator[str]:
        """Give the URL of a database of its own with templates and contractors."""
        with _database(self.cluster, template=self.template) as (_, url):
            seed(url)
            run(url, self.damage)
            yield url


def run(url: str, *statements: str, between: Callable[[], object] = lambda: None) -> None:
    """Run statements in one transaction, and do something else after each of them."""
    with psycopg.connect(url, options="-c statement_timeout=20s") as connection:
        for statement in filter(None, statements):
            connection.execute(statement.encode(), prepare=False)
            between()


@dataclass(frozen=True)
class Counted:
    """Who looks at what is counted.

    Attributes:
        connection: Of one who may see all, or what is one contractor's.
        naive: The query that counts events one by one, as the migrations define the view.
    """

    connection: Connection
    naive: str

    def is_right(self) -> bool:
        """Tell whether the views and the function say what the events do."""
        with self.connection.transaction():
            expected = self._rows(f"SELECT * FROM ({self.naive}) AS naive ORDER BY template_id")
            found = self._rows("SELECT * FROM template_usage_analytics ORDER BY template_id")
            viewed = [self._rows(query) for query in VIEWED]
            return [found, viewed[0]] == [expected, viewed[1]] and all(
                self._rows("SELECT * FROM get_contractor_template_stats(%s)", contractor)
                == self._rows(STATS, contractor)
                for contractor in self._contractors()
            )

    def _contractors(self) -> Sequence[UUID]:
        ids = self.connection.execute("SELECT id FROM mep_contractor_configs ORDER BY id").fetchall()
        return [contractor for (contractor,) in ids]

    def _rows(self, query: str, *values: UUID) -> list[Any]:
        return self.connection.execute(query.encode(), values).fetchall()


@contextlib.contextmanager
def observing(url: str, naive: str) -> Generator[list[Counted]]:
    """Give the service role and a contractor, who look at what is committed, each in one snapshot."""
    with psycopg.connect(url) as service, psycopg.connect(url) as contractor:
        service.execute("SET ROLE service_role")
        views.sign_in(contractor, f"{CONTRACTORS[0]}@contractors.example")
        for connection in (service, contractor):
            connection.commit()
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield [Counted(service, naive), Counted(contractor, naive)]


def seed(url: str) -> None:
    """Make the templates and the contractors."""
    with psycopg.connect(url) as connection:
        connection.execute(SEED, {"templates": TEMPLATES})
        connection.execute(HIRE, {"contractors": CONTRACTORS})


@contextlib.contextmanager
def writing(url: str, rngs: Sequence[Random]) -> Generator[list[Writer]]:
    """Give writers who know of each other's events, one for each source of what they decide."""
    known: list[UUID] = []
    with contextlib.ExitStack() as stack:
        connect = functools.partial(psycopg.connect, url, options="-c lock_timeout=100ms")
        yield [Writer(stack.enter_context(connect()), rng, known) for rng in rngs]


class Writer:
    """One who adds, alters and removes events, in transactions of several statements.

    Args:
        connection: Of its own; it does not wait for long.
        rng: Decides what is done.
        known: Ids of all events ever written, by whomever.
    """

    def __init__(self, connection: Connection, rng: Random, known: list[UUID]) -> None:
        self.connection = connection
        self._rng = rng
        self._known = known

    def write(self) -> None:
        """Run a statement, or end the transaction; where another is in the way, give the transaction up."""
        steps = {self._add: 5, self._alter: 6, self._remove: 2, self._dismiss: 1, self._end: 4}
        (step,) = self._rng.choices(list(steps), weights=list(steps.values()))
        try:
            step()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, psycopg.errors.ForeignKeyViolation):
            self.connection.rollback()

    def commit_one(self) -> None:
        """Add one event, and commit at once."""
        self.connection.rollback()
        with contextlib.suppress(psycopg.errors.LockNotAvailable, psycopg.errors.ForeignKeyViolation):
            self.connection.execute(ADD, self._events(1))
        self.connection.commit()

    def _add(self) -> None:
        statement = self._rng.choice([ADD, ADD, AGAIN])
        events = self._events(self._rng.choice([1, 1, 1, 2, 30]))
        if statement is AGAIN and self._known:
            events["id"] = self._rng.sample(list({*events["id"], *self._known}), len(events["id"]))
        self.connection.execute(statement.encode(), events)
        self._known += {*events["id"]}.difference(self._known)

    def _alter(self) -> None:
        column = self._rng.choice(
            [
                "template_id",
                "contractor_config_id",
                "action",
                "time_spent_seconds",
                "timestamp",
                "timestamp",
                "user_email",
            ]
        )
        values = {**{name: each[0] for name, each in self._events(1).items()}, "user_email": "x@y.example"}
        self.connection.execute(
            f"UPDATE mep_template_usage SET {column} = %({column})s WHERE {PICKED}".encode(),
            {column: values[column], "id": self._some()},
        )

    def _remove(self) -> None:
        self.connection.execute(f"DELETE FROM mep_template_usage WHERE {PICKED}", {"id": self._some()})

    def _dismiss(self) -> None:
        """Delete a contractor with its events, and make it anew."""
        self.connection.rollback()
        one = self._rng.choice(CONTRACTORS)
        self.connection.execute("SELECT FROM mep_contractor_configs WHERE id = %s FOR UPDATE NOWAIT", [one])
        self.connection.execute("DELETE FROM mep_template_usage WHERE contractor_config_id = %s", [one])
        self.connection.execute("DELETE FROM mep_contractor_configs WHERE id = %s", [one])
        self.connection.execute(HIRE, {"contractors": CONTRACTORS})
        self.connection.commit()

    def _end(self) -> None:
        if self._rng.random() < 0.3:
            self.connection.rollback()
        else:
            self.connection.commit()

    def _some(self) -> list[UUID]:
        return self._rng.sample(self._known, min(len(self._known), self._rng.choice([1, 3, 20])))

    def _events(self, number: int) -> dict[str, list[Any]]:
        days = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=self._rng.randrange(30)) for _ in range(number)]
        return {
            "id": [UUID(int=self._rng.getrandbits(128), version=4) for _ in range(number)],
            "template_id": self._rng.choices(TEMPLATES, k=number),
            "contractor_config_id": self._rng.choices(CONTRACTORS, k=number),
            "action": self._rng.choices(ACTIONS, k=number),
            "time_spent_seconds": self._rng.choices([None, 0, 1, 7, 601], k=number),
            "timestamp": days,
        }
