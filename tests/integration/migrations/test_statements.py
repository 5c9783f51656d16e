"""A migration's text is split where PostgreSQL would split it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.migrations.statements import UnterminatedError, split
from tests.integration.migrations.conftest import Conn

if TYPE_CHECKING:
    pass


# What the splitter could take for something else.
FRAGMENTS = [
    "a",
    " as a",
    "E'",
    "'",
    '"',
    "$$",
    "$a$",
    "--",
    "\n--x\n",
    "/*",
    "*/",
    ";",
    "\\",
    " ",
    "\n",
    "1",
    "(",
    ")",
]


FRAGMENTS += ["'x'", ";SELECT 1", "\n;SELECT E'\\'"]


@settings(max_examples=1000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_postgresql_sees_the_same_statements(conn: Conn, text: str) -> None:
    """Ask the server, which names several commands and literals without end when sent one text."""
    text = f"SELECT 'a'{text}"
    whole = verdict(conn, text)
    try:
        pieces = [piece.text for piece in split(text) if piece.code is not None]
    except UnterminatedError:
        assert whole not in {"accepted", "several"}
        return
    assert whole != "unterminated"
    assert (len(pieces) > 1) if whole == "several" else (len(pieces) == 1 or whole == "refused")
    assert not {"several", "unterminated"} & {verdict(conn, piece) for piece in pieces}


def verdict(conn: Conn, text: str) -> str:
    try:
        conn.execute(text.encode(), binary=True)  # binary results need the protocol that takes one command only
    except psycopg.Error as exc:
        message = str(exc)
        return "several" if "multiple commands" in message else re.findall("unterminated|$", message)[0] or "refused"
    return "accepted"
