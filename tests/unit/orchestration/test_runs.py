"""What opening Dagster's instance leaves behind in this process."""

from __future__ import annotations

import logging

import pytest

from assets.database import DatabaseUnreachable
from orchestration import runs


def test_logs_are_kept_quiet_only_while_the_instance_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    level, heard = root.level, []

    def fail(_url: str | None) -> None:
        heard.append(root.level)
        raise DatabaseUnreachable("nobody there")

    monkeypatch.setattr(runs, "prepare_instance", fail)
    with (
        pytest.raises(DatabaseUnreachable, match="nobody there"),
        runs.instance("postgresql://nobody@127.0.0.1:1/none"),
    ):
        pytest.fail("an instance without a database")
    assert heard == [logging.CRITICAL]
    assert root.level == level < logging.CRITICAL
