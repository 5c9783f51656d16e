"""How text and moments are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from assets.text import minute


def test_a_moment_is_shown_in_utc_whatever_zone_a_database_gives_it_in() -> None:
    in_denver = datetime(2026, 11, 22, 16, 37, 59, tzinfo=timezone(timedelta(hours=-7)))
    assert minute(in_denver) == minute(in_denver.astimezone(UTC)) == "2026-11-22 23:37 UTC"
