"""Telling: each alert goes out once, a webhook that fails is tried again, and its address stays secret."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from assets.alerts import store, webhook
from assets.alerts.causes import Alert, Cause
from assets.alerts.delivering import Places, deliver
from assets.alerts.webhook import Refused, Webhook
from assets.database import Database
from tests.integration.alerts.receiver import SECRET, Receiver, dripping

if TYPE_CHECKING:
    from psycopg import Connection

FAILED = Alert(Cause.IMPORT_FAILED, "import", str(uuid4()), "contacts.csv: it is empty")
WAITING = Alert(Cause.WAITING, "contractor", "acme", "Contact: waiting for being sent (3)", 3)
PLACES = Places("http://ui.example:3000", Path("/nowhere"), lambda slug: f"run-of-{slug}")


def tell(conn: Connection[Any], receiver: Receiver) -> tuple[int, str | None]:
    sent, refused = deliver(conn, Webhook(receiver.url), PLACES)
    return sent, refused and refused.why


def later(conn: Connection[Any], seconds: float) -> None:
    """Let time pass: every time in the table moves back."""
    conn.execute(
        """
        UPDATE alerts SET
            first_seen_at = first_seen_at - make_interval(secs => %(s)s),
            sent_at = sent_at - make_interval(secs => %(s)s),
            last_seen_at = last_seen_at - make_interval(secs => %(s)s),
            closed_at = closed_at - make_interval(secs => %(s)s),
            next_attempt_at = next_attempt_at - make_interval(secs => %(s)s)
        """,
        {"s": seconds},
    )


def test_what_is_raised_again_and_again_is_told_once(conn: Connection[Any], receiver: Receiver) -> None:
    for _ in range(3):
        store.raise_alerts(conn, [FAILED, FAILED])
        tell(conn, receiver)
    assert receiver.texts == ["An import failed: contacts.csv: it is empty"]
    (kept,) = store.every(conn, closed=True, most=9)
    assert (kept.attempts, kept.sent_at is not None, kept.closed_at) == (1, True, None)


def test_a_webhook_that_fails_is_tried_again_after_growing_pauses(conn: Connection[Any], receiver: Receiver) -> None:
    store.raise_alerts(conn, [FAILED])
    receiver.answers = [500, 503, 302]
    for pause in (30, 60, 120):
        sent, refused = tell(conn, receiver)
        assert (sent, str(refused).startswith("the webhook answers ")) == (0, True)
        later(conn, pause - 5)
        assert tell(conn, receiver) == (0, None), "the pause is not over"
        later(conn, 6)
    assert tell(conn, receiver) == (1, None)
    later(conn, 3_600)
    assert tell(conn, receiver) == (0, None)
    assert len(receiver.posts) == 4


def test_the_pause_never_exceeds_an_hour(conn: Connection[Any], receiver: Receiver) -> None:
    store.raise_alerts(conn, [FAILED])
    conn.execute("UPDATE alerts SET attempts = 5000")
    receiver.answers = [500]
    tell(conn, receiver)
    assert conn.execute("SELECT next_attempt_at <= now() + INTERVAL '1 hour' FROM alerts").fetchone() == (True,)


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"ok"), (b"", b"H")],
    ids=["headers", "body", "status"],
)
def test_a_webhook_that_never_ends_its_answer_holds_nobody_up(
    begins: bytes, goes_on: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "ANSWER_SECONDS", 0.3)
    with dripping(begins, goes_on) as url:
        began = time.monotonic()
        assert Webhook(url).post({"text": "x"}) == Refused("the webhook does not answer (TimeoutError)")
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"ok": false, "error": "channel_not_found"}', " (channel_not_found)"),
        (b'{"ok": false, "error": "T000-B000-xyzSECRETxyz"}', ""),
        (b'{"ok": false}', ""),
    ],
)
def test_an_answer_that_says_no_is_one(conn: Connection[Any], receiver: Receiver, body: bytes, why: str) -> None:
    store.raise_alerts(conn, [FAILED])
    receiver.body = body
    assert tell(conn, receiver) == (0, f"the webhook answers 200, but not that it took it{why}")
    assert store.count_unsent(conn) == 1


@pytest.mark.parametrize("body", [b"", b'{"ok": true}', b'["ok", false]', b"[" * 5_000, b"\xff", b"x" * 100_000])
def test_any_other_answer_is_a_yes(receiver: Receiver, body: bytes) -> None:
    receiver.body = body
    assert Webhook(receiver.url).post({"text": "x"}) is None


def test_a_process_that_dies_on_the_way_leaves_the_alert_to_another(conn: Connection[Any], receiver: Receiver) -> None:
    store.raise_alerts(conn, [FAILED])
    assert len(store.claim(conn, 9)) == 1, "and nobody posts it"
    assert tell(conn, receiver) == (0, None)
    later(conn, 31)
    assert tell(conn, receiver) == (1, None)


def test_two_processes_do_not_tell_the_same(conn: Connection[Any], receiver: Receiver) -> None:
    store.raise_alerts(conn, [replace(FAILED, subject=str(uuid4())) for _ in range(20)])
    url = conn.info
    other = Database(f"postgresql://{url.user}:{url.password}@{url.host}:{url.port}/{url.dbname}")
    with other.connect() as second, conn.transaction():
        mine = store.claim(conn, 10)
        theirs = store.claim(second, 100)
    assert len({alert.id for alert in [*mine, *theirs]}) == len(mine) + len(theirs) == 20


def test_each_cause_is_a_message_of_its_own(conn: Connection[Any], receiver: Receiver) -> None:
    store.raise_alerts(conn, [FAILED, replace(FAILED, subject=str(uuid4())), WAITING])
    assert tell(conn, receiver) == (3, None)
    assert sorted(receiver.texts) == [
        "An import failed: contacts.csv: it is empty (and 1 more)",
        "Rows wait for longer than a day: Contact: waiting for being sent (3)",
    ]


def test_a_cause_of_an_import_is_told_once_whatever_becomes_of_it(conn: Connection[Any], receiver: Receiver) -> None:
    of_import = replace(WAITING, kind="import", subject=str(uuid4()))
    for _ in range(2):
        store.keep_current(conn, Cause.WAITING, [of_import])
        tell(conn, receiver)
        store.keep_current(conn, Cause.WAITING, [])
        assert store.every(conn, closed=False, most=9) == []
        later(conn, 2 * 86_400)
    assert len(receiver.posts) == 1


def test_what_was_over_and_comes_back_is_told_again_once_a_day(conn: Connection[Any], receiver: Receiver) -> None:
    told = []
    for hours in (0, 6, 24, 30):
        store.keep_current(conn, Cause.WAITING, [WAITING])
        told.append(tell(conn, receiver)[0])
        store.keep_current(conn, Cause.WAITING, [])
        later(conn, 3_600 * (hours + 1))
    assert told == [1, 0, 0, 1]


def test_what_lasts_is_told_once_however_long(conn: Connection[Any], receiver: Receiver) -> None:
    for number in range(3):
        store.keep_current(conn, Cause.WAITING, [replace(WAITING, said=f"Contact: {number}", records=number)])
        tell(conn, receiver)
        later(conn, 2 * 86_400)
        store.close_old(conn)
    assert receiver.texts == ["Rows wait for longer than a day: Contact: 0"]
    (kept,) = store.every(conn, closed=False, most=9)
    assert (kept.said, kept.records) == ("Contact: 2", 2)


def test_what_happens_again_is_told_once_a_day(conn: Connection[Any], receiver: Receiver) -> None:
    failed = Alert(Cause.RUN_FAILED, "job", "import acme", "import: no")
    for hours in (5, 5, 15, 5):
        store.raise_alerts(conn, [failed])
        tell(conn, receiver)
        later(conn, 3_600 * hours)
    assert len(receiver.posts) == 2


def test_what_happened_once_is_over_after_a_week(conn: Connection[Any]) -> None:
    store.raise_alerts(conn, [FAILED, WAITING])
    later(conn, 8 * 86_400)
    store.close_old(conn)
    assert [kept.cause for kept in store.every(conn, closed=False, most=9)] == ["waiting"]


def test_what_is_over_before_it_could_be_told_is_not_told(conn: Connection[Any], receiver: Receiver) -> None:
    store.keep_current(conn, Cause.WAITING, [WAITING])
    store.keep_current(conn, Cause.WAITING, [])
    assert tell(conn, receiver) == (0, None)


def test_hostile_text_is_kept_as_one_short_line(conn: Connection[Any]) -> None:
    for subject in ("\x00\ud800" + "x" * 5_000, "", "\n\n"):
        store.keep_current(
            conn, Cause.UNKNOWN_FOLDER,
            [Alert(Cause.UNKNOWN_FOLDER, "folder", subject, "<!channel>\x00\r\n" + "y" * 9_000, 1)],
        )  # fmt: skip
        (kept,) = store.every(conn, closed=False, most=9)
        assert kept.said.startswith("<!channel> yyy")
        assert kept.said.isprintable()


def test_the_links_lead_to_the_run_and_to_the_fix_file(
    conn: Connection[Any], receiver: Receiver, tmp_path: Path
) -> None:
    row = conn.execute(
        "INSERT INTO mep_contractor_configs (contractor_name, contractor_email, slug)"
        " VALUES ('Acme', 'a@x.example', 'acme') RETURNING id"
    ).fetchone()
    assert row is not None
    places = replace(PLACES, outbox=tmp_path)
    with_file, without = str(uuid4()), str(uuid4())
    fix_file = tmp_path / "acme" / with_file / "fix.csv"
    fix_file.parent.mkdir(parents=True)
    fix_file.touch()
    for subject, run in ((with_file, "abc"), (without, None)):
        store.raise_alerts(conn, [replace(FAILED, subject=subject, contractor_id=row[0], run_id=run)])
        deliver(conn, Webhook(receiver.url), places)
    first, second = (post["blocks"][1]["text"]["text"] for post in receiver.posts)
    assert "<http://ui.example:3000/runs/abc|open the run>" in first
    assert f"fix file: `{fix_file}`" in first
    assert "<http://ui.example:3000/runs/run-of-acme|open the run>" in second
    assert "fix file" not in second


def test_the_address_is_in_no_message_log_or_representation(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    posting = Webhook(receiver.url)
    receiver.answers = [404]
    refused = posting.post({"text": "x"})
    gone = Webhook(f"http://127.0.0.1:9/{SECRET}").post({"text": "x"})
    unheard = Webhook(f"http://127.0.0.1:1:2/{SECRET}").post({"text": "x"})
    assert [one and one.why.partition(" (")[0] for one in (refused, gone, unheard)] == [
        "the webhook answers 404", "the webhook does not answer", "the webhook does not answer",
    ]  # fmt: skip
    assert SECRET not in f"{caplog.text} {refused} {gone} {unheard} {posting!r}"
