"""Templates' files: what a good one says, and that each fault of a bad one has its file, its line and a sentence."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.templates import reading
from assets.templates.reading import Fault, TemplateError
from tests.conftest import ROOT

GOOD = """\
name: leak_report
display_name: Leak report
trade: plumbing
phase: service
compliance: [UPC, 2026-05]
work_order_type: field
version: 1.10
groups:
  - name: Leak
    critical: true
    fields:
      - name: foundAt
        label: Found at
        type: Single select
        options: [Yes, No, 5, 1.0]
        required: true
      - name: flow
        label: Flow
        type: Numeric
        validation_rules: {min: -0.5, max: 100}
      - name: email
        label: E-mail
        type: Text
        validation_rules: {pattern: '[^@]+@[^@]+', max_length: 254}
        coperniq: [Contact.emails, Site.clientId]
      - name: rooms
        label: Rooms
        type: Multiple select
        options: [Bath, Kitchen]
        validation_rules: {max_choices: 2}
      - name: photo
        label: Photo
        type: File
"""
WRONG = [
    ("name: leak_report", "name: other", 1, 'name is "other" in a file named leak_report.yaml: make them the same.'),
    ("trade: plumbing", "trade: hvac", 3, 'trade is "hvac" in the folder plumbing: make them the same.'),
    ("trade: plumbing", "trade: plumming", 3, 'trade is "plumming", which there is not: did you mean plumbing?'),
    ("phase: service", "phase: repair", 4, 'phase is "repair", which there is not: write one of sales, design, '),
    ("display_name: Leak report\n", "", 1, "display_name is missing: write it (docs/templates.md shows how)."),
    ("Leak report", "' '", 2, "display_name is empty: write something."),
    ("[UPC, 2026-05]", "[UPC, UPC]", 5, 'the compliance "UPC" stands there twice: keep one.'),
    ("work_order_type: field", "work_order_type: home", 6, "work_order_type does not fit"),
    ("version: 1.10", "total_fields: 7", 7, "total_fields is not known: take it out (docs/templates.md lists what"),
    ("type: Numeric", "type: Number", 19, 'group 1 field 2 type is "Number", which there is not: did you mean Numer'),
    ("name: flow", "name: Flow Rate", 17, 'the field "Flow Rate" has no camelCase name: write it like customerName.'),
    ("name: flow", "name: foundAt", 17, 'the field "foundAt" stands there twice: rename or remove one.'),
    (
        "        options: [Bath, Kitchen]\n",
        "",
        28,
        'the field "rooms" is a Multiple select without options: list them.',
    ),
    ("[Bath, Kitchen]", "[Bath, Bath]", 29, 'the option "Bath" stands there twice: keep one.'),
    ("[Bath, Kitchen]", "[Bath, ~]", 29, "group 1 field 4 option 2 does not fit"),
    ("[Bath, Kitchen]", "Bath", 29, "group 1 field 4 options does not fit"),
    (
        "required: true",
        "required: yes",
        16,
        'group 1 field 1 required is no truth value, but "yes": write true or false.',
    ),
    ("max: 100", "max: -1", 20, 'the field "flow" has a max below its min: no value fits.'),
    ("max: 100", "max: lots", 20, "group 1 field 2 validation_rules max is no number: write one such as 10 or 0.5."),
    ("max: 100", "max: .nan", 20, "group 1 field 2 validation_rules max is no number"),
    ("max: 100", "pattern: a", 20, 'the field "flow" is Numeric, which has no rule pattern: it knows min, max.'),
    ("max: 100", "maximum: 1", 20, "group 1 field 2 validation_rules maximum is not known: take it out"),
    ("max_choices: 2", "max_choices: 3", 30, 'the field "rooms" has fewer options than max_choices: lower or remove'),
    ("'[^@]+@[^@]+'", "'(a)\\1'", 24, "group 1 field 3 validation_rules pattern is no regular expression"),
    (
        "Site.clientId",
        "Site.clientID",
        25,
        'the field "email" fills "Site.clientID", which Coperniq does not have: did y',
    ),
    ("Site.clientId", "site.clientid", 25, "did you mean Site.clientId?"),
    ("Site.clientId", "Site.zzz", 25, "write one of Site.fullAddress, Site.street"),
    ("Site.clientId", "Nothing.at", 25, "write Type.field, with one of the types Contact, Site, Asset"),
    (
        "type: File",
        "type: File\n        coperniq: Site.city",
        34,
        'the field "photo" is a File, which fills no field of',
    ),
    (
        "type: File",
        "type: Text\n        coperniq: Site.clientId",
        34,
        'the field "photo" fills Site.clientId, as email',
    ),
    ("name: Leak\n", "name: ''\n", 9, "group 1 name is empty: write something."),
    ("groups:\n", "groups: []\nmore:\n", 8, "groups does not fit"),
    (
        "[Bath, Kitchen]",
        "[Bath, Bath, &a x, *a]",
        29,
        "this is not the YAML that is expected (an alias (*) is not taken)",
    ),
    ("name: Leak\n", "name: !!python/object:os.system x\n", 9, "this is not the YAML that is expected (a tag (!)"),
    ("version: 1.10", "version: 1.10\nversion: 1.11", 8, 'this is not the YAML that is expected (the key "version" st'),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plumbing").mkdir()
    return tmp_path


def put(folder: Path, content: str | bytes, path: str = "plumbing/leak_report.yaml") -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def faults(folder: Path) -> list[Fault]:
    found = reading.look(folder)
    return sorted(found.faults + [fault for file in found.files for fault in reading.interpret(file).faults])


def test_a_good_file_says_what_stands_in_it(folder: Path) -> None:
    put(folder, GOOD)
    (file,) = reading.look(folder).files
    template = reading.interpret(file).template
    assert template is not None
    assert (template.name, template.version, template.compliance) == ("leak_report", "1.10", ["UPC", "2026-05"])
    found, flow, email, *_ = template.groups[0].fields
    assert (found.options, found.required) == (["Yes", "No", "5", "1.0"], True)
    assert flow.validation_rules.model_dump(exclude_none=True) == {"min": -0.5, "max": 100}
    assert email.coperniq == ["Contact.emails", "Site.clientId"]


@pytest.mark.parametrize(("good", "bad", "line", "said"), WRONG)
def test_each_fault_has_its_file_its_line_and_a_sentence(
    folder: Path, good: str, bad: str, line: int, said: str
) -> None:
    assert good in GOOD
    put(folder, GOOD.replace(good, bad, 1))
    found = faults(folder)
    assert said in "\n".join(fault.said for fault in found if fault.line == line), found
    for fault in found:
        assert str(fault) == f"plumbing/leak_report.yaml:{fault.line}: {fault.said}"
        assert fault.said.endswith((".", "?"))
        assert fault.said.isprintable()


def test_all_faults_of_a_file_are_said_at_once(folder: Path) -> None:
    put(
        folder,
        GOOD.replace("Numeric", "Number").replace("phase: service", "phase: x").replace("label: Rooms", "lab: x"),
    )
    assert [fault.line for fault in faults(folder)] == [4, 19, 26, 27]


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("", 1, "the file is no group of settings: write it as docs/templates.md shows."),
        ("- 1\n- 2\n", 1, "the file is no group of settings"),
        ("just text", 1, "the file is no group of settings"),
        (GOOD.encode("utf-16"), 1, "the file is not in UTF-8: save it as UTF-8."),
        (GOOD.encode() + b"# caf\xe9\n", 34, "the file is not in UTF-8"),
        (GOOD + "# \0\n", 34, "this is not the YAML that is expected (it holds a character that is no text)"),
        (b"x" * (10 << 20), 1, "the file is larger than 256 KiB: split the form into several."),
        ("[" * 100_000, 1, "(it is nested too deeply)"),
        ("a: &a [x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n", 2, "(an alias (*) is not taken)"),
    ],
)
def test_a_file_that_is_no_template_at_all(folder: Path, content: str | bytes, line: int, said: str) -> None:
    put(folder, content)
    (fault,) = faults(folder)
    assert fault.line == line
    assert said in fault.said


def test_the_documented_example_is_good(folder: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "templates.md").read_text("utf-8"), re.DOTALL)
    put(folder, example, "plumbing/water_heater_check.yaml")
    assert faults(folder) == []


def test_a_byte_order_mark_is_read_over(folder: Path) -> None:
    put(folder, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert faults(folder) == []


@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_faults_in_one_line_each(folder: Path, content: bytes) -> None:
    put(folder, content)
    found = faults(folder)
    assert found
    assert all("\n" not in str(fault) for fault in found)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("leak_report.yaml", "the file does not lie in a trade's folder: move it into one of hvac, plumbing,"),
        ("plumbing/old/leak_report.yaml", "the file does not lie in a trade's folder"),
        ("plummer/leak_report.yaml", "the file does not lie in a trade's folder"),
        ("plumbing/leak_report.yml", "only .yaml files are read: rename it."),
    ],
)
def test_a_file_in_the_wrong_place_is_a_fault_and_its_template_has_not_vanished(
    folder: Path, path: str, said: str
) -> None:
    put(folder, GOOD, path)
    found = reading.look(folder)
    assert found.files == []
    assert [(fault.file, fault.line) for fault in found.faults] == [(path, 1)]
    assert found.faults[0].said.startswith(said)
    assert found.names == {"leak_report"}


def test_two_files_of_one_name_are_named_and_neither_is_read(folder: Path) -> None:
    put(folder, GOOD)
    put(folder, GOOD.replace("trade: plumbing", "trade: hvac"), "hvac/leak_report.yaml")
    put(folder, GOOD.replace("leak_report", "other"), "plumbing/other.yaml")
    found = reading.look(folder)
    assert [file.name for file in found.files] == ["other"]
    assert [str(fault) for fault in found.faults] == [
        "hvac/leak_report.yaml:1: plumbing/leak_report.yaml has the same name: rename one of them.",
        "plumbing/leak_report.yaml:1: hvac/leak_report.yaml has the same name: rename one of them.",
    ]


def test_what_is_no_template_is_passed_over(folder: Path) -> None:
    put(folder, GOOD)
    for other in ("README.md", "plumbing/.hidden.yaml", ".git/x.yaml", "plumbing/notes.txt", "plumbing/x.yaml~"):
        put(folder, "x: y", other)
    assert faults(folder) == []


def test_nothing_outside_the_folder_is_opened(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    secret = put(outside, "password: hunter2", "secret.yaml")
    (folder / "plumbing" / "a.yaml").symlink_to(secret)
    (folder / "plumbing" / "b.yaml").symlink_to("b.yaml")
    (folder / "plumbing" / "c.yaml").symlink_to(outside / "nowhere.yaml")
    os.mkfifo(folder / "plumbing" / "d.yaml")
    found = faults(folder)
    assert [fault.file for fault in found] == [f"plumbing/{name}.yaml" for name in "abcd"]
    assert "hunter2" not in str(found)
    assert "link that leads out of the folder" in found[0].said
    assert "no regular file" in found[3].said
    (folder / "solar").symlink_to(outside)
    with pytest.raises(TemplateError, match=r"solar in .* is a link: put the folder itself there"):
        reading.look(folder)


def test_a_file_in_the_place_of_a_trades_folder_is_an_error(folder: Path) -> None:
    (folder / "solar").write_text("x")
    with pytest.raises(TemplateError, match=r"solar in .* is a file: put the folder of the trade there"):
        reading.look(folder)


def test_a_folder_that_is_missing_empty_or_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"cannot be read .*check MEP_TEMPLATES"):
        reading.look(tmp_path / "nowhere")
    with pytest.raises(TemplateError, match="holds no templates"):
        reading.look(tmp_path)
    with pytest.raises(TemplateError, match="cannot be read"):
        reading.look(put(tmp_path, "", "file.yaml"))


def test_the_hash_is_of_what_decides_about_the_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def content_hash() -> str:
        (file,) = reading.look(folder).files
        return file.content_hash

    put(folder, GOOD)
    first = content_hash()
    assert content_hash() == first
    put(folder, GOOD + "\n")
    assert content_hash() != first
    put(folder, GOOD)
    monkeypatch.setattr(reading, "_READER", b"another catalogue")
    assert content_hash() != first
