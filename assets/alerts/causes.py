"""The causes of alerts: what each is called, what to do about it, and whether it lasts or happens once.

What belongs here: words, and what an alert is made of. What does not: finding causes (the concepts' own stores), tables
(`store`) and the form of a message (`messages`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from assets.catalogue import TYPES
from assets.text import one_line

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

REASON = 400
"""Characters of a reason that are shown."""
_FIELDS = {field.name for record_type in TYPES for field in record_type.fields}
_QUOTED = re.compile('"([^"]*)"')
# An e-mail address; ten digits and more, but for a date and a time.
_CONTACT = re.compile(r"[^\s@<>()]+@[^\s@<>()]+|(?<!\d)(?!\d{4}-\d\d-\d\d)\+?\d(?:[\s().-]{0,3}\d){9,}")


class Cause(StrEnum):
    """Why somebody has to hear of something."""

    IMPORT_FAILED = "import_failed"
    REJECTED_SHARE = "rejected_share"
    CONSERVATION = "conservation"
    STUCK = "stuck"
    WAITING = "waiting"
    LINEAGE = "lineage"
    DRIFT = "drift"
    DBT_TESTS = "dbt_tests"
    RUN_FAILED = "run_failed"
    KEY_REFUSED = "key_refused"
    QUOTA = "quota"
    UNKNOWN_FOLDER = "unknown_folder"
    FILE_REFUSED = "file_refused"
    INBOX_UNREADABLE = "inbox_unreadable"


@dataclass(frozen=True, slots=True)
class Advice:
    """What a cause is called, and what to do about it.

    Attributes:
        title: A few words.
        to_do: A sentence or two.
        lasts: Whether it is a state, which is over one day, rather than something that happened.
    """

    title: str
    to_do: str
    lasts: bool = False


ADVICE = {
    Cause.IMPORT_FAILED: Advice(
        "An import failed", "Mend what the reason names, and put the file into the inbox again. No row of it was taken."
    ),
    Cause.REJECTED_SHARE: Advice(
        "Too many rows were rejected",
        "Have the rejected rows corrected and sent again; the others are on their way. `mep contractor set SLUG "
        "--rejected-share 0.2` sets another threshold.",
    ),
    Cause.CONSERVATION: Advice(
        "An import does not add up",
        "Rows are lost or doubled behind the pipeline's back, and the run has sent nothing. Find who wrote to "
        "csv_import_records, then restore the rows or undo the import with `mep rollback`.",
    ),
    Cause.STUCK: Advice(
        "Something is stuck",
        "No run works on it. `mep import SLUG` goes on with it; if it stays, look at the contractor's last runs.",
        lasts=True,
    ),
    Cause.WAITING: Advice(
        "Rows wait for longer than a day",
        "Import what they wait for; `mep contractor show SLUG` lists imports, `mep resolve` what is in doubt.",
        lasts=True,
    ),
    Cause.LINEAGE: Advice(
        "Sent rows have no lineage",
        "Rows of data_lineage were deleted: restore them from a backup, as rollbacks and audits need them.",
    ),
    Cause.DRIFT: Advice(
        "Coperniq differs from what was sent",
        "Somebody changed, deleted or added records there: `mep sync-check SLUG` compares again and counts them; "
        "coperniq_findings names them.",
        lasts=True,
    ),
    Cause.DBT_TESTS: Advice(
        "Data tests failed", "Open the run: each failed check of a view says which rule its data breaks."
    ),
    Cause.RUN_FAILED: Advice(
        "A run failed", "Open the run for the step and its error; the next run goes on where this one ended."
    ),
    Cause.KEY_REFUSED: Advice(
        "Coperniq refuses the API key", "Set COPERNIQ_API_KEY to a valid key and restart; what is to be sent waits."
    ),
    Cause.QUOTA: Advice(
        "The day's requests are used up",
        "Nothing has to be done: sending goes on by itself. If it happens daily, ask Coperniq for a larger quota.",
        lasts=True,
    ),
    Cause.UNKNOWN_FOLDER: Advice(
        "A folder of the inbox belongs to no contractor",
        "Register the contractor with `mep contractor add`, or rename the folder after a contractor's slug.",
        lasts=True,
    ),
    Cause.FILE_REFUSED: Advice(
        "A file was refused",
        "What could not even be registered is tried again by itself within four hours, and at once by `mep import "
        "SLUG`: mend what the reason names.",
        lasts=True,
    ),
    Cause.INBOX_UNREADABLE: Advice(
        "The inbox cannot be read",
        "Nothing that arrives is taken until it can be: mend what the reason names. It is looked at again by itself.",
        lasts=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """What somebody has to hear of. One subject has one alert of a cause, however often it is raised.

    Attributes:
        cause: Why.
        kind: What it is about: `import`, `contractor`, `folder` …
        subject: Which one: an id or a slug.
        said: What happened, in a sentence. Holds no row's values; names of files may stand in it as they are.
        records: How many rows it is about; None where it is about none.
        contractor_id: Whose matter it is, where it is one contractor's.
        run_id: Dagster's run that found it.
    """

    cause: Cause
    kind: str
    subject: str
    said: str
    records: int | None = None
    contractor_id: UUID | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An alert as the table has it, with its contractor's slug."""

    id: UUID
    cause: str
    kind: str
    subject: str
    slug: str | None
    said: str
    records: int | None
    run_id: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    closed_at: datetime | None
    sent_at: datetime | None
    attempts: int


def without_personal_data(reason: str) -> str:
    """Return a reason in one line, cut, and without what it quotes from a file, e-mail addresses and phone numbers.

    Files without a header have a person's row in its place, and reasons quote headers. Names of Coperniq's fields stay.
    """
    quoted = _QUOTED.sub(lambda found: found[0] if found[1] in _FIELDS else '"…"', one_line(reason, 10 * REASON))
    return one_line(_CONTACT.sub("…", quoted), REASON)
