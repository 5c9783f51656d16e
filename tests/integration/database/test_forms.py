"""From draft to review: what the database keeps of a form for every writer, and how often it counts its use."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from orchestration import migrations
from tests.conftest import MIGRATIONS
from tests.integration.database.forms import FIELDS, GOOD, make_form, make_template
from tests.integration.database.seed import Ids, one, seed_contractor

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

Connection = psycopg.Connection[Any]

STATUS = "SELECT status::text FROM mep_form_submissions WHERE id = %s"
REVIEW = "SELECT status::text, reviewed_by, review_reason FROM mep_form_submissions WHERE id = %s"
PLACE = "SELECT parent_submission_id, revision_count, status::text FROM mep_form_submissions WHERE id = %s"
EVENTS = "SELECT action::text FROM mep_template_usage WHERE submission_id = %s ORDER BY action"
INSERT = """
    INSERT INTO mep_form_submissions (
        template_id, contractor_config_id, form_title, form_data, status, parent_submission_id, revision_count,
        reviewed_by, review_reason
    ) VALUES (%(form)s, %(contractor)s, 'Lead', %(data)s, %(status)s, %(parent)s, 7, 'me', 'why') RETURNING id
"""
FIRST = "00000000-0000-4000-8000-000000000001"
# The rows of a database that was used before forms had rules.
BEFORE = f"""
    INSERT INTO templates (id, name, display_name, trade) VALUES ('{FIRST}', 'x', 'X', 'hvac');
    INSERT INTO mep_contractor_configs (id, contractor_name) VALUES ('{FIRST}', 'A');
    INSERT INTO mep_form_submissions (id, template_id, contractor_config_id, form_title)
    VALUES ('{FIRST}', '{FIRST}', '{FIRST}', 'First');
    INSERT INTO mep_form_submissions (template_id, contractor_config_id, form_title, parent_submission_id)
    VALUES ('{FIRST}', '{FIRST}', 'Second', '{FIRST}');
    INSERT INTO mep_form_submissions (
        template_id, contractor_config_id, form_title, parent_submission_id, revision_count, created_at
    ) VALUES ('{FIRST}', '{FIRST}', 'Forgotten', '{FIRST}', 1, '2025-01-01');
    INSERT INTO mep_template_usage (
        template_id, contractor_config_id, submission_id, action, time_spent_seconds, timestamp
    ) VALUES
        ('{FIRST}', '{FIRST}', '{FIRST}', 'filled', NULL, '2025-01-01'),
        ('{FIRST}', '{FIRST}', '{FIRST}', 'filled', 40, '2025-01-02'),
        ('{FIRST}', '{FIRST}', NULL, 'filled', 1, '2025-01-02');
"""


@pytest.fixture
def ids(ids: Ids, connection: Connection) -> Ids:
    """Add a template with fields of every type, as `form`, to what is seeded."""
    return ids | {"form": make_template(connection, FIELDS)}


def insert(conn: Connection, ids: Ids, parent: UUID | None, status: str = "draft") -> UUID:
    """Write a form as a front end that calls no function."""
    row = conn.execute(INSERT, ids | {"data": Jsonb(GOOD), "parent": parent, "status": status}).fetchone()
    assert row is not None
    return row[0]


def submitted(conn: Connection, ids: Ids) -> UUID:
    return make_form(conn, ids, status="submitted")


def events(conn: Connection, submission: UUID) -> list[str]:
    return [action for (action,) in conn.execute(EVENTS, [submission])]


@pytest.mark.parametrize("statement", ["SELECT submit_form_submission(%s)", "UPDATE mep_form_submissions SET status = "
                         "'submitted' WHERE id = %s"])  # fmt: skip
def test_a_draft_may_be_incomplete_and_a_submitted_form_may_not(writer: Connection, ids: Ids, statement: str) -> None:
    draft = make_form(writer, ids, {"fuel": "gaz"})
    with pytest.raises(errors.CheckViolation, match="cannot be submitted: 2 answers to correct, the first is Phone"):
        writer.execute(statement, [draft])


@pytest.mark.parametrize("status", ["draft", "submitted"])
def test_a_form_that_is_born_submitted_is_checked(writer: Connection, ids: Ids, status: str) -> None:
    if status == "draft":
        make_form(writer, ids, {}, status)
        return
    with pytest.raises(errors.CheckViolation, match=r"cannot be submitted: 1 answer to correct.*\(required\)\."):
        make_form(writer, ids, {}, status)


def test_what_an_update_submits_is_what_is_checked(writer: Connection, ids: Ids) -> None:
    draft = make_form(writer, ids)
    with pytest.raises(errors.CheckViolation, match="Phone"):
        writer.execute("UPDATE mep_form_submissions SET status = 'submitted', form_data = '{}' WHERE id = %s", [draft])


def test_a_second_submit_changes_nothing(writer: Connection, ids: Ids) -> None:
    draft = make_form(writer, ids)
    assert one(writer, "SELECT submit_form_submission(%s)", draft) is True
    assert one(writer, "SELECT submit_form_submission(%s)", draft) is False
    writer.execute("SELECT approve_form_submission(%s)", [draft])
    with pytest.raises(errors.CheckViolation, match="is approved: only a draft is submitted"):
        writer.execute("SELECT submit_form_submission(%s)", [draft])


def test_a_submission_that_does_not_exist_is_refused(writer: Connection, ids: Ids) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="does not exist or is not yours"):
        writer.execute("SELECT submit_form_submission(gen_random_uuid())")


@pytest.mark.parametrize(
    "change",
    [
        "form_data = '{}'", "id = gen_random_uuid()", "submission_number = 9", "revision_count = 1",
        "template_id = (SELECT id FROM templates WHERE name = 'lead_intake')", "contractor_config_id = %(other)s",
        "parent_submission_id = id", "reviewed_by = 'me'", "review_reason = 'x'",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["draft", "submitted", "approved"])
def test_what_a_submission_keeps(connection: Connection, ids: Ids, status: str, change: str) -> None:
    other = seed_contractor(connection, "b", ids["template"])["contractor"]
    form = make_form(connection, ids)
    for step in {"draft": [], "submitted": ["submit"], "approved": ["submit", "approve"]}[status]:
        connection.execute(f"SELECT {step}_form_submission(%s)".encode(), [form])
    connection.execute("SET LOCAL ROLE service_role")
    update = f"UPDATE mep_form_submissions SET {change} WHERE id = %(form)s"
    if status == "draft" and change.startswith("form_data"):
        connection.execute(update.encode(), {"form": form, "other": other})
        return
    with pytest.raises(errors.CheckViolation, match="keeps its"):
        connection.execute(update.encode(), {"form": form, "other": other})


def test_a_form_whose_answers_are_written_again_as_they_are_is_let_be(writer: Connection, ids: Ids) -> None:
    form = submitted(writer, ids)
    writer.execute("UPDATE mep_form_submissions SET form_data = form_data, form_title = 'New' WHERE id = %s", [form])


def test_an_approval_says_who(writer: Connection, ids: Ids) -> None:
    form = submitted(writer, ids)
    assert one(writer, "SELECT approve_form_submission(%s, 'ann')", form) is True
    assert one(writer, "SELECT approve_form_submission(%s, 'bob')", form) is False
    assert one(writer, REVIEW, form) == ("approved", "ann", None)
    other = submitted(writer, ids)
    writer.execute("UPDATE mep_form_submissions SET status = 'approved' WHERE id = %s", [other])
    assert one(writer, REVIEW, other)[1] == one(writer, "SELECT current_user::text")


def test_a_rejection_says_who_and_why(writer: Connection, ids: Ids) -> None:
    form = submitted(writer, ids)
    assert one(writer, "SELECT reject_form_submission(%s, 'ann', 'No address')", form) is True
    assert one(writer, "SELECT reject_form_submission(%s, 'bob', 'Other')", form) is False
    assert one(writer, REVIEW, form) == ("rejected", "ann", "No address")
    with pytest.raises(errors.CheckViolation, match="is rejected: only a submitted one can be approved"):
        writer.execute("SELECT approve_form_submission(%s)", [form])


@pytest.mark.parametrize("reason", [None, "", " "])
def test_a_rejection_without_a_reason_is_refused(writer: Connection, ids: Ids, reason: str | None) -> None:
    form = submitted(writer, ids)
    with pytest.raises(errors.CheckViolation, match="A rejection says why"):
        writer.execute("SELECT reject_form_submission(%s, 'ann', %s)", [form, reason])


@pytest.mark.parametrize("review", ["approve_form_submission(%s)", "reject_form_submission(%s, 'ann', 'why')"])
def test_a_draft_is_not_reviewed(writer: Connection, ids: Ids, review: str) -> None:
    draft = make_form(writer, ids)
    with pytest.raises(errors.CheckViolation, match="is draft: only a submitted one can be"):
        writer.execute(f"SELECT {review}".encode(), [draft])


def test_a_revision_is_a_draft_with_its_parents_answers(writer: Connection, ids: Ids) -> None:
    first = submitted(writer, ids)
    second = one(writer, "SELECT revise_form_submission(%s)", first)
    assert one(writer, PLACE, second) == (first, 1, "draft")
    copied = "SELECT form_data, form_title FROM mep_form_submissions WHERE id = %s"
    assert one(writer, copied, second) == (GOOD, "Lead")
    writer.execute("SELECT submit_form_submission(%s)", [second])
    third = one(writer, "SELECT revise_form_submission(%s, %s, 'bob')", second, Jsonb(GOOD | {"fuel": "oil"}))
    assert one(writer, PLACE, third) == (second, 2, "draft")
    by = "SELECT form_data ->> 'fuel', submitted_by FROM mep_form_submissions WHERE id = %s"
    assert one(writer, by, third) == ("oil", "bob")


@pytest.mark.parametrize("status", ["draft", "submitted", "approved", "rejected", "archived"])
def test_what_left_its_draft_and_is_not_archived_may_be_revised(writer: Connection, ids: Ids, status: str) -> None:
    form = make_form(writer, ids)
    for step in {"draft": [], "archived": ["submitted", "approved", "archived"]}.get(status, ["submitted", status]):
        writer.execute("UPDATE mep_form_submissions SET status = %s WHERE id = %s", [step, form])
    if status in {"draft", "archived"}:
        with pytest.raises(errors.CheckViolation, match=f"is {status} and takes no revision"):
            insert(writer, ids, form)
    else:
        assert one(writer, PLACE, insert(writer, ids, form)) == (form, 1, "draft")


def test_the_database_counts_revisions_and_begins_without_a_review(writer: Connection, ids: Ids) -> None:
    form = insert(writer, ids, None, "submitted")
    assert one(writer, PLACE, form) == (None, 0, "submitted")
    assert one(writer, REVIEW, form) == ("submitted", None, None)


def test_a_submission_has_one_open_revision(writer: Connection, ids: Ids) -> None:
    form = submitted(writer, ids)
    draft = one(writer, "SELECT revise_form_submission(%s)", form)
    with pytest.raises(errors.UniqueViolation, match="one_open_revision"), writer.transaction():
        insert(writer, ids, form)
    with (
        pytest.raises(errors.UniqueViolation, match=f"revised already: change and submit draft {draft}"),
        writer.transaction(),
    ):
        writer.execute("SELECT revise_form_submission(%s)", [form])
    writer.execute("SELECT submit_form_submission(%s)", [draft])
    assert one(writer, PLACE, one(writer, "SELECT revise_form_submission(%s)", form)) == (form, 1, "draft")


def test_a_revision_is_of_its_parents_template(writer: Connection, ids: Ids) -> None:
    form = submitted(writer, ids)
    with pytest.raises(errors.ForeignKeyViolation, match="none of this contractor and template"):
        insert(writer, ids | {"form": ids["template"]}, form)


def test_two_that_revise_each_other_are_refused(writer: Connection, ids: Ids) -> None:
    rows = """
        INSERT INTO mep_form_submissions (id, template_id, contractor_config_id, form_title, status,
                                          parent_submission_id, form_data)
        SELECT r.id::uuid, %(form)s, %(contractor)s, 'F', 'submitted', r.parent::uuid, %(data)s
        FROM (VALUES ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'),
                     ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001')) AS r (id, parent)
    """
    with pytest.raises(errors.ForeignKeyViolation):
        writer.execute(rows.encode(), ids | {"data": Jsonb(GOOD)})


def test_a_draft_counts_as_filled_and_a_submitted_form_as_submitted(writer: Connection, ids: Ids) -> None:
    draft = make_form(writer, ids)
    assert events(writer, draft) == ["filled"]
    writer.execute("UPDATE mep_form_submissions SET status = 'submitted' WHERE id = %s", [draft])
    writer.execute("SELECT submit_form_submission(%s)", [draft])
    assert events(writer, draft) == ["filled", "submitted"]
    writer.execute("SELECT approve_form_submission(%s)", [draft])
    assert events(writer, draft) == ["filled", "submitted"]
    assert events(writer, insert(writer, ids, None, "submitted")) == ["filled", "submitted"]


def test_viewed_filled_submitted_are_counted_once_each(writer: Connection, ids: Ids) -> None:
    draft = make_form(writer, ids)
    record = "SELECT record_template_usage(%s, %s, %s, 'x@y.example', %s, %s)"
    for actions in (("viewed", "filled"), ("submitted",)):
        for seconds, kept in ((None, None), (0, 0), (30, 0)):
            for action in actions:
                event = one(writer, record, ids["form"], ids["contractor"], action, seconds, draft)
                query = "SELECT action::text, time_spent_seconds FROM mep_template_usage WHERE id = %s"
                assert one(writer, query, event) == (action, kept)
        writer.execute("SELECT submit_form_submission(%s)", [draft])
    stats = "SELECT views, fills, submissions FROM get_contractor_template_stats(%s) WHERE template_id = %s"
    assert one(writer, stats, ids["contractor"], ids["form"]) == (1, 1, 1)
    analytics = "SELECT views, fills, submissions FROM template_usage_analytics WHERE template_id = %s"
    assert one(writer, analytics, ids["form"]) == (1, 1, 1)


def test_a_form_may_be_edited_and_exported_often(writer: Connection, ids: Ids) -> None:
    form = make_form(writer, ids, status="submitted")
    for action in ("edited", "edited", "exported", "exported"):
        writer.execute(
            "SELECT record_template_usage(%s, %s, %s, p_submission_id => %s)",
            [ids["form"], ids["contractor"], action, form],
        )
    assert events(writer, form) == ["edited", "edited", "exported", "exported", "filled", "submitted"]


def test_an_event_is_of_the_template_of_its_form(writer: Connection, ids: Ids) -> None:
    draft = make_form(writer, ids)
    with pytest.raises(errors.CheckViolation, match="is of another template"):
        writer.execute(
            "SELECT record_template_usage(%s, %s, 'viewed', p_submission_id => %s)",
            [ids["template"], ids["contractor"], draft],
        )


@pytest.mark.parametrize("statement", [
    "INSERT INTO mep_template_usage (template_id, contractor_config_id, submission_id, action)"
    " VALUES (%(template)s, %(contractor)s, %(draft)s, 'viewed')",
    "UPDATE mep_template_usage SET template_id = %(template)s WHERE submission_id = %(draft)s",
])  # fmt: skip
def test_an_event_that_is_written_is_of_the_template_of_its_form(writer: Connection, ids: Ids, statement: str) -> None:
    draft = make_form(writer, ids)
    with pytest.raises(errors.CheckViolation, match="is of another template"):
        writer.execute(statement.encode(), ids | {"draft": draft})


@pytest.mark.parametrize("data", [{"notes": "x" * 2**20}, {"notes": "é" * 2**19}])
def test_answers_of_more_than_a_mebibyte_are_refused(writer: Connection, ids: Ids, data: dict[str, str]) -> None:
    draft = make_form(writer, ids, {"notes": "x" * (2**20 - 20)})
    with (
        pytest.raises(errors.CheckViolation, match=r"have 10485\d\d bytes, and at most 1 MiB is kept"),
        writer.transaction(),
    ):
        make_form(writer, ids, data)
    with pytest.raises(errors.CheckViolation, match="at most 1 MiB is kept"):
        writer.execute("UPDATE mep_form_submissions SET form_data = %s WHERE id = %s", [Jsonb(data), draft])


def test_a_form_of_a_retired_template_is_brought_to_an_end(writer: Connection, ids: Ids) -> None:
    draft = make_form(writer, ids)
    writer.execute("UPDATE templates SET is_active = false WHERE id = %s", [ids["form"]])
    assert one(writer, "SELECT submit_form_submission(%s)", draft) is True
    assert one(writer, PLACE, one(writer, "SELECT revise_form_submission(%s)", draft)) == (draft, 1, "draft")


def test_what_was_written_before_is_put_right(fresh_database: str, tmp_path: Path) -> None:
    """Events recorded twice become one that keeps its time; of two open revisions the latest stays; places count."""
    for path in [MIGRATIONS / "shim.sql", *sorted(MIGRATIONS.glob("0[01]*.sql"))[:10]]:
        shutil.copy(path, tmp_path)
    with psycopg.connect(fresh_database, autocommit=True, prepare_threshold=None) as conn:
        migrations.up(conn, tmp_path)
        conn.execute(BEFORE.encode(), prepare=False)
        migrations.up(conn, MIGRATIONS)
        kept = "SELECT time_spent_seconds, timestamp::date::text FROM mep_template_usage WHERE submission_id = %s"
        assert one(conn, f"{kept} AND action = 'filled'", FIRST) == (40, "2025-01-01")
        assert one(conn, "SELECT count(*) FROM mep_template_usage") == 2
        assert one(conn, "SELECT revision_count FROM mep_form_submissions WHERE form_title = 'Second'") == 1
        own = "SELECT parent_submission_id, revision_count FROM mep_form_submissions WHERE form_title = 'Forgotten'"
        assert one(conn, own) == (None, 0)
