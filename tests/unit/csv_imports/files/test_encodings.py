"""Encodings: what a file is in is found from all of its bytes, and nothing that is not in it is read out of it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.csv_imports.files import sources
from assets.csv_imports.files.encodings import CONFIDENT, Encoding, by_its_beginning, decoded, shown, survey
from assets.csv_imports.files.reading import CsvFile
from tests.unit.csv_imports.conftest import put, quick

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "name,note\n" + "Ann Smith,a plain row\n" * 50


def found(data: bytes, size: int = 1 << 20) -> Encoding:
    known = by_its_beginning(data[:4096])
    return survey((data[place : place + size] for place in range(0, len(data), size)), known).encoding


def text_of(data: bytes, encoding: Encoding, size: int = 1 << 20) -> str:
    return "".join(decoded((data[place : place + size] for place in range(0, len(data), size)), encoding))


@pytest.mark.parametrize(
    ("text", "encoding", "name", "confidence"),
    [
        ("Ann,x", "ascii", "utf-8", 1.0),
        ("José,é", "utf-8", "utf-8", 1.0),
        ("José,é", "utf-8-sig", "utf-8", 1.0),
        ("José,é", "utf-16", "utf-16-le", 1.0),
        ("José,é", "utf-16-le", "utf-16-le", 0.95),
        ("José,é", "utf-16-be", "utf-16-be", 0.95),
        ("José,é", "utf-32", "utf-32-le", 1.0),
        ("José,Ñandú", "cp1252", "latin-1", 1.0),
        ("O’Brien,“Café” – 5½″".replace("″", ""), "cp1252", "cp1252", 1.0),
        ("ÉCOLE,Straße 5°", "latin-1", "latin-1", 1.0),
        ("O’Brien’s Café,Müller", "mac_roman", "mac_roman", 0.75),
        ("José Muñoz,Müller", "cp437", "cp437", 0.75),
        ("Иванов Петр,Смирнова Анна позвонить завтра после обеда", "cp1251", "cp1251", None),
    ],
)  # fmt: skip
def test_the_encoding_is_found_and_gives_the_text(
    text: str, encoding: str, name: str, confidence: float | None
) -> None:
    data = (TABLE + text + "\n").encode(encoding)
    read = found(data)
    assert read.name == name
    assert read.confidence == confidence if confidence else read.confidence < CONFIDENT
    assert text_of(data, read) == TABLE + text + "\n"


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_one_character_at_the_very_end_tells_the_encoding(size: int) -> None:
    assert found((TABLE + "José").encode("cp1252"), size).name == "latin-1"
    assert found((TABLE + "José").encode(), size) == Encoding("utf-8")


@pytest.mark.parametrize(("utf8", "other", "name"), [(3, 1, "utf-8"), (1, 1, "utf-8"), (1, 3, "latin-1")])
def test_of_two_encodings_the_one_with_more_lines_is_taken(utf8: int, other: int, name: str) -> None:
    read = found(TABLE.encode() + "é\n".encode() * utf8 + "é\n".encode("cp1252") * other)
    assert read.name == name
    assert name != "utf-8" or read.confidence == utf8 / (utf8 + other)


def test_bytes_that_are_no_character_stay_apart_and_are_shown() -> None:
    assert shown(text_of(b"a\xe9\xff,\0", Encoding("utf-8"))) == "a\\xe9\\xff,\\x00"
    assert shown(text_of(b"a\x81\x9d\xe9", Encoding("cp1252"))) == "a\\x81\\x9dé"
    assert shown(text_of("é\n".encode() + b"\xe9\n", Encoding("cp1252"))) == "\\xc3\\xa9\né\n"
    assert shown(text_of(b"a\0\0\xd8b\0c", Encoding("utf-16-le"))) == "a\\x00\\xd8b\\x63"


@pytest.mark.parametrize("ends", [b"\n", b"\r", b"\r\n"])
def test_a_line_is_looked_at_once_however_many_sequences_it_has(ends: bytes) -> None:
    long = "é ".encode() * 300_000 + b"\xe9"
    lines = [long, *["é".encode(), b"\xe9"] * 30_000, long]
    began = time.process_time()
    read = text_of(ends.join(lines), Encoding("cp1252"), 1 << 20)
    assert time.process_time() - began < 5
    # Python's own line breaks in the middle of a text, such as U+0085, are none here.
    assert [len(line) for line in re.split("\r\n|\r|\n", read)] == [len(line) for line in lines]
    assert read.count("\udcc3\udca9") == 30_000


@quick
@given(
    text=st.text(st.characters(codec="utf-8")),
    name=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
    size=st.integers(1, 9),
)
def test_text_comes_through_in_chunks_of_any_size(text: str, name: str, size: int) -> None:
    assert text_of(("\ufeff" + text).encode(name), Encoding(name), size) == text


@quick
@given(
    data=st.binary(max_size=40),
    name=st.sampled_from(["utf-8", "cp1252", "latin-1", "utf-16-le"]),
    size=st.integers(1, 9),
)
def test_no_byte_is_lost_or_stops_the_reading(data: bytes, name: str, size: int) -> None:
    text = text_of(data, Encoding(name), size)
    errors = "surrogateescape" if name != "utf-16-le" else "surrogatepass"
    if name != "utf-16-le":
        assert text.removeprefix("\ufeff").encode(name, errors) == data.removeprefix(
            b"\xef\xbb\xbf" if name == "utf-8" else b""
        )


@pytest.mark.parametrize(
    ("text", "encoding", "guessed"),
    [("José", "cp1252", False), ("O’Brien’s Café", "mac_roman", True), ("日本語テキスト", "shift_jis", True)],
)
def test_a_guess_is_a_warning_and_how_a_file_was_read_is_kept(
    text: str,
    encoding: str,
    guessed: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    content = f"Customers\n\nname;note\n{text};x\n".encode(encoding)
    with CsvFile(put(tmp_path, content)) as opened:
        rows = [row[2:] for batch in opened.batches(9, last_is_optional=False) for row in batch.cells.iter_rows()]
    assert rows == [(text, "x")]
    assert ["The encoding is a guess" in warning for warning in opened.read_as.warnings] == [True] * guessed
    details = opened.read_as.details
    assert (details["delimiter"], details["line_end"], details["header_line"], details["quotes"]) == (
        ";",
        "LF",
        3,
        "doubled",
    )
    assert (details["confidence"] < CONFIDENT) == guessed


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("山田太郎", "cp932"),
        ("渡辺健", "cp932"),
        ("李华", "gb18030"),
        ("公司,陈静", "gb18030"),
        ("林志豪", "big5"),
        ("김철수", "cp949"),
        ("Wałęsa,Książę", "cp1250"),
        ("Święty,Grześkowiak,Škoda", "cp1250"),
        ("Dvořák,Kovář", "cp1250"),
        ("Győr,Erdős", "cp1250"),
        ("Şahin,Yıldız,Öztürk,Çağlar,İstanbul", "cp1254"),
        ("Šarūnas,Žemaitė,Bērziņš", "cp1257"),
        ("Bœuf", "iso8859_15"),
    ],
)
def test_what_could_be_western_but_is_not_is_a_guess(text: str, encoding: str) -> None:
    read = found((TABLE + text.replace(",", "\n") + "\n").encode(encoding))
    assert text_of((text + "\n").encode(encoding), read) != text + "\n"
    assert read.confidence < CONFIDENT


@pytest.mark.parametrize(
    "text",
    [
        "Müller", "MÜLLER & SÖHNE", "Jürgen Weiß", "José", "Peña", "¿Qué?", "1ª", "François", "cœur", "Zoë", "Ångström",
        "São Paulo,Camões", "Søren", "Æ", "O’Brien", "D´Angelo", "Smith–Jones", "“Quoted”", "3½x2", "½ inch", "75°F",
        "m²", "N°5", "Pokémon™", "£5", "5€", "Jan\xa0Smith",
    ],
)  # fmt: skip
def test_one_western_word_is_enough_to_be_sure(text: str) -> None:
    read = found((TABLE + text + "\n").encode("cp1252"))
    assert read.confidence >= CONFIDENT
    assert text_of(text.encode("cp1252"), read) == text


def test_a_character_across_two_chunks_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "CHUNK_BYTES", 1)
    with CsvFile(put(tmp_path, "näme;nöte\n😀;é\n".encode())) as opened:
        assert opened.headers == ["näme", "nöte"]
        assert next(iter(opened.batches(9, last_is_optional=False))).cells.row(0)[2:] == ("😀", "é")
