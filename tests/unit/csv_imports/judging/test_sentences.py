"""Sentences: how what is wrong with a row becomes one message, and what a misspelt word was meant to be."""

from __future__ import annotations

import polars as pl
import pytest

from assets.csv_imports.judging import sentences, validations
from tests.conftest import ROOT

RULES = (ROOT / "docs" / "rules.md").read_text("utf-8")


@pytest.mark.parametrize(("rule", "sentence"), sentences.SENTENCES.items())
def test_a_sentence_is_what_is_wrong_and_what_to_do(rule: str, sentence: str) -> None:
    what, action = sentences.split(sentence)
    assert what.startswith(("{header}", "{headers}"))
    assert (action is None) == what.endswith("; sent as it is"), "a doubt asks for nothing"
    if action is not None:
        assert action[0].isupper()
        assert not action.endswith(".")
    assert "{value}" not in sentences.without_values(what)
    # Whatever a cause is made of is known without the row.
    cause = sentences.without_values(what)
    assert cause.format(header="Email", headers="Email", other=sentences.NAMELESS.get(rule, "A, B"), hint="")


@pytest.mark.parametrize("rule", [*sentences.SENTENCES, "repaired"])
def test_every_rule_is_written_down(rule: str) -> None:
    assert f"`{rule}`" in RULES
    what, action = sentences.split(sentences.SENTENCES.get(rule, "{header}"))
    said = next(line for line in RULES.splitlines() if line.startswith("|") and f"`{rule}`" in line)
    pieces = what.replace("{hint}", "{other}").replace("{value}", "{other}").replace("{headers}", "{header}")
    for piece in pieces.replace("{header}", "{other}").split("{other}"):
        assert piece.strip('" :') in said
    assert (action or "") in said


def test_every_function_of_an_expression_is_written_down() -> None:
    assert not [name for name in validations.FUNCTIONS if f"`{name.upper()}`" not in RULES]


def message(found: str, count: int, action: str) -> str:
    frame = pl.DataFrame({"found": [found], "count": [count], "action": [action], "number": [17]})
    return frame.select(sentences.message(*map(pl.col, ("found", "count", "action", "number")))).item()


def test_one_finding_says_its_own_action_and_several_share_one() -> None:
    assert message('Email "jon@@x.com" is not an e-mail address.', 1, "Correct it") == (
        'Email "jon@@x.com" is not an e-mail address. Correct it in row 17 and send the fix file.'
    )
    assert message("Email is missing.", 1, "Add it") == "Email is missing. Add it in row 17 and send the fix file."
    assert message("Email is missing. Phone is missing.", 2, "Add it") == (
        "Email is missing. Phone is missing. Correct them in row 17 and send the fix file."
    )


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            "The row has too few cells: 5 where the header has 6. Align its columns",
            "The row has too few cells: 5 where the header has 6. Align its columns in row 9 and send the fix file.",
        ),
        ("The row is empty. Delete it.", "The row is empty. Delete it in row 9 and send the fix file."),
        ("The row is odd", "The row is odd. Correct it in row 9 and send the fix file."),
    ],
)
def test_a_fault_of_reading_takes_the_same_form(problem: str, said: str) -> None:
    frame = pl.DataFrame({"problem": [problem], "number": [9]})
    assert frame.select(sentences.fault_message(pl.col("problem"), pl.col("number"))).item() == said


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("Actve", "Active"),
        ("INACTIV", "Inactive"),
        ("lead!", "Lead"),
        ("Pending", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_a_misspelt_word_is_held_against_those_that_are_known(value: str, meant: str | None) -> None:
    assert sentences.did_you_mean(value, ("Active", "Inactive", "Lead")) == meant


def test_a_sentence_that_asks_keeps_its_question_mark() -> None:
    assert sentences.ended('did you mean "Active"?') == 'did you mean "Active"?'
    assert sentences.ended("It is missing") == "It is missing."
