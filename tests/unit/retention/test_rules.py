"""For how long things are kept: what the settings take, and which moment divides what goes from what stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assets.errors import SettingsError
from assets.retention.rules import Keep, limit
from orchestration import settings

NAMES = ("MEP_KEEP_EVENTS_DAYS", "MEP_KEEP_FILES_DAYS", "MEP_KEEP_LOG_DAYS")
NOW = datetime(2028, 3, 1, 9, 30, tzinfo=UTC)


def test_much_is_kept_unless_somebody_says_otherwise() -> None:
    assert settings.keep({}) == Keep(events=90, files=180, log=730)
    assert settings.keep(dict(zip(NAMES, ("30", "0", "36500"), strict=True))) == Keep(events=30, files=0, log=36_500)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["1", "29", "36501", "-1", "1.5", "ninety", "999999999"])
def test_what_cannot_be_meant_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings.keep({name: value})


@pytest.mark.parametrize(("days", "expected"), [(1, datetime(2028, 2, 29, 9, 30, tzinfo=UTC)), (0, None)])
def test_the_limit_is_so_many_days_ago(days: int, expected: datetime | None) -> None:
    assert limit(days, NOW) == expected


def test_all_is_kept_only_where_nothing_goes() -> None:
    assert Keep(0, 0, 0).for_ever
    assert not any(keep.for_ever for keep in (Keep(30, 0, 0), Keep(0, 30, 0), Keep(0, 0, 30)))
