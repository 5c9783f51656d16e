"""The project's own migrations, up and down."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from orchestration.migrations import down, up
from tests.conftest import MIGRATIONS
from tests.integration.migrations.conftest import Conn, relations

if TYPE_CHECKING:
    from pathlib import Path


def test_the_projects_own_migrations_go_up_down_and_up_again(conn: Conn) -> None:
    before = relations(conn)
    applied = up(conn, MIGRATIONS)
    assert applied
    assert up(conn, MIGRATIONS) == []
    migrated = relations(conn)
    assert down(conn, MIGRATIONS) == applied[::-1]
    assert relations(conn) == before
    assert up(conn, MIGRATIONS) == applied
    assert relations(conn) == migrated


def test_the_projects_own_migrations_roll_back_one_at_a_time(conn: Conn, tmp_path: Path) -> None:
    shutil.copy(MIGRATIONS / "shim.sql", tmp_path)
    for number, path in enumerate(sorted(MIGRATIONS.glob("[0-9]*.sql")), start=1):
        shutil.copy(path, tmp_path)
        before = relations(conn)
        applied = up(conn, tmp_path)
        assert len(applied) == 1
        assert down(conn, tmp_path, to=number - 1) == applied
        assert relations(conn) == before
        assert up(conn, tmp_path) == applied
