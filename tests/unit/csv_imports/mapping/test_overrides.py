"""A contractor's override file: what it may say, what it does, and that what is wrong is said in one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets import catalogue
from assets.csv_imports.judging import validations
from assets.csv_imports.mapping.deciding import Known, decide, fits, map_headers
from assets.csv_imports.mapping.decision import Choice, Constant, Earlier, Transformation, UnmappableFile, Validation
from assets.csv_imports.mapping.drafting import draft
from assets.csv_imports.mapping.overrides import MAX_BYTES, Override, OverrideError, load
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
version: 1
type: Contact
columns:
  - header: "Cust Nm"
    field: name
    transform: [{rule: uppercase}, {rule: custom, function: value_map, values: {A: Acme, N: no}}]
    validate: {regex: "^[A-Z ]+$"}
    message: Write it in capitals
  - {header: Mail, field: emails}
  - {header: Phone, field: null}
defaults: {status: Active}
allowed: {status: [Lead, 1]}
phones: {country: CA}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a contractor's folder."""
    (tmp_path / "acme").mkdir()
    return tmp_path / "acme"


def read(folder: Path, text: str | bytes, type_name: str = "Contact") -> Override:
    path = folder / f"{type_name}.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = load(folder, catalogue.BY_NAME[type_name])
    assert found is not None
    return found


def test_an_override_wins_over_names_and_aliases(folder: Path) -> None:
    known = Known(read(folder, GOOD))
    mapping = map_headers(catalogue.CONTACT, ["Cust Nm", "Customer", "Phone", "Mail", "Email"], known)
    assert mapping.columns == {"name": [0], "emails": [3, 4]}
    assert mapping.choices == {
        0: Choice("override"), 2: Choice("override"), 3: Choice("override"), 4: Choice("alias"),
    }  # fmt: skip
    assert mapping.transformations == {
        0: [
            Transformation("uppercase"),
            Transformation("custom", {"function": "value_map", "values": {"A": "Acme", "N": "no"}}),
        ]
    }
    assert mapping.validations == [Validation("name", regex="^[A-Z ]+$", message="Write it in capitals")]
    assert (mapping.constants, mapping.allowed) == ({"status": Constant("Active")}, {"status": ["Lead", "1"]})
    assert mapping.country == "CA"
    assert mapping.override == known.override.sha256 if known.override else False
    assert mapping.notes == []


def test_what_an_override_decides_stands_in_the_rows(folder: Path) -> None:
    mapping = map_headers(catalogue.CONTACT, ["cust nm", "Mail", "Phone"], Known(read(folder, GOOD)))
    name, mail, phone, status = mapping.rows()
    assert (name.field, name.choice, name.validation) == ("name", Choice("override"), "^[A-Z ]+$")
    assert name.rule == "trim"
    assert name.params is not None
    assert [step["rule"] for step in name.params["steps"]] == ["uppercase", "custom"]
    assert (mail.field, mail.rule, mail.params) == ("emails", "custom", {"function": "split_list"})
    assert (phone.field, phone.choice) == (None, Choice("override"))
    assert (status.number, status.header, status.field, status.choice) == (4, "", "status", Choice("override"))
    assert (status.rule, status.params) == ("custom", {"function": "default", "value": "Active"})


def test_a_default_has_a_row_only_where_no_column_feeds_its_field(folder: Path) -> None:
    mapping = map_headers(catalogue.CONTACT, ["cust nm", "Mail", "status"], Known(read(folder, GOOD)))
    assert [(row.number, row.field) for row in mapping.rows()] == [(1, "name"), (2, "emails"), (3, "status")]


def test_a_header_that_the_file_lacks_is_noted(folder: Path) -> None:
    mapping = map_headers(catalogue.CONTACT, ["Customer", "Email"], Known(read(folder, GOOD)))
    assert mapping.columns == {"name": [0], "emails": [1]}
    assert mapping.notes[0] == 'The mapping file names the column "Cust Nm", which this file does not have.'
    with pytest.raises(UnmappableFile, match='field "name"'):
        map_headers(catalogue.CONTACT, ["Mail"], Known(read(folder, GOOD)))


def test_a_header_is_recognised_with_the_override(folder: Path) -> None:
    row = ["Cst", "Mail"]
    text = GOOD.replace("Cust Nm", "Cst")
    assert fits(catalogue.CONTACT, row, Known(read(folder, text)))
    assert not fits(catalogue.CONTACT, row)


def test_what_an_override_decides_is_not_taken_for_a_field_that_is_missing(folder: Path) -> None:
    override = read(folder, "version: 1\ntype: Asset\ncolumns: [{header: Unit, field: name}]\n", "Asset")
    with pytest.raises(UnmappableFile, match="siteId"):
        map_headers(catalogue.ASSET, ["Unit", "Type"], Known(override))


@pytest.mark.parametrize("dates", ["DMY", "{installDate: DMY}"])
def test_the_order_of_dates(folder: Path, dates: str) -> None:
    override = read(folder, f"version: 1\ntype: Asset\ndates: {dates}\n", "Asset")
    mapping = decide(catalogue.ASSET, ["Name", "Type", "Site", "Installed"], Known(override))
    assert mapping.orders == {"installDate": "DMY"}
    assert mapping.rows()[3].params == {"order": "DMY"}


def test_values_are_text_as_they_are_typed(folder: Path) -> None:
    values = "{state: NO, zipcode: 00501, city: 1E5, timezone: 2024-01-02, street: true}"
    assert read(folder, f"version: 1\ntype: Site\ndefaults: {values}\n", "Site").content.defaults == {
        "state": "NO", "zipcode": "00501", "city": "1E5", "timezone": "2024-01-02", "street": "true",
    }  # fmt: skip


def test_the_documented_example_is_good(folder: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", (ROOT / "docs" / "mapping.md").read_text("utf-8"), re.DOTALL)
    assert example is not None
    known = Known(read(folder, example[1]))
    mapping = map_headers(catalogue.CONTACT, ["CUST NM", "Email", "Internal No"], known)
    validations.check(catalogue.CONTACT, mapping.validations)
    assert (mapping.columns, mapping.country, mapping.notes) == ({"name": [0], "emails": [1]}, "CA", [])


WRONG = [
    ("version: 1", "version: 2", "line 1: version does not fit (input should be 1): correct it."),
    ("version: 1\n", "", "line 1: version is missing: write it"),
    ("type: Contact", "type: Site", 'line 2: type is "Site" in a file named Contact.yaml: make them the same.'),
    ("field: name", "field: nmae", 'line 5: Contact has no field "nmae": write one of name, emails, phones, title,'),
    ("{rule: uppercase}", "{rule: upercase}", 'line 6: column 1 transform 1 does not fit. There is no transformation '),
    ("value_map", "valuemap", 'line 6: column 1 transform 2 does not fit. There is no function "valuemap": write one '),
    ("values: {A: Acme, N: no}", "value: {}", 'column 1 transform 2 does not fit. The parameter "values" of value_map'),
    ("^[A-Z ]+$", r"(a)\\1", "line 7: column 1 validate does not fit. backreferences are not supported: correct the r"),
    ("^[A-Z ]+$", "(?=a)", "line 7: column 1 validate does not fit. look-around"),
    ("^[A-Z ]+$", "(", "line 7: column 1 validate does not fit. unclosed group: correct the rule."),
    ("^[A-Z ]+$", "x{1000}{1000}", "line 7: column 1 validate does not fit. "),
    ("{regex:", "{sql:", "line 7: column 1 validate does not fit. unable to parse"),
    ('{regex: "^[A-Z ]+$"}', "{sql: select 1}", "line 7: column 1 validate does not fit. expected an expression"),
    ('{regex: "^[A-Z ]+$"}', "{}", "line 7: column 1 validate needs either a regex or a sql expression: write one of "),
    ('    validate: {regex: "^[A-Z ]+$"}\n', "", "line 4: column 1 has a message but no rule to validate: add the rul"),
    ("header: Phone, field: null", "header: Phone, field: null, validate: {regex: a}", "column 3 is not sent, so noth"),
    ("status: Active", "stat: x", 'line 11: defaults names "stat": write one of name, emails,'),
    ("phones: {country: CA}", "dates: YMD", "line 13: dates does not fit \"YMD\" (input should be 'MDY' or 'DMY'): co"),
    ("phones: {country: CA}", "dates: {name: MDY}", 'line 13: dates names "name": write one of none.'),
    ("country: CA", "country: ca", "line 13: country is no country: write two capital letters, such as US."),
    ("defaults:", "default:", "line 11: default is not known: take it out"),
    ("version: 1", "version: 1\nversion: 1", 'line 2 is not the YAML that is expected (the key "version" stands there'),
    ("[Lead, 1]", "&a [*a]", "line 12 is not the YAML that is expected (an alias (*) is not taken): correct it."),
    ("[Lead, 1]", "[" * 60 + "]" * 60, "line 12 is not the YAML that is expected (it is nested too deeply): correct i"),
    ("header: Phone", "header: cust nm", 'line 10: the header "cust nm" stands there twice: keep one.'),
    ("field: emails", "field: name", 'line 9: the field "name" has a column already: keep one of the two.'),
    ("Active", "!!python/object:os.system x", "line 11 is not the YAML that is expected (a tag (!) is not taken): "),
    ("    message", "\tmessage", "line 8 is not the YAML that is expected (a tab stands where only blanks may"),
    ("[{rule: uppercase}", "[{}", "line 6: column 1 transform 1 rule is missing: write it"),
    ("status: Active", r'status: "\ud800"', "line 11 is not the YAML that is expected (found invalid Unicode char"),
    ("status: Active", r'"a\0": Active', "line 11 is not the YAML that is expected (a text holds an escape that"),
    ("status: Active", "[status]: Active", "line 11 is not the YAML that is expected (a key is no single word or text"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "said"), WRONG)
def test_what_is_wrong_is_said_with_its_line_and_what_to_do(folder: Path, good: str, bad: str, said: str) -> None:
    assert good in GOOD
    with pytest.raises(OverrideError) as raised:
        read(folder, GOOD.replace(good, bad))
    message = str(raised.value)
    assert message.startswith("acme/Contact.yaml")
    assert said in message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "acme/Contact.yaml is not in UTF-8: save it as UTF-8."),
        ("", "line 1: the file is no group of settings: write it as docs/mapping.md shows."),
        ("- 1", "line 1: the file is no group of settings"),
        (GOOD + "---\na: 1\n", "line 14 is not the YAML that is expected"),
        ("#" * (MAX_BYTES + 1), "is no text file of at most 256 KiB: correct or remove it."),
        ("[" * 10_000, "line 1 is not the YAML that is expected (it is nested too deeply)"),
        ("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "line 2 is not the YAML that is expected (an alias (*) is not ta"),
    ],
)
def test_a_file_that_is_no_override_at_all(folder: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(OverrideError) as raised:
        read(folder, content)
    assert said in str(raised.value)


def test_no_file_is_no_override_and_a_folder_is_refused(folder: Path) -> None:
    assert load(folder, catalogue.SITE) is None
    assert load(folder.parent / "nobody", catalogue.SITE) is None
    (folder / "Site.yaml").mkdir()
    with pytest.raises(OverrideError, match="is no text file"):
        load(folder, catalogue.SITE)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.text(), st.binary()))
def test_any_content_is_taken_or_refused_in_one_line(folder: Path, content: str | bytes) -> None:
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    with pytest.raises(OverrideError) as raised:
        read(folder, content)
    assert str(raised.value).isprintable()


def test_an_earlier_choice_comes_after_an_alias_and_before_likeness() -> None:
    earlier = {
        "cst": Earlier(chosen=True, target="name"), "frstname": Earlier(chosen=True, target="firstName"),
        "custnm": Earlier(chosen=True, target=None), "email": Earlier(chosen=True, target="name"),
        "wrkph": Earlier(chosen=True, target="phones"), "gone": Earlier(chosen=True, target="noField"),
    }  # fmt: skip
    headers = ["CST", "Cust Nm", "Email", "Wrk Ph", "Gone"]
    mapping = map_headers(catalogue.CONTACT, headers, Known(earlier=earlier))
    assert mapping.columns == {"name": [0], "emails": [2], "phones": [3]}
    assert {place: choice.source for place, choice in mapping.choices.items()} == {
        0: "earlier", 1: "earlier", 2: "alias", 3: "earlier",
    }  # fmt: skip
    # A field that has its column takes no second one.
    assert map_headers(catalogue.CONTACT, ["Customer", *headers], Known(earlier=earlier)).columns["name"] == [0]


def test_what_was_decided_of_rows_that_come_again_is_after_the_override_and_before_a_name(folder: Path) -> None:
    override = read(folder, "version: 1\ntype: Contact\ncolumns:\n  - {header: Nick, field: title}\n")
    decided = {"name": None, "Company": "name", "Nick": "source", "Email": "noField"}
    mapping = map_headers(
        catalogue.CONTACT, ["name", "Company", "company ", "Nick", "Email"], Known(override, decided=decided)
    )
    assert mapping.columns == {"name": [1], "company": [2], "title": [3], "emails": [4]}
    assert [mapping.choices[place].source for place in range(5)] == [
        "override",
        "override",
        "alias",
        "override",
        "alias",
    ]


def test_the_order_of_an_earlier_file_is_kept_apart_from_a_stated_one() -> None:
    known = Known(earlier={"installed": Earlier(order="DMY"), "name": Earlier(order="DMY")})
    mapping = decide(catalogue.ASSET, ["Name", "Type", "Site", "Installed"], known)
    assert (mapping.orders, mapping.earlier_orders) == ({}, {"installDate": "DMY"})
    assert mapping.choices[3] == Choice("alias")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headers=st.lists(st.text(min_size=1, max_size=60), unique_by=str.casefold, min_size=1, max_size=8))
def test_a_draft_of_any_headers_can_be_read_and_decides_the_same(folder: Path, headers: list[str]) -> None:
    told = [header for header in headers if header.isprintable() and any(map(str.isalnum, header))]
    headers = [*told, "name", "emails"]
    headers = list({"".join(filter(str.isalnum, header.casefold())): header for header in headers}.values())
    mapping = decide(catalogue.CONTACT, headers)
    again = decide(catalogue.CONTACT, headers, Known(read(folder, draft(mapping, "Contact.csv"))))
    assert again.columns == mapping.columns
    assert again.notes == []


def test_a_draft_keeps_what_a_person_decided(folder: Path) -> None:
    override = read(folder, GOOD)
    mapping = decide(catalogue.CONTACT, ["Cust Nm", "Mail", "Phone", "Fax", "E-Mail Adress"], Known(override))
    text = draft(mapping, "customers.csv", override)
    assert (
        read(folder, text).content.model_dump()
        == override.content.model_copy(update={"columns": read(folder, text).content.columns}).model_dump()
    )
    assert read(folder, text).content.columns[:3] == override.content.columns
    assert "  # similar, 0.92\n  - header: E-Mail Adress\n    field: emails\n" in text
    assert "Missing" not in text
    assert "# Missing: a column for the required field name." in draft(decide(catalogue.CONTACT, ["Email"]), "x.csv")
