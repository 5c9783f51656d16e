"""Faulty rows: one polluted row costs exactly that row, wherever it stands and whatever follows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.csv_imports.files import blocks, headers, sources, splitting
from assets.csv_imports.files.reading import CsvFile
from assets.csv_imports.files.records import ChangedFile, UnreadableFile
from tests.unit.csv_imports.conftest import batches, put

if TYPE_CHECKING:
    from pathlib import Path

    from assets.csv_imports.files.records import Batch

HEAD = "name,email,phone,city\n"
GOOD = "Ann,a@b.co,1,Denver\n"
GOOD_OF_THREE = "Ann,a@b.co,none\n"
UNCLOSED = "The row has a quote that is not closed. Close or remove the quote."
STRAY = "The row has a quote in the middle of a quoted cell. Double or remove the quote."


def names(read: list[Batch]) -> list[str]:
    return [name for batch in read for name in batch.cells["c0"]]


def faults(read: list[Batch]) -> list[tuple[int, int, str]]:
    return [
        (row["record_number"], row["line_number"], row["problem"])
        for batch in read
        for row in batch.faults.iter_rows(named=True)
    ]


def stood(read: list[Batch]) -> list[dict[str, str]]:
    return [json.loads(text) for batch in read for text in batch.faults["record_data"]]


@pytest.mark.parametrize(
    ("row", "problem", "data"),
    [
        ('Bob,"b@c.co,2,Reno', UNCLOSED, {"name": "Bob", "email": '"b@c.co', "phone": "2", "city": "Reno"}),
        ('"Bob,b@c.co,2,Reno', UNCLOSED, {"name": '"Bob', "email": "b@c.co", "phone": "2", "city": "Reno"}),
        ('Bob,b@c.co,2,"', UNCLOSED, {"name": "Bob", "email": "b@c.co", "phone": "2", "city": '"'}),
        ('"Bob" B.,b@c.co,2,Reno', STRAY, {"name": '"Bob" B.', "email": "b@c.co", "phone": "2", "city": "Reno"}),
        ('Bob,"a "b" c",2,Reno', STRAY, {"name": "Bob", "email": '"a "b" c"', "phone": "2", "city": "Reno"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "below",
    ["", GOOD, GOOD * 300, 'Cid,"c@d.co","3","Erie, PA"\n' * 2, 'Dan,,"","two\nlines"\n', 'Eve,e@f.co,5",Reno\n'],
)  # fmt: skip
def test_a_quote_costs_its_row_alone(row: str, problem: str, data: dict[str, str], below: str, tmp_path: Path) -> None:
    _, alone = batches(put(tmp_path, HEAD + GOOD + GOOD + below), 1000)
    _, read = batches(put(tmp_path, HEAD + GOOD + row + "\n" + GOOD + below), 1000)
    assert names(read) == names(alone)
    assert faults(read) == [(2, 3, problem)]
    assert stood(read) == [data]


def test_polluted_rows_beside_each_other_are_one_fault_each(tmp_path: Path) -> None:
    _, read = batches(put(tmp_path, HEAD + GOOD + 'Bob,"b,2,Reno\nCid,"c,3,Erie\n"Dan"x,d,4,Reno\n' + GOOD))
    assert names(read) == ["Ann", "Ann"]
    assert faults(read) == [(2, 3, UNCLOSED), (3, 4, UNCLOSED), (4, 5, STRAY)]


def test_lines_behind_a_faulty_quote_that_are_no_rows_belong_to_its_row(tmp_path: Path) -> None:
    _, read = batches(put(tmp_path, HEAD + 'Bob,b,2,"he said\n"hello", and\nleft"\n' + GOOD))
    assert names(read) == ["Ann"]
    assert faults(read) == [(1, 2, UNCLOSED)]
    assert stood(read)[0]["city"] == '"he said\n"hello"'


def test_a_row_over_several_lines_with_too_few_cells_says_so(tmp_path: Path) -> None:
    _, read = batches(put(tmp_path, HEAD + 'Bob,"two\nlines",2\n' + GOOD))
    assert names(read) == ["Ann"]
    assert faults(read) == [(1, 2, "The row has too few cells: 3 where the header has 4. Align its columns.")]


def test_a_cell_with_line_breaks_is_read_whole(tmp_path: Path) -> None:
    note = "Dear Ann,\nthe pump, the fan, and the coil\n\nare here; call 303,\nplease."
    _, read = batches(put(tmp_path, HEAD + f'Bob,b@c.co,2,"{note}"\n' + GOOD))
    assert read[0].cells.row(0)[2:] == ("Bob", "b@c.co", "2", note)
    assert read[0].cells["line_number"].to_list() == [2, 7]


def test_rows_between_a_quote_that_is_not_closed_and_one_that_ends_a_cell_are_not_swallowed(tmp_path: Path) -> None:
    # By the letter this is one record of four cells.
    _, read = batches(put(tmp_path, HEAD + 'Bob,b@c.co,"2,Reno\n' + GOOD * 4 + 'Cid,c@d.co,5",Erie\n'))
    assert names(read) == ["Ann"] * 4 + ["Cid"]
    assert faults(read) == [(1, 2, UNCLOSED)]


def test_a_quote_that_is_not_closed_within_a_record_of_the_longest_kind_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitting, "MAX_RECORD", 100)
    _, read = batches(put(tmp_path, HEAD + 'Bob,b,2,"' + "no row\n" * 20 + 'end"\n' + GOOD))
    assert names(read) == ["Ann"]
    assert faults(read)[0] == (1, 2, UNCLOSED)


def test_a_cell_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    big = "x," * 5_000_000
    _, read = batches(put(tmp_path, HEAD + GOOD + f'Bob,"{big}",,\n' + GOOD))
    assert names(read) == ["Ann", "Bob", "Ann"]
    assert big in [cell for batch in read for cell in batch.cells["c1"]]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_row_that_is_too_long_costs_itself(line_end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "MAX_RECORD", 1000)
    monkeypatch.setattr(sources, "CHUNK_BYTES", 300)
    big, bigger = "x" * 900, "é" * 1001
    rows = [HEAD.strip(), "Ann,,,", f"Bob,,,{big}", f'Cid,"{big}",,', f"Dan,{bigger},,", f'Eve,"{bigger}",,', "Fay,,,"]
    _, read = batches(put(tmp_path, line_end.join(rows)))
    assert names(read) == ["Ann", "Bob", "Cid", "Fay"]
    assert [len(row) for batch in read for row in batch.cells["c3"]] == [0, 900, 0, 0]
    assert faults(read) == [(4, 5, splitting.TOO_LONG), (5, 6, splitting.TOO_LONG)]
    assert len(stood(read)[0]["email"]) == splitting.MAX_RECORD - len("Dan,")


def test_of_a_row_with_cells_beyond_number_the_last_kept_one_holds_the_rest(tmp_path: Path) -> None:
    _, [batch] = batches(put(tmp_path, HEAD + "x," * 5000 + "\n" + GOOD))
    [fault] = batch.faults.iter_rows(named=True)
    data = list(json.loads(fault["record_data"]).values())
    assert fault["problem"].startswith("The row has too many cells: 5001 where")
    assert len(data) == HEAD.count(",") + 1 + blocks.MAX_BEYOND
    assert ",".join(data) == "x," * 5000
    assert len(batch.cells) == 1


def test_bytes_of_another_encoding_cost_their_row_alone(tmp_path: Path) -> None:
    utf8, other = "Zoë,é,,\n".encode(), "Zoë,é,,\n".encode("cp1252")
    _, read = batches(put(tmp_path, HEAD.encode() + utf8 * 3 + other + utf8))
    assert names(read) == ["Zoë"] * 4
    assert stood(read) == [{"name": "Zo\\xeb", "email": "\\xe9", "phone": "", "city": ""}]
    _, read = batches(put(tmp_path, HEAD.encode() + other * 3 + utf8 + other))
    assert names(read) == ["Zoë"] * 4
    assert stood(read) == [{"name": "Zo\\xc3\\xab", "email": "\\xc3\\xa9", "phone": "", "city": ""}]


@pytest.mark.parametrize(("filled", "warnings"), [("x", 1), (" ", 0)])
def test_a_column_without_a_header_is_kept_under_its_number(filled: str, warnings: int, tmp_path: Path) -> None:
    with CsvFile(put(tmp_path, f"name,,email,\nAnn,{filled},a@b.co,\n")) as opened:
        assert opened.headers == ["name", "(column 2)", "email", "(column 4)"]
        read = list(opened.batches(9, last_is_optional=False))
    assert [row[2:] for row in read[0].cells.iter_rows()] == [("Ann", filled, "a@b.co", "")]
    assert len(opened.read_as.warnings) == warnings
    assert all("Column 2 has no header" in warning for warning in opened.read_as.warnings)


def test_a_header_is_data_and_nothing_else(tmp_path: Path) -> None:
    hostile = [
        "'; DROP TABLE x; --",
        "=cmd|' /C calc'!A0",
        "x" * 10_000,
        "\x01\x1b[31m",
        "{0}%s",
        *(f"c {n}" for n in range(200)),
    ]
    headers, read = batches(put(tmp_path, "\t".join(hostile) + "\n" + "\t".join("1" * len(hostile)) + "\n"))
    assert headers == hostile
    assert read[0].cells.width == len(hostile) + 2


def test_a_header_with_an_open_quote_is_not_looked_for_in_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitting, "MAX_RECORD", 1000)
    monkeypatch.setattr(sources, "CHUNK_BYTES", 500)
    file = put(tmp_path, 'name,"email,phone\n' + "x,y,z\n" * 5000)
    reads: list[int] = []
    take = sources.Source.more
    monkeypatch.setattr(sources.Source, "more", lambda source: (reads.append(1), take(source)))
    with pytest.raises(UnreadableFile, match="a quote in its header, in line 1, that is not closed"):
        batches(file)
    assert len(reads) < 10


def test_a_line_of_more_columns_than_a_sheet_has_is_no_header(tmp_path: Path) -> None:
    most = headers.MAX_COLUMNS
    names = ",".join(f"c{n}" for n in range(most))
    assert len(batches(put(tmp_path, f"{names}\n{names}\n"))[0]) == most
    with pytest.raises(UnreadableFile, match="has more than 16,384 columns"):
        batches(put(tmp_path, f"{names},\n{names},\n"))
    asked: list[int] = []

    def is_header(cells: list[str]) -> bool:
        asked.append(len(cells))
        return "name" in cells

    with CsvFile(put(tmp_path, f"{names},\n{HEAD}{GOOD}"), is_header) as opened:
        assert opened.headers == HEAD.strip().split(",")
    assert max(asked) < most


def test_a_header_of_control_characters_in_utf8_is_text(tmp_path: Path) -> None:
    name = "\x01\x02\x03\x04\x05" * 20
    headers, _ = batches(put(tmp_path, f"{name},é\nx,y\n"))
    assert headers == [name, "é"]


def test_a_file_that_changed_into_what_is_unreadable_has_changed(tmp_path: Path) -> None:
    file = put(tmp_path, HEAD + GOOD)
    file.path.write_text("\n")
    with pytest.raises(ChangedFile):
        batches(file)


def test_totals_are_looked_for_among_the_last_records_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MAX_TOTALS", 2)
    _, read = batches(put(tmp_path, HEAD + GOOD + "Total,,,1\n" * 4))
    assert names(read) == ["Ann", "Total", "Total"]


@pytest.mark.parametrize("chunk", [1, 7, 20, 40, 1000])
def test_totals_are_records_when_anything_follows(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "CHUNK_BYTES", chunk)
    monkeypatch.setattr(headers, "HEADER_LINES", 1)
    _, read = batches(
        put(tmp_path, HEAD + "Total,,,1\n" + GOOD + "Total,,,2\n\nTotal\n" + GOOD + "\nTotal,,,4\nTotal,5\n")
    )
    assert names(read) == ["Total", "Ann", "Total", "Ann"]
    assert [number for number, _, _ in faults(read)] == [4]


CELLS = st.lists(st.sampled_from([*"ab1 ", "Smith, J", "two\nlines", 'a ""b""', "é"]), max_size=3).map("".join)
GOOD_ROWS = st.lists(CELLS, min_size=3, max_size=3).map(lambda row: ["ok", *row])
POLLUTED = st.sampled_from(
    [
        'bad,"open,2,3',
        '"bad,1,2,3',
        'bad,"a"b,2,3',
        "bad",
        "bad,1,2,3,4",
        "bad,\0,2,3",
        "bad,\udce9,2,3",
        'bad,1,2,"x" y',
    ]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(GOOD_ROWS | POLLUTED, min_size=1, max_size=12), chunk=st.integers(5, 200))
def test_no_good_row_is_lost_and_no_wrong_one_is_read(rows: list[list[str] | str], chunk: int, tmp_path: Path) -> None:
    content = HEAD + "é,é,é,é\n" * 12
    for row in rows:
        content += row + "\n" if isinstance(row, str) else ",".join(f'"{cell}"' for cell in row) + "\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "CHUNK_BYTES", chunk)
        _, read = batches(put(tmp_path, content.encode("utf-8", "surrogateescape")))
    good = [tuple(cell.replace('""', '"') for cell in row) for row in rows if not isinstance(row, str)]
    assert [row[2:] for batch in read for row in batch.cells.iter_rows()][12:] == good


@pytest.mark.parametrize(
    ("rows", "warnings"),
    [
        ('A,a@b.co,"open\nB,b@b.co,x\nC,c@b.co,pipe 5"\n' + GOOD_OF_THREE, 1),
        ('A,a@b.co,"call\nbefore noon"\n' + GOOD_OF_THREE, 0),
        (GOOD_OF_THREE * 2, 0),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_rows_that_a_quote_may_have_swallowed_are_never_swallowed_unseen(
    rows: str, warnings: int, size: int, tmp_path: Path
) -> None:
    file = put(tmp_path, "name,email,notes\n" + rows)
    with CsvFile(file) as opened:
        list(opened.batches(size, last_is_optional=True))
    assert len(opened.read_as.warnings) == warnings
    assert all("1 record look like rows, first in line 2:" in warning for warning in opened.read_as.warnings)
