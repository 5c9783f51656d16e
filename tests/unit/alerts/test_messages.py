"""What a message says, and that nothing that came from outside is more than text in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.alerts.causes import ADVICE, REASON, Cause, Kept, without_personal_data
from assets.alerts.messages import SHOWN, Told, escaped, message
from assets.text import one_line

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def kept(said: str = "contacts.csv: 3 of 10 rows were rejected", **given: object) -> Kept:
    values = {
        "id": uuid4(), "cause": "rejected_share", "kind": "import", "subject": "x", "slug": "acme", "said": said,
        "records": 3, "run_id": None, "first_seen_at": AT, "last_seen_at": AT, "closed_at": None, "sent_at": None,
        "attempts": 1,
    }  # fmt: skip
    return Kept(**{**values, **given})  # type: ignore[arg-type]


def test_a_message_says_what_happened_how_many_rows_what_to_do_and_where() -> None:
    said = message([Told(kept(), "http://localhost:3000/runs/abc", "/out/acme/x/fix.csv")])
    assert said["text"] == "Too many rows were rejected: contacts.csv: 3 of 10 rows were rejected"
    head, section, context = said["blocks"]
    assert head == {"type": "header", "text": {"type": "plain_text", "text": "Too many rows were rejected"}}
    assert section["text"]["text"] == (
        "*acme*: contacts.csv: 3 of 10 rows were rejected\n3 rows · since 2026-03-01 12:30 UTC · "
        "<http://localhost:3000/runs/abc|open the run> · fix file: `/out/acme/x/fix.csv`"
    )
    assert context["elements"][0]["text"].startswith("*What to do:* Have the rejected rows corrected")


def test_what_is_not_known_is_not_said() -> None:
    (_, section, _) = message([Told(kept(slug=None, records=None))])["blocks"]
    assert section["text"]["text"] == "contacts.csv: 3 of 10 rows were rejected\nsince 2026-03-01 12:30 UTC"


def test_many_alerts_of_a_cause_are_one_message() -> None:
    said = message([Told(kept(f"{number}.csv")) for number in range(SHOWN)], 5)
    assert said["text"] == "Too many rows were rejected: 0.csv (and 14 more)"
    assert [block["type"] for block in said["blocks"]] == ["header", *["section"] * (SHOWN + 1), "context"]
    assert said["blocks"][SHOWN + 1]["text"]["text"] == "… and 5 more alerts: `mep alerts` lists them."


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_advice_that_slack_takes(cause: Cause) -> None:
    advice = ADVICE[cause]
    assert 0 < len(advice.title) <= 150
    assert advice.to_do.endswith((".", "`"))
    assert message([Told(kept(cause=cause.value))])["blocks"][0]["text"]["text"] == advice.title


@given(st.text(), st.text())
def test_hostile_text_is_nothing_but_text_and_never_too_long(said: str, place: str) -> None:
    built = message([Told(kept(one_line(said, 1_000)), None, one_line(place, 200))] * SHOWN, 1)
    json.dumps(built).encode()
    for block in built["blocks"]:
        if block["type"] == "section":
            text = block["text"]["text"]
            assert len(text) <= 3_000
            assert block["text"]["verbatim"] is True
            assert not {"<", ">"} & set(text)
            assert all(c.isprintable() or c == "\n" for c in text)
    assert len(built["blocks"]) <= 50


def test_what_is_longer_when_it_is_escaped_still_fits() -> None:
    (_, section, _) = message([Told(kept("&" * 1_000))])["blocks"]
    assert len(section["text"]["text"]) <= 3_000
    assert section["text"]["text"].count("&amp;") == 499


def test_markup_of_slack_is_escaped() -> None:
    assert escaped("<!channel> & <http://evil.example|x>") == "&lt;!channel&gt; &amp; &lt;http://evil.example|x&gt;"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ('No column fits the field "name"; the file has "Ann Lee", "ann@x.co"', 'No column fits the field "name"; the '
         'file has "…", "…"'),
        ("call +1 (303) 555-0123 or ann.lee@example.com now", "call … or … now"),
        ("contacts_20260301.csv is no longer there", "contacts_20260301.csv is no longer there"),
        ("stuck since 2026-03-01 12:30 UTC", "stuck since 2026-03-01 12:30 UTC"),
        ("two\nlines\x00and \x1b[31mcolour\u202e", "two lines and [31mcolour"),
    ],
)  # fmt: skip
def test_a_reason_is_told_without_what_a_file_holds(reason: str, said: str) -> None:
    assert without_personal_data(reason) == said


def test_a_long_reason_is_cut() -> None:
    assert len(without_personal_data("word " * 1_000)) == REASON
