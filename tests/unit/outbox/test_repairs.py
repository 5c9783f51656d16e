"""Whatever a message says was repaired is known by its words, and by those of one kind alone."""

from __future__ import annotations

import polars as pl
import pytest

from assets import catalogue
from assets.csv_imports.judging import allowed, sentences
from assets.csv_imports.values import dates, kinds, lists, numbers
from assets.outbox import repairs
from assets.record_types import Kind


def said(repaired: pl.Series) -> list[str]:
    return repaired.drop_nulls().to_list()


def phones(*cells: str) -> list[str]:
    return said(lists.parse_phones(lists.singles(pl.Series(cells))).repairs)


def zips(*cells: str) -> list[str]:
    return said(kinds.parse(Kind.ZIP, pl.Series(cells), pl.Series(["NJ"] * len(cells))).repairs)


def as_listed() -> list[str]:
    values, meant = pl.Series(["ACTIVE"]), pl.Series(["Active"])
    return allowed._said("status", "Status", values, meant, pl.Series([True]))["sentence"].to_list()


def doubt(rule: str) -> list[str]:
    return [sentences.SENTENCES[rule].format(header="A", value="b", other="c", hint="")]


SAID = {
    "serial_date": said(dates.parse_date(pl.Series(["45365"]), "MDY")[1]),
    "labelled_date": said(dates.parse_date(pl.Series(["Installed 03/14/2021"]), "MDY")[1]),
    "short_year": said(dates.parse_date(pl.Series(["3/14/21"]), "MDY")[1]),
    "first_date": said(dates.parse_date(pl.Series(["1/1/1900"]), "MDY")[1]),
    "excel_phone": phones("3035550123.0"),
    "extension": phones("303-555-0123 x12"),
    "currency": said(numbers.parse_number(pl.Series(["€12.50"]))[1]),
    "lost_zero": zips("7102"),
    "excel_zip": zips("7102.0"),
    "listed": as_listed(),
    **{
        rule: doubt(rule)
        for rule, sentence in sentences.SENTENCES.items()
        if sentences.split(sentence)[1] is None
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_a_sentence_is_of_one_kind(name: str) -> None:
    (sentence,) = SAID[name]
    repair = repairs.BY_NAME[name]
    assert [one.name for one in repairs.REPAIRS if one.phrase in sentence] == [name]
    assert repair.before.format(header="A" if name != "listed" else "Status") in sentence
    assert repair.after in sentence


def test_every_kind_is_said_somewhere() -> None:
    assert set(SAID) == set(repairs.BY_NAME)


@pytest.mark.parametrize("repair", repairs.REPAIRS, ids=lambda repair: repair.name)
def test_it_is_named_in_both_languages_and_can_happen(repair: repairs.Repair) -> None:
    assert repair.english != repair.spanish
    asked = [
        repairs.parameters(record_type, {field.name: [field.name] for field in record_type.fields})["kinds"]
        for record_type in catalogue.TYPES
    ]
    assert any(repair.name in kinds_of_type for kinds_of_type in asked)


def test_a_file_without_columns_asks_for_nothing() -> None:
    asked = repairs.parameters(catalogue.CONTACT, {})
    assert {name for name, values in asked.items() if values} == {"blanks"}
