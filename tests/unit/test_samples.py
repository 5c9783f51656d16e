"""The sample files and their expectations: reproducible, consistent with each other, invented throughout."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from samples import exports, generate
from tests.conftest import ROOT, shared_file

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = ROOT / "samples"
SENDABLE = {"valid", "warning"}
TYPES = {"Contact", "Site", "Asset", "Task", "System", "ServicePlanInstance", "FinancialDocument"}


def contents(folder: Path) -> dict[str, bytes]:
    """Read everything that the generator writes, by path."""
    paths = [*folder.glob("inbox/**/*"), folder / "contractors.json", folder / "expected.json"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def expected(folder: Path = SAMPLES) -> dict[str, Any]:
    """Read the expectations."""
    return json.loads((folder / "expected.json").read_text("utf-8"))


def files(folder: Path = SAMPLES) -> dict[str, dict[str, Any]]:
    """Read each file's expectations, by `<contractor>/<file>`."""
    contractors = expected(folder)["contractors"]
    return {f"{slug}/{name}": file for slug, found in contractors.items() for name, file in found.items()}


def rows(path: Path) -> list[list[str]]:
    """Read a file as plain CSV, header included and blank lines left out."""
    return [row for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")) if row]


FILES = files()
IMPORTED = {path: file for path, file in FILES.items() if file["outcome"] == "imported"}


@pytest.fixture(scope="module")
def text() -> str:
    """Give everything that is written under `samples/`, as one text."""
    written = [path for path in SAMPLES.rglob("*") if path.suffix in {".csv", ".json", ".md", ".py"}]
    return "\n".join(path.read_text("utf-8-sig") for path in written)


def test_the_generator_reproduces_the_committed_files(tmp_path: Path) -> None:
    generate.main(["--output", str(tmp_path)])
    assert contents(tmp_path) == contents(SAMPLES)


def test_another_seed_makes_another_world(tmp_path: Path) -> None:
    generate.main(["--output", str(tmp_path), "--seed", "7"])
    assert contents(tmp_path).keys() == contents(SAMPLES).keys()
    assert contents(tmp_path)["inbox/abc-heating/Contact.csv"] != contents(SAMPLES)["inbox/abc-heating/Contact.csv"]


def test_help_says_what_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        generate.main(["--help"])
    assert "expected.json" in capsys.readouterr().out


@pytest.mark.parametrize("seed", range(1, 9))
def test_any_seed_plants_the_same_faults(seed: int, tmp_path: Path) -> None:
    generate.write(tmp_path, seed)
    assert expected(tmp_path)["totals"]["counts"] == expected()["totals"]["counts"]
    assert expected(tmp_path)["totals"]["faults"] == expected()["totals"]["faults"]


def test_the_expectations_do_not_come_from_the_pipeline() -> None:
    for module in SAMPLES.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & {"assets", "orchestration"}, module.name


def test_every_type_and_every_contractor_is_there() -> None:
    assert {file["type"] for file in IMPORTED.values()} == TYPES
    slugs = {contractor["slug"] for contractor in json.loads((SAMPLES / "contractors.json").read_text("utf-8"))}
    assert slugs == {path.split("/")[0] for path in FILES}
    for slug in slugs:
        assert {"Contact", "Site"} <= {file["type"] for path, file in IMPORTED.items() if path.startswith(slug)}


def test_every_file_has_an_expectation_and_stands_in_the_readme() -> None:
    assert {str(path.relative_to(SAMPLES / "inbox")) for path in SAMPLES.glob("inbox/*/*.csv")} == FILES.keys()
    readme = (SAMPLES / "README.md").read_text("utf-8")
    for path, file in FILES.items():
        name = path.split("/")[1]
        assert re.search(rf"\| `{re.escape(name)}` .*\| {file['attempted']} \|", readme), name
    for fault in expected()["totals"]["faults"]:
        assert f"`{fault}`" in readme


@pytest.mark.parametrize("path", IMPORTED)
def test_a_plain_count_of_records_equals_attempted(path: str) -> None:
    assert len(rows(SAMPLES / "inbox" / path)) - 1 == IMPORTED[path]["attempted"]


@pytest.mark.parametrize("path", FILES)
def test_the_counts_of_a_file_agree(path: str) -> None:
    file = FILES[path]
    assert sum(file["counts"].values()) == file["attempted"]
    numbers = [record["record_number"] for record in file["records"]]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= file["attempted"] for number in numbers)
    listed = Counter(record["status"] for record in file["records"])
    assert {status: listed[status] for status in ("warning", "error", "duplicate", "skipped")} == {
        status: count for status, count in file["counts"].items() if status != "valid"
    }
    waiting = [record for record in file["records"] if "waits_for" in record]
    assert len(waiting) == file["waiting"]
    assert {record["status"] for record in waiting} <= SENDABLE


def test_the_totals_are_the_sums() -> None:
    totals = expected()["totals"]
    assert totals["attempted"] == sum(file["attempted"] for file in FILES.values())
    assert totals["waiting"] == sum(file["waiting"] for file in FILES.values())
    assert sum(totals["counts"].values()) == totals["attempted"]
    assert totals["files"] == len(FILES) == sum(totals["outcomes"].values())
    for status, count in totals["counts"].items():
        assert count == sum(file["counts"][status] for file in FILES.values())


@pytest.mark.parametrize("path", IMPORTED)
def test_a_duplicate_names_an_earlier_sendable_row(path: str) -> None:
    status = {record["record_number"]: record["status"] for record in IMPORTED[path]["records"]}
    for record in IMPORTED[path]["records"]:
        assert ("duplicate_of" in record) == (record["status"] == "duplicate")
        if "duplicate_of" in record:
            assert record["duplicate_of"] < record["record_number"]
            assert status.get(record["duplicate_of"], "valid") in SENDABLE


@pytest.mark.parametrize("path", IMPORTED)
def test_what_can_be_seen_in_the_text_stands_where_it_is_said_to(path: str) -> None:
    header, *records = rows(SAMPLES / "inbox" / path)
    said = {record["record_number"]: record for record in IMPORTED[path]["records"]}
    for number, cells in enumerate(records, start=1):
        fault = said.get(number, {}).get("fault")
        assert (cells == header) == (fault == "repeated_header")
        assert (not any(cells)) == (fault == "empty_cells")
        assert (len(cells) < len(header) - 1) == (fault == "too_few_cells")
        assert (len(cells) > len(header)) == (fault == "too_many_cells")
        if fault == "exact_copy" and "duplicate_of" in said[number]:
            assert cells == records[said[number]["duplicate_of"] - 1]


def test_a_file_that_was_imported_already_has_the_same_bytes() -> None:
    again = {path: file for path, file in FILES.items() if file["outcome"] == "already_imported"}
    assert again
    for path, file in again.items():
        copy = SAMPLES / "inbox" / path
        assert copy.read_bytes() == copy.with_name(file["same_as"]).read_bytes()
        assert path > path.replace(copy.name, file["same_as"]), "the copy comes second in the order of names"


def test_windows_line_ends_and_byte_order_marks_are_there() -> None:
    written = [content for path, content in contents(SAMPLES).items() if path.endswith(".csv")]
    assert any(b"\r\n" in content for content in written)
    assert any(content.startswith(b"\xef\xbb\xbf") for content in written)


def test_the_headers_are_those_of_real_exports(real_exports: list[dict[str, Any]]) -> None:
    real = {export["system"]: tuple(export["headers"]) for export in real_exports}
    made = [export for export in vars(exports).values() if isinstance(export, exports.Export)]
    known = [export for export in made if export.system in real]
    assert {export.system for export in made} - real.keys() == {
        "solar monitoring portal",
        "quotes report",
        "parts inventory",
    }
    assert all(export.own == real[export.system] for export in known)


def test_phones_and_emails_are_fictional(text: str) -> None:
    domains = set(re.findall(r"[\w.]+@([A-Za-z-]+(?:\.[A-Za-z-]+)+)", text))
    allowed = {"example.com", "example.org", "example.net", "sunrise-solar.example.com", "abcheating.com"}
    assert {domain.lower() for domain in domains} <= allowed
    for path in IMPORTED:
        content = (SAMPLES / "inbox" / path).read_text("utf-8-sig")
        for exchange, line in re.findall(r"\(?\b\d{3}[). -]{1,2}(\d{3})[. -](\d{4})\b", content):
            assert (exchange, line[:2]) == ("555", "01"), path
        assert all(digits[3:8] == "55501" for digits in re.findall(r"\b\d{10}\b", content)), path


def test_no_real_address_is_in_the_samples(text: str) -> None:
    searched = _plain(text)
    with shared_file("data/addresses_us.csv").open(encoding="utf-8", newline="") as file:
        for address in csv.DictReader(file):
            assert _plain(address["fullAddress"]) not in searched
            street = _plain(address["street"])
            assert not (re.match(r"\d+ \w", street) and f" {street} " in searched), street


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
