"""Every rule's sentence stands in both languages, and every cause that an import notes is translated."""

from __future__ import annotations

import re
import string

import pytest

from assets.csv_imports.files import rows, splitting
from assets.csv_imports.judging import attempts, sentences, sites
from assets.outbox import spanish
from assets.sql import statements

DOUBTS = ("placeholder", "negative_amount", "huge_amount", "period", "future", "state", "zip_state")
ERRORS = sorted(set(sentences.SENTENCES) - set(DOUBTS))
PROBLEMS = [
    rows.problem(["a"], ["a", "b"]), rows.problem(["a"] * 3, ["a", "b"]), rows.problem(["", ""], ["a", "b"]),
    rows.problem(["\x00", "b"], ["a", "b"]), rows.problem(["a", "b"], ["a", "b"]), splitting.TOO_LONG,
    splitting.UNCLOSED, splitting.STRAY,
]  # fmt: skip


def names_in(sentence: str) -> set[str]:
    return {name for _, name, *_ in string.Formatter().parse(sentence) if name}


def test_there_is_a_sentence_for_every_rule() -> None:
    assert set(spanish.SENTENCES) == set(sentences.SENTENCES)


@pytest.mark.parametrize("rule", sorted(sentences.SENTENCES))
def test_it_says_what_the_english_one_says(rule: str) -> None:
    english, other = sentences.SENTENCES[rule], spanish.SENTENCES[rule]
    assert names_in(english) == names_in(other)
    assert bool(sentences.split(english)[1]) == bool(sentences.split(other)[1])
    assert english != other


@pytest.mark.parametrize("rule", [rule for rule in ERRORS if rule != "own"])
def test_a_cause_of_a_rule_is_translated_with_the_names_that_it_holds(rule: str) -> None:
    what, action = sentences.split(sentences.SENTENCES[rule])
    cause = sentences.without_values(what).format(header="Phone (2)", headers="Phone (2)", other="Gas, Oil", hint="")
    translated, to_do = spanish.translated(cause, rule)
    assert translated != cause
    assert "Phone (2)" in translated
    assert ("Gas, Oil" in translated) == ("{other}" in what)
    assert "{" not in translated
    assert to_do == sentences.split(spanish.SENTENCES[rule])[1]
    assert spanish.action(cause, rule) == action


def test_headers_are_joined_in_spanish_and_stay_as_they_are() -> None:
    assert spanish.translated("E-mail and Cell are all empty", "one_of")[0] == "E-mail y Cell están todos vacíos"
    kept = "Cell and work and E-mail"
    assert spanish.translated(f"{kept} are all empty", "one_of")[0] == f"{kept} están todos vacíos"


def test_what_a_contractor_wrote_stays_as_it_is() -> None:
    assert spanish.translated("Serial: look at the plate", "own") == ("Serial: look at the plate", "Corríjalo")
    assert spanish.translated("Whatever an older version said", "a_rule_of_old") == (
        "Whatever an older version said", "Corríjalo"
    )  # fmt: skip
    assert spanish.action("Whatever an older version said", "a_rule_of_old") == "Correct it"


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_is_wrong_with_a_whole_record_is_translated(problem: str) -> None:
    cause, to_do = problem.partition(".")[0].partition(":")[0], problem.rstrip(".").rpartition(". ")[2]
    assert cause in spanish.RECORDS
    assert spanish.action(cause, "unreadable") == to_do
    assert cause not in spanish.translated(cause, "unreadable")


@pytest.mark.parametrize("cause", [sites._CAUSE[0], attempts._UNKNOWN[0]])
def test_so_is_what_is_wrong_with_what_it_refers_to(cause: str) -> None:
    assert cause in spanish.RECORDS


@pytest.mark.parametrize("file", ["ambiguous.sql", "taken.sql"])
def test_so_is_what_only_the_database_knows_is_wrong(file: str) -> None:
    *_, made = statements("assets.csv_imports", file)
    causes = [text.replace("''", "'") for text in re.findall(r"'((?:''|[^'])*)'", made) if " " in text]
    assert len(causes) == 1
    assert set(causes) <= set(spanish.RECORDS)
