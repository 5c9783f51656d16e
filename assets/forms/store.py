"""The SQL of forms that contractors filled: finding them, showing them, and a reviewer's word on them.

What belongs here: what a person asks and decides about forms. What does not: their rules, which the database keeps for
every writer (migration 011), and their way to Coperniq (`exporting`). Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import errors
from psycopg.rows import class_row

from assets.errors import PipelineError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection

STATUSES = ("draft", "submitted", "approved", "rejected", "archived")
SHORT_ID = 8
"""Characters of an id that are enough to name a form."""


class FormError(PipelineError):
    """Say why a form is not found, or not reviewed."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that a contractor filled.

    Attributes:
        contractor: The contractor's slug; its name where it has none.
        number: 1, 2, 3 … within contractor and template.
        revision: 0 for an original, else how often it was revised.
        export: How far it is on its way to Coperniq: pending, success, failed; None until then.
        export_id: Coperniq's id of its main record.
        export_reason: Why it failed or waits, in words.
        is_replaced: Whether a revision of it was approved, which goes in its place.
    """

    id: UUID
    contractor: str
    template: str
    number: int
    title: str
    status: str
    submitted_by: str | None
    parent_id: UUID | None
    revision: int
    reviewed_by: str | None
    review_reason: str | None
    export: str | None
    export_id: str | None
    export_reason: str | None
    is_replaced: bool
    created_at: datetime
    submitted_at: datetime | None
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps a form from being submitted; the problem is a sentence, which may quote the answer."""

    field: str
    rule: str
    problem: str


_SELECT = """
    SELECT
        s.id, coalesce(c.slug, c.contractor_name) AS contractor, t.name AS template, s.submission_number AS number,
        s.form_title AS title, s.status::TEXT AS status, s.submitted_by, s.parent_submission_id AS parent_id,
        s.revision_count AS revision, s.reviewed_by, s.review_reason, s.coperniq_import_status AS export,
        s.coperniq_import_id AS export_id, s.coperniq_import_error AS export_reason,
        form_is_replaced(s.id) AS is_replaced,
        s.created_at, s.submitted_at, s.approved_at
    FROM mep_form_submissions AS s
    INNER JOIN mep_contractor_configs AS c ON s.contractor_config_id = c.id
    INNER JOIN templates AS t ON s.template_id = t.id
"""


def of_contractor(conn: Connection[Any], contractor_id: UUID, status: str | None) -> list[Form]:
    """List a contractor's forms, all or those of a status, the latest first."""
    with conn.cursor(row_factory=class_row(Form)) as cursor:
        return cursor.execute(
            f"{_SELECT} WHERE s.contractor_config_id = %(id)s AND s.status::TEXT = coalesce(%(status)s, s.status::TEXT)"
            " ORDER BY s.created_at DESC, s.submission_number DESC",
            {"id": contractor_id, "status": status},
        ).fetchall()


def find(conn: Connection[Any], beginning: str) -> Form:
    """Return the one form whose id begins so.

    Raises:
        FormError: When none does, several do, or too little of an id is given.
    """
    if len(beginning) < SHORT_ID:
        raise FormError(f'"{beginning}" is too short: give at least {SHORT_ID} characters of the form\'s id.')
    with conn.cursor(row_factory=class_row(Form)) as cursor:
        found = cursor.execute(f"{_SELECT} WHERE starts_with(s.id::TEXT, lower(%s)) LIMIT 2", [beginning]).fetchall()
    if not found:
        raise FormError(f'No form has an id that begins with "{beginning}": `mep form list CONTRACTOR` prints them.')
    if len(found) > 1:
        raise FormError(f'Several forms have an id that begins with "{beginning}": give more of it.')
    return found[0]


def faults(conn: Connection[Any], form: Form) -> list[Fault]:
    """Return what `check_form_data` finds in a form's answers now."""
    with conn.cursor(row_factory=class_row(Fault)) as cursor:
        return cursor.execute(
            """
            SELECT f.field, f.rule, f.problem
            FROM mep_form_submissions AS s CROSS JOIN LATERAL check_form_data(s.template_id, s.form_data) AS f
            WHERE s.id = %s
            """,
            [form.id],
        ).fetchall()


def approve(conn: Connection[Any], form: Form, by: str) -> bool:
    """Approve a form; False where it was approved already.

    Raises:
        FormError: When it is not submitted.
    """
    return _review(conn, "SELECT approve_form_submission(%s, %s)", form, by)


def reject(conn: Connection[Any], form: Form, by: str, reason: str) -> bool:
    """Reject a form with a reason that its contractor reads; False where it was rejected already.

    Raises:
        FormError: When it is not submitted, or the reason is blank.
    """
    return _review(conn, "SELECT reject_form_submission(%s, %s, %s)", form, by, reason)


def _review(conn: Connection[Any], call: str, form: Form, *values: str) -> bool:
    try:
        row = conn.execute(call.encode(), [form.id, *values]).fetchone()
    except errors.CheckViolation as error:
        # The message is the database's own: it names the form and its status, no answer.
        raise FormError(error.diag.message_primary or "The form cannot be reviewed.") from None
    return bool(row and row[0])
