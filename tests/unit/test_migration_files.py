"""Migration files as text: names, sections, statements, and when two texts are the same SQL."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.migrations import (
    DuplicateNumberError,
    MalformedMigrationError,
    MigrationGapError,
    MissingDownSectionError,
)
from orchestration.migrations.files import read_folder, read_shim
from orchestration.migrations.statements import UnterminatedError, fingerprint, split

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOWN = "\n-- Down Migration\n-- DROP TABLE a;\n"

# One statement each, however many semicolons they hold.
WHOLE = [
    "SELECT ';'",
    "SELECT 'it''s; fine'",
    r"SELECT 'C:\'",
    r"SELECT E'it\'s; fine'",
    r"SELECT e'\\'",
    "SELECT E'a'\n  -- and; more\n  'it\\'s; fine'",
    "SELECT U&'d\\0061t;'",
    'SELECT ";" FROM "a""b;"',
    "SELECT $$;$$",
    "SELECT $body$ ; $$ ; $other$ ; $body$",
    "SELECT $ü1$;$ü1$",
    "SELECT a$b$c FROM t",
    "SELECT $1",
    "SELECT 1$x$;$x$",
    "SELECT 1 -- one; 'two",
    "SELECT 1 /* one; /* two; */ 'three; */",
    "SELECT /*/ ; */ 1",
    "SELECT (1; 2)",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END",
    "create function f() returns int begin /* ; */\n atomic select 1; end",
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END; $$",
    "SELECT begin, 'atomic' AS atomic FROM t",
]
# Layout that changes nothing, wherever two tokens meet.
FILLERS = [" ", "\n", "\t\n  ", "/* ; ' */", '/* a /* b */ " */', "-- it's; $$\n", "\r\n"]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write files, given as `name=text` with the extension left off, and give their folder."""

    def write(files: dict[str, str | bytes]) -> Path:
        for name, text in files.items():
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return write


@pytest.mark.parametrize("statement", WHOLE)
def test_a_semicolon_inside_a_statement_does_not_end_it(statement: str) -> None:
    end = "\n" if "--" in statement else ""
    found = split(f"{statement}{end};SELECT 'next'")
    assert [each.text for each in found] == [statement, "SELECT 'next'"]


@given(st.lists(st.sampled_from([each for each in WHOLE if "-- one" not in each])))
def test_split_gives_back_what_was_joined(statements: list[str]) -> None:
    assert [each.text for each in split(";\n".join(statements))] == statements


@given(st.text(alphabet="aE$'\"-/*;()\\ \nü1"))
def test_split_loses_nothing_but_semicolons_and_white_space(sql: str) -> None:
    try:
        statements = split(sql)
    except UnterminatedError:
        return
    lost = str.maketrans("", "", "; \n")
    assert "".join(each.text for each in statements).translate(lost) == sql.translate(lost)
    for statement in statements:
        assert statement.text.split("\n")[0] in sql.split("\n")[statement.line - 1]


def test_empty_statements_are_left_out() -> None:
    assert [each.text for each in split(";; SELECT 1 ;\n; ")] == ["SELECT 1"]


def test_comments_stay_with_the_statement_that_follows() -> None:
    first, second, last = split("-- one\nSELECT 1;\n\n-- two\n/* more */ SELECT 2;\n-- the end")
    assert (first.text, first.line, first.line_at(None)) == ("-- one\nSELECT 1", 1, 2)
    assert (second.line, second.line_at(None)) == (4, 5)
    assert (last.text, last.line, last.code) == ("-- the end", 6, None)


def test_a_position_becomes_a_line() -> None:
    (statement,) = split("\n\n-- ünï\nSELECT 1,\n  nope\n")
    assert statement.line_at(statement.text.index("nope") + 1) == 5
    assert statement.line_at(1) == 3


def test_a_statement_is_known_by_its_first_words() -> None:
    (statement,) = split("/* COMMIT */ prepare\n-- x\n transaction 'a'")
    assert statement.words(2) == ("PREPARE", "TRANSACTION")


@pytest.mark.parametrize("opening", ["'a", 'SELECT "a', "$$ a $", "$x$ a $y$", "/* a /* b */", r"E'a\'"])
def test_what_never_ends_is_refused_with_its_line(opening: str) -> None:
    with pytest.raises(UnterminatedError) as caught:
        split(f"SELECT 1;\n\n{opening}; SELECT 2;\n")
    assert caught.value.line == 3


def test_a_long_literal_without_end_is_refused_at_once() -> None:
    started = time.monotonic()
    with pytest.raises(UnterminatedError):
        split("SELECT E'" + "ab\\'" * 200_000)
    assert time.monotonic() - started < 2


@given(st.lists(st.sampled_from([each for each in WHOLE if "-- one" not in each]), min_size=1), st.data())
def test_layout_comments_and_splitting_do_not_change_the_fingerprint(
    statements: list[str], data: st.DataObject
) -> None:
    fill = st.lists(st.sampled_from(FILLERS)).map("".join)
    laid_out = ";".join(f"{data.draw(fill)}{each}{data.draw(fill)}" for each in statements)
    recorded = [each.text for each in split(laid_out)]
    assert fingerprint("\n;\n".join(recorded)) == fingerprint(";\n".join(statements))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT 1", "SELECT 2"),
        ("SELECT 'a  b'", "SELECT 'a b'"),
        ("SELECT ab", "SELECT a b"),
        ("SELECT 'a''b'", "SELECT 'a' 'b'"),
        ("SELECT $$ a -- x\n$$", "SELECT $$ a \n$$"),
        ('SELECT "a"', 'SELECT "A"'),
        ("SELECT '-- a'", "SELECT '-- b'"),
        ("SELECT 1", "SELECT 1; SELECT 'open"),
    ],
)
def test_a_real_change_changes_the_fingerprint(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_line_ends_inside_a_literal_are_the_editors_own() -> None:
    assert fingerprint("SELECT $$a\r\nb$$;\r\n") == fingerprint("SELECT $$a\nb$$;\n")


def test_a_folder_is_read_in_order(write: Callable[..., Path]) -> None:
    folder = write(
        {
            "002_more.sql": "CREATE TABLE b ();\n-- Down Migration\n--\n-- DROP TABLE b;\n-- -- why\n",
            "001_first_one.sql": "CREATE TABLE a ();" + DOWN,
            "shim.sql": "SELECT 1;",
            "README.md": "no migration",
            "._001_first_one.sql": b"\0\0",
        }
    )
    first, second = read_folder(folder)
    assert (first.version, first.number, first.name) == ("001", 1, "first_one")
    assert [each.text for each in first.statements] == [
        "CREATE TABLE a ()",
        "-- Down Migration\n-- DROP TABLE a;",
    ]
    assert [each.text for each in first.down] == ["DROP TABLE a"]
    assert [(each.text, each.line) for each in second.down if each.code is not None] == [("DROP TABLE b", 4)]
    assert [each.text for each in read_shim(folder)] == ["SELECT 1"]


def test_a_folder_without_a_shim_is_meant_for_supabase(write: Callable[..., Path]) -> None:
    assert read_shim(write({})) == ()


def test_a_byte_order_mark_and_windows_line_ends_are_read_over(write: Callable[..., Path]) -> None:
    text = b"\xef\xbb\xbfSELECT 1,\r\n2;\r\n-- Down Migration\r\n-- SELECT 3;\r\n"
    (migration,) = read_folder(write({"001_a.sql": text}))
    assert migration.statements[0].text == "SELECT 1,\n2"
    assert [each.text for each in migration.down] == ["SELECT 3"]


def test_a_change_in_the_down_section_is_no_change(write: Callable[..., Path]) -> None:
    (before,) = read_folder(write({"001_a.sql": "SELECT 1;" + DOWN}))
    (after,) = read_folder(write({"001_a.sql": "SELECT 1;" + DOWN + "-- DROP TABLE b;"}))
    assert before.fingerprint == after.fingerprint


@pytest.mark.parametrize(
    "name",
    ["1_a.sql", "0001_a.sql", "001-a.sql", "001_.sql", "001_A.sql", "a.sql", "001_a.SQL", "001_a b.sql"],
)
def test_a_malformed_name_is_refused(write: Callable[..., Path], name: str) -> None:
    with pytest.raises(MalformedMigrationError, match="not a migration's name"):
        read_folder(write({name: "SELECT 1;" + DOWN}))


def test_two_files_of_one_number_are_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(DuplicateNumberError, match=r"001_a\.sql and 001_b\.sql"):
        read_folder(write({"001_b.sql": "SELECT 1;" + DOWN, "001_a.sql": "SELECT 1;" + DOWN}))


@pytest.mark.parametrize(("names", "missing"), [(["002_b"], "001"), (["001_a", "003_c"], "002"), (["000_a"], "001")])
def test_a_missing_number_is_refused(write: Callable[..., Path], names: list[str], missing: str) -> None:
    with pytest.raises(MigrationGapError, match=f"number {missing} is missing"):
        read_folder(write({f"{name}.sql": "SELECT 1;" + DOWN for name in names}))


@pytest.mark.parametrize("end", ["", "\n-- Down Migration\n", "\n-- Down Migration\n-- -- nothing\n", "\n-- down\n"])
def test_a_file_without_a_down_section_is_refused(write: Callable[..., Path], end: str) -> None:
    with pytest.raises(MissingDownSectionError, match=r"001_a\.sql: no Down section"):
        read_folder(write({"001_a.sql": "SELECT 1;" + end}))


@pytest.mark.parametrize("line", ["DROP TABLE a;", "--DROP TABLE a;", " -- DROP TABLE a;"])
def test_a_down_section_that_is_no_comment_is_refused(write: Callable[..., Path], line: str) -> None:
    with pytest.raises(MalformedMigrationError, match=r"001_a\.sql, line 5: the Down section is comments"):
        read_folder(write({"001_a.sql": f"SELECT 1;{DOWN}\n{line}\n"}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"SELECT '\xff';" + DOWN.encode(), "not UTF-8 at byte 8"),
        (b"SELECT 1;\nSELECT '\0';" + DOWN.encode(), "line 2: a NUL character"),
        (b"SELECT 1;\nSELECT 'a;" + DOWN.encode(), "line 2: a quote or comment begins here"),
        (b"SELECT 1;\n-- Down Migration\n-- SELECT 'a;", "line 3: a quote or comment begins here"),
    ],
)
def test_a_file_that_cannot_be_sql_is_refused(write: Callable[..., Path], text: bytes, message: str) -> None:
    with pytest.raises(MalformedMigrationError, match=rf"001_a\.sql.*{message}"):
        read_folder(write({"001_a.sql": text}))


@pytest.mark.parametrize(
    "command",
    [
        "BEGIN",
        "start transaction",
        "COMMIT",
        "END",
        "rollback",
        "ABORT",
        "/* */ Commit AND CHAIN",
        "PREPARE TRANSACTION 'a'",
        "COPY a FROM stdin",
    ],
)
def test_a_command_that_does_not_belong_in_a_migration_is_refused(write: Callable[..., Path], command: str) -> None:
    with pytest.raises(MalformedMigrationError, match=r"line 2: .* in a migration; take it out"):
        read_folder(write({"001_a.sql": f"SELECT 1;\n{command};" + DOWN}))


def test_a_prepared_statement_is_no_transaction_command(write: Callable[..., Path]) -> None:
    assert read_folder(write({"001_a.sql": "PREPARE x AS SELECT 1;" + DOWN}))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedMigrationError, match="no such folder"):
        read_folder(tmp_path / "nowhere")
