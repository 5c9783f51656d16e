"""The rules on templates, contractors and forms that the database keeps for every writer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors

from tests.integration.database.seed import Ids, one, seed_contractor, seed_template

if TYPE_CHECKING:
    from uuid import UUID

Connection = psycopg.Connection[Any]

STATUSES = ("draft", "submitted", "approved", "rejected", "archived")
# How a submission gets into each status, and where it may go from there.
PATHS = {
    "draft": [],
    "submitted": ["submitted"],
    "approved": ["submitted", "approved"],
    "rejected": ["submitted", "rejected"],
    "archived": ["submitted", "approved", "archived"],
}
NEXT = {
    "draft": {"submitted"},
    "submitted": {"approved", "rejected"},
    "approved": {"archived"},
    "rejected": {"archived"},
    "archived": set[str](),
}
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def set_status(conn: Connection, submission: UUID, status: str) -> None:
    conn.execute("UPDATE mep_form_submissions SET status = %s WHERE id = %s", [status, submission])


@pytest.mark.parametrize("new", STATUSES)
@pytest.mark.parametrize("old", STATUSES)
def test_a_submission_takes_the_next_status_only(writer: Connection, ids: Ids, old: str, new: str) -> None:
    for status in PATHS[old]:
        set_status(writer, ids["submission"], status)
    if new in NEXT[old] | {old}:
        set_status(writer, ids["submission"], new)
    else:
        with pytest.raises(errors.CheckViolation, match=f"cannot go from {old} to {new}"):
            set_status(writer, ids["submission"], new)


def test_the_database_sets_the_times_of_a_submission(writer: Connection, ids: Ids) -> None:
    update = """
        UPDATE mep_form_submissions SET status = %s, submitted_at = %s, approved_at = %s, archived_at = %s
        RETURNING submitted_at = now(), approved_at = now(), archived_at = now()
    """
    times = [LONG_AGO] * 3
    assert one(writer, update, "draft", *times) == (None, None, None)
    assert one(writer, update, "submitted", *times) == (True, None, None)
    assert one(writer, update, "approved", *times) == (True, True, None)
    assert one(writer, update, "archived", *times) == (True, True, True)


@pytest.mark.parametrize("status", STATUSES)
def test_a_submission_is_born_draft_or_submitted(writer: Connection, ids: Ids, status: str) -> None:
    insert = """
        INSERT INTO mep_form_submissions (
            template_id, contractor_config_id, form_title, status, submitted_at, approved_at, archived_at
        ) VALUES (%s, %s, 'Form', %s, %s, %s, %s) RETURNING submitted_at = now(), approved_at, archived_at
    """
    values = [ids["template"], ids["contractor"], status, *[LONG_AGO] * 3]
    if status in {"draft", "submitted"}:
        assert one(writer, insert, *values) == (True if status == "submitted" else None, None, None)
    else:
        with pytest.raises(errors.CheckViolation, match="begins as draft or submitted"):
            writer.execute(insert, values)


def test_submissions_are_numbered_without_gaps_by_writers_at_once(migrated_database: str) -> None:
    with psycopg.connect(migrated_database) as conn:
        template = seed_template(conn)
        contractor = seed_contractor(conn, "a", template["template"])["contractor"]

    def submit(_: int) -> None:
        with psycopg.connect(migrated_database) as conn:
            conn.execute(
                "SELECT create_form_submission(%s, %s, 'Form', '{}', NULL)", [template["template"], contractor]
            )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(submit, range(12)))
    with psycopg.connect(migrated_database) as conn:
        numbers = conn.execute("SELECT submission_number FROM mep_form_submissions ORDER BY 1").fetchall()
    assert [number for (number,) in numbers] == list(range(1, 14))


def test_numbers_begin_anew_for_each_contractor_and_template(connection: Connection, ids: Ids) -> None:
    other = seed_contractor(connection, "b", ids["template"])
    query = "SELECT submission_number FROM mep_form_submissions WHERE contractor_config_id = %s"
    assert one(connection, query, other["contractor"]) == 1


@pytest.mark.parametrize("data", ["[]", "null", '"text"', "1"])
def test_form_data_is_an_object(connection: Connection, ids: Ids, data: str) -> None:
    with pytest.raises(errors.CheckViolation, match="data_is_object"):
        connection.execute("UPDATE mep_form_submissions SET form_data = %s", [data])


@pytest.mark.parametrize(("data", "fields"), [("{}", 0), ('{"a": 1}', 1), ('{"a": {"x": 1}, "b": [1, 2]}', 2)])
def test_details_have_one_row_for_a_submission(connection: Connection, ids: Ids, data: str, fields: int) -> None:
    connection.execute("UPDATE mep_form_submissions SET form_data = %s", [data])
    assert one(connection, "SELECT field_count FROM form_submission_details") == fields


def test_a_revision_belongs_to_the_contractor_of_its_parent(connection: Connection, ids: Ids) -> None:
    other = seed_contractor(connection, "b", ids["template"])
    set_status(connection, ids["submission"], "submitted")
    insert = """
        INSERT INTO mep_form_submissions (template_id, contractor_config_id, form_title, parent_submission_id)
        VALUES (%s, %s, 'Form', %s)
    """
    with pytest.raises(errors.ForeignKeyViolation, match="is none of this contractor and template"):
        connection.execute(insert, [ids["template"], other["contractor"], ids["submission"]])


@pytest.mark.parametrize(("seconds", "allowed"), [(0, True), (None, True), (-1, False)])
def test_zero_seconds_is_a_time(connection: Connection, ids: Ids, seconds: int | None, *, allowed: bool) -> None:
    call = "SELECT record_template_usage(%s, %s, 'filled', 'x@y.example', %s)"
    values = [ids["template"], ids["contractor"], seconds]
    if allowed:
        usage = one(connection, call, *values)
        assert one(connection, "SELECT time_spent_seconds FROM mep_template_usage WHERE id = %s", usage) == seconds
    else:
        with pytest.raises(errors.CheckViolation, match="time_spent"):
            connection.execute(call, values)


def test_usage_counts_by_template(connection: Connection, ids: Ids) -> None:
    """The seeded form was viewed and filled; then come three events that name no form."""
    for action in ("viewed", "filled", "submitted"):
        connection.execute("SELECT record_template_usage(%s, %s, %s)", [ids["template"], ids["contractor"], action])
    stats = "SELECT template_name, trade::text, views, fills, submissions FROM get_contractor_template_stats(%s)"
    assert one(connection, stats, ids["contractor"]) == ("lead_intake", "hvac", 2, 2, 1)
    analytics = "SELECT unique_contractors, views, fills, submissions, edits, exports FROM template_usage_analytics"
    assert one(connection, analytics) == (1, 2, 2, 1, 0, 0)


@pytest.mark.parametrize("email", ["x@y.example", None])
def test_a_contractor_is_unique_by_name_and_email(connection: Connection, email: str | None) -> None:
    insert = "INSERT INTO mep_contractor_configs (contractor_name, contractor_email) VALUES ('Firm', %s)"
    connection.execute(insert, [email])
    with pytest.raises(errors.UniqueViolation, match="one_per_contractor"):
        connection.execute(insert, [email])


def test_a_contractor_has_its_id_twice_and_a_creator(connection: Connection, ids: Ids) -> None:
    query = "SELECT contractor_id = id, created_by = current_user FROM mep_contractor_configs"
    assert one(connection, query) == (True, True)
    connection.execute("""SET LOCAL request.jwt.claims = '{"email": "x@y.example"}'""")
    insert = "INSERT INTO mep_contractor_configs (contractor_name) VALUES ('Firm') RETURNING created_by"
    assert one(connection, insert) == "x@y.example"


@pytest.mark.parametrize(("enabled", "count"), [(None, 0), ([], 0), (["lead_intake", "site_survey"], 2)])
def test_enabled_templates_are_counted(connection: Connection, ids: Ids, enabled: list[str] | None, count: int) -> None:
    connection.execute("UPDATE mep_contractor_configs SET templates_enabled = %s::text[]", [enabled])
    assert one(connection, "SELECT template_enabled_count FROM contractor_summary") == count


def test_submissions_are_counted_by_their_status(connection: Connection, ids: Ids) -> None:
    for status in ("draft", "submitted", "submitted"):
        connection.execute(
            "SELECT create_form_submission(%s, %s, 'F', '{}', NULL, %s)", [ids["template"], ids["contractor"], status]
        )
    query = """
        SELECT total_submissions, draft_submissions, submitted_submissions, approved_submissions,
            last_submission_at = now()
        FROM contractor_summary
    """
    assert one(connection, query) == (4, 2, 2, 0, True)


@pytest.mark.parametrize("name", ["Lead Intake", "lead-intake", "", "_lead", "lead_intake"])
def test_a_templates_name_is_a_unique_slug(connection: Connection, ids: Ids, name: str) -> None:
    with pytest.raises((errors.CheckViolation, errors.UniqueViolation)):
        connection.execute("INSERT INTO templates (name, display_name, trade) VALUES (%s, 'X', 'hvac')", [name])


def test_a_full_template_nests_groups_and_fields_in_order(connection: Connection, ids: Ids) -> None:
    connection.execute(
        "INSERT INTO template_groups (template_id, name, display_order) VALUES (%s, 'First', 0)", [ids["template"]]
    )
    full = one(connection, "SELECT get_template_full('lead_intake')")
    assert (full["trade"], full["phase"]) == ("hvac", "sales")
    assert [(group["name"], [field["name"] for field in group["fields"]]) for group in full["groups"]] == [
        ("First", []),
        ("Customer", ["customerName"]),
    ]
    assert one(connection, "SELECT get_template_full('unknown')") is None
    summary = "SELECT group_count, field_count, required_field_count FROM template_summary"
    assert one(connection, summary) == (2, 1, 0)


@pytest.mark.parametrize(("kind", "options"), [("Single select", []), ("Multiple select", []), ("Date", [])])
def test_a_field_has_a_known_type_and_a_select_has_options(
    connection: Connection, ids: Ids, kind: str, options: list[str]
) -> None:
    with pytest.raises(errors.CheckViolation):
        connection.execute("UPDATE template_fields SET field_type = %s, options = %s", [kind, options])
