"""The sample forms, filled, submitted and approved through the functions that a contractor's front end calls.

What belongs here: what `samples/forms.json` says of them. What does not: any rule of forms, which the database keeps.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection

REVIEWER = "demo"
_FILL = """
    SELECT create_form_submission(t.id, c.id, %(title)s, %(data)s, %(by)s)
    FROM templates AS t CROSS JOIN mep_contractor_configs AS c
    WHERE
        t.name = %(template)s AND c.slug = %(contractor)s
        AND NOT EXISTS (
            SELECT FROM mep_form_submissions AS s
            WHERE s.template_id = t.id AND s.contractor_config_id = c.id AND s.form_title = %(title)s
        )
"""


def fill(conn: Connection[Any], file: Path) -> int:
    """Fill the sample forms that are not there yet, each in a transaction; return how many those were.

    Args:
        conn: In autocommit mode, as the service role or the owner.
        file: `samples/forms.json`: contractor, template, title, by, data, and what becomes of the form.
    """
    return sum(_fill(conn, form) for form in json.loads(file.read_text(encoding="utf-8")))


def _fill(conn: Connection[Any], form: dict[str, Any]) -> bool:
    with conn.transaction():
        filled = conn.execute(_FILL, {**form, "data": Jsonb(form["data"])}).fetchone()
        if filled is None:
            return False
        if form["becomes"] == "approved":
            conn.execute("SELECT submit_form_submission(%s)", filled)
            conn.execute("SELECT approve_form_submission(%s, %s)", [*filled, REVIEWER])
    return True
