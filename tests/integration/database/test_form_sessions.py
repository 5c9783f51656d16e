"""Forms as front ends reach them: signed-in contractors, each for itself, and several sessions at the same form."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.types.json import Jsonb

from tests.conftest import _database
from tests.integration.database.forms import FIELDS, GOOD, check, make_form, make_template
from tests.integration.database.seed import EMAILS, Ids, one, seed_contractor, seed_template

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from uuid import UUID

    from sandbox.postgres import Cluster

Connection = psycopg.Connection[Any]

SUBMIT = "SELECT submit_form_submission(%s)"
REVISE = "SELECT revise_form_submission(%s)"
RECORD = "SELECT record_template_usage(%s, %s, 'viewed', NULL, NULL, %s)"
STATUS = "SELECT status::text FROM mep_form_submissions WHERE id = %s"


class Office(NamedTuple):
    """A database with two contractors and the template `form`."""

    url: str
    of: dict[str, Ids]


@pytest.fixture
def office(postgres: Cluster, migrated_template: str) -> Iterator[Office]:
    """Make a database whose rows are committed, for sessions of their own."""
    with _database(postgres, template=migrated_template) as (_, url):
        with psycopg.connect(url) as conn:
            template, form = seed_template(conn), make_template(conn, FIELDS)
            of = {who: template | {"form": form} | seed_contractor(conn, who, template["template"]) for who in EMAILS}
        yield Office(url, of)


@contextmanager
def session(url: str, who: str | None = None, role: str = "authenticated") -> Iterator[Connection]:
    """Open a session in a transaction: a contractor's, as the API layer makes it, or the owner's."""
    with psycopg.connect(url, options="-c lock_timeout=20s") as conn:
        if who is not None:
            claims = json.dumps({"role": role, "email": EMAILS.get(who)})
            conn.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])
            conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        yield conn


def committed(office: Office, status: str = "draft") -> UUID:
    """Create a form of contractor `a`."""
    with session(office.url) as conn:
        return make_form(conn, office.of["a"], status=status)


def test_a_contractor_fills_submits_and_revises_its_own(office: Office) -> None:
    with session(office.url, "a") as conn:
        ids = office.of["a"]
        assert check(conn, ids["form"], {}) != []
        draft = make_form(conn, ids, {})
        conn.execute("UPDATE mep_form_submissions SET form_data = %s WHERE id = %s", [Jsonb(GOOD), draft])
        assert one(conn, SUBMIT, draft) is True
        assert one(conn, SUBMIT, draft) is False
        revision = one(conn, REVISE, draft)
        by = "SELECT revision_count, submitted_by FROM mep_form_submissions WHERE id = %s"
        assert one(conn, by, revision) == (1, EMAILS["a"].lower())
        direct = one(
            conn, "INSERT INTO mep_form_submissions (template_id, contractor_config_id, form_title, form_data, status)"
            " VALUES (%s, %s, 'Lead', %s, 'submitted') RETURNING id", ids["form"], ids["contractor"], Jsonb(GOOD),
        )  # fmt: skip
        query = "SELECT array_agg(action::text ORDER BY action) FROM mep_template_usage WHERE submission_id = %s"
        assert one(conn, query, direct) == ["filled", "submitted"]
        first, again = (one(conn, RECORD, ids["form"], ids["contractor"], draft) for _ in range(2))
        assert first == again


def test_a_contractors_form_is_checked(office: Office) -> None:
    with session(office.url, "a") as conn, pytest.raises(errors.CheckViolation, match="1 answer to correct"):
        make_form(conn, office.of["a"], {}, "submitted")


@pytest.mark.parametrize("status", ["draft", "submitted", "approved"])
@pytest.mark.parametrize("who", ["b", "stranger"])
def test_a_contractor_does_not_reach_another_ones_form(office: Office, who: str, status: str) -> None:
    form = committed(office, "draft" if status == "draft" else "submitted")
    if status == "approved":
        with session(office.url) as conn:
            conn.execute("SELECT approve_form_submission(%s)", [form])
    with session(office.url, who) as conn:
        assert conn.execute(STATUS, [form]).fetchall() == []
        update = "UPDATE mep_form_submissions SET form_title = 'Mine', status = 'submitted' WHERE id = %s"
        assert conn.execute(update, [form]).rowcount == 0
        for call in (SUBMIT, REVISE):
            with pytest.raises(errors.InsufficientPrivilege, match="not yours"), conn.transaction():
                conn.execute(call.encode(), [form])


def test_a_contractor_does_not_hang_its_form_onto_anothers(office: Office) -> None:
    form, ids = committed(office, "submitted"), office.of["b"]
    insert = """
        INSERT INTO mep_form_submissions (template_id, contractor_config_id, form_title, parent_submission_id)
        VALUES (%s, %s, 'Mine', %s)
    """
    with session(office.url, "b") as conn:
        with pytest.raises(errors.ForeignKeyViolation), conn.transaction():
            conn.execute(insert, [ids["form"], ids["contractor"], form])
        with pytest.raises((errors.InsufficientPrivilege, errors.ForeignKeyViolation)), conn.transaction():
            conn.execute(insert, [ids["form"], office.of["a"]["contractor"], form])
        with pytest.raises(errors.InsufficientPrivilege), conn.transaction():
            conn.execute(RECORD.encode(), [ids["form"], office.of["a"]["contractor"], form])
        with pytest.raises(errors.ForeignKeyViolation), conn.transaction():
            conn.execute(RECORD.encode(), [ids["form"], ids["contractor"], form])


def test_a_contractor_does_not_write_on_anothers_usage(office: Office) -> None:
    form, ids = committed(office, "submitted"), office.of["b"]
    times = "SELECT action::text, time_spent_seconds FROM mep_template_usage WHERE submission_id = %s ORDER BY 1"
    with session(office.url) as conn:
        before = conn.execute(times, [form]).fetchall()
    assert before == [("filled", None), ("submitted", None)]
    for action in ("viewed", "filled", "submitted", "edited"):
        with session(office.url, "b") as conn, pytest.raises(errors.ForeignKeyViolation, match="give one of its own"):
            conn.execute(
                "SELECT record_template_usage(%s, %s, %s, NULL, 999999, %s)",
                [ids["form"], ids["contractor"], action, form],
            )
    with session(office.url) as conn:
        assert conn.execute(times, [form]).fetchall() == before


@pytest.mark.parametrize("action", ["submitted", "exported"])
def test_a_draft_counts_as_nothing_that_it_is_not(office: Office, action: str) -> None:
    form, ids = committed(office, "draft"), office.of["a"]
    with (
        session(office.url, "a") as conn,
        pytest.raises(errors.CheckViolation, match=f"is a draft: it is not {action}"),
    ):
        conn.execute(
            "SELECT record_template_usage(%s, %s, %s, NULL, NULL, %s)", [ids["form"], ids["contractor"], action, form]
        )


@pytest.mark.parametrize("born", ["draft", "submitted"])
@pytest.mark.parametrize(
    "review",
    [
        "SELECT approve_form_submission(%s)", "SELECT reject_form_submission(%s, 'me', 'why')",
        "SELECT review_form_submission(%s, 'approved', 'me', NULL)",
        "UPDATE mep_form_submissions SET status = 'approved' WHERE id = %s",
        "UPDATE mep_form_submissions SET status = 'rejected' WHERE id = %s",
        "UPDATE mep_form_submissions SET reviewed_by = 'me' WHERE id = %s",
        "UPDATE mep_form_submissions SET review_reason = NULL WHERE id = %s",
    ],
)  # fmt: skip
def test_a_contractor_does_not_review_its_own(office: Office, review: str, born: str) -> None:
    form = committed(office, born)
    with session(office.url, "a") as conn:
        try:
            with conn.transaction():
                assert conn.execute(review.encode(), [form]).rowcount == 0
        except (errors.InsufficientPrivilege, errors.CheckViolation):
            pass
        assert one(conn, STATUS, form) == born


def test_anon_checks_and_submits_nothing(office: Office) -> None:
    form = committed(office)
    for call in (SUBMIT, REVISE, "SELECT * FROM check_form_data(%s, '{}')"):
        with session(office.url, "", "anon") as conn, pytest.raises(errors.InsufficientPrivilege):
            conn.execute(call.encode(), [form])


def started(office: Office, pool: ThreadPoolExecutor, conn: Connection, call: str, *values: object) -> Future[Any]:
    """Start a call in a thread, and wait until it stands in line behind another session."""
    pid = conn.info.backend_pid
    called = pool.submit(one, conn, call, *values)
    with psycopg.connect(office.url, autocommit=True) as watcher:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
        while not one(watcher, waiting, pid):
            assert not called.done()
            time.sleep(0.01)
    return called


def test_two_sessions_submit_the_same_draft(office: Office) -> None:
    draft = committed(office)
    with session(office.url, "a") as first, session(office.url, "a") as second, ThreadPoolExecutor(1) as pool:
        assert one(first, SUBMIT, draft) is True
        called = started(office, pool, second, SUBMIT, draft)
        first.commit()
        assert called.result() is False
    with session(office.url) as conn:
        assert one(
            conn, "SELECT count(*) FROM mep_template_usage WHERE submission_id = %s AND action = 'submitted'", draft
        ) == 1  # fmt: skip


def test_an_edit_that_comes_first_is_what_is_checked(office: Office) -> None:
    draft = committed(office)
    with session(office.url, "a") as first, session(office.url, "a") as second, ThreadPoolExecutor(1) as pool:
        first.execute("UPDATE mep_form_submissions SET form_data = '{}' WHERE id = %s", [draft])
        called = started(office, pool, second, SUBMIT, draft)
        first.commit()
        with pytest.raises(errors.CheckViolation, match="the first is Phone"):
            called.result()


@pytest.mark.parametrize("who", ["a", None])
def test_an_edit_that_comes_second_is_refused(office: Office, who: str | None) -> None:
    draft = committed(office)
    edit = (
        "WITH e AS (UPDATE mep_form_submissions SET form_data = '{}' WHERE id = %s RETURNING 1) SELECT count(*) FROM e"
    )
    with session(office.url, "a") as first, session(office.url, who) as second, ThreadPoolExecutor(1) as pool:
        assert one(first, SUBMIT, draft) is True
        called = started(office, pool, second, edit, draft)
        first.commit()
        if who is None:
            with pytest.raises(errors.CheckViolation, match="keeps its answers"):
                called.result()
        else:
            assert called.result() == 0
    with session(office.url) as conn:
        assert one(conn, "SELECT form_data FROM mep_form_submissions WHERE id = %s", draft) == GOOD


def test_two_sessions_revise_the_same_form(office: Office) -> None:
    form = committed(office, "submitted")
    with session(office.url, "a") as first, session(office.url, "a") as second, ThreadPoolExecutor(1) as pool:
        draft = one(first, REVISE, form)
        called = started(office, pool, second, REVISE, form)
        first.commit()
        with pytest.raises(errors.UniqueViolation, match=str(draft)):
            called.result()


def test_two_sessions_record_the_same_view(office: Office) -> None:
    form, ids = committed(office), office.of["a"]
    values = (ids["form"], ids["contractor"], form)
    with session(office.url, "a") as first, session(office.url, "a") as second, ThreadPoolExecutor(1) as pool:
        event = one(first, RECORD, *values)
        called = started(office, pool, second, RECORD, *values)
        first.commit()
        assert called.result() == event


def test_two_sessions_create_at_once(office: Office) -> None:
    with session(office.url, "a") as first, session(office.url, "a") as second, ThreadPoolExecutor(1) as pool:
        made = make_form(first, office.of["a"])
        ids = office.of["a"]
        called = started(
            office,
            pool,
            second,
            "SELECT create_form_submission(%s, %s, 'F', '{}', 'x')",
            ids["form"],
            ids["contractor"],
        )
        first.commit()
        query = (
            "SELECT array_agg(submission_number ORDER BY submission_number) FROM mep_form_submissions"
            " WHERE id IN (%s, %s)"
        )
        assert one(second, query, made, called.result()) == [1, 2]
