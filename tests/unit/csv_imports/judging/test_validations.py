"""A contractor's own rules: what they may say, what they may not, and that none takes longer than its text."""

from __future__ import annotations

import time

import polars as pl
import pytest

from assets.csv_imports.judging import validations
from assets.csv_imports.judging.judge import Judge
from assets.csv_imports.judging.validations import UnusableRule
from assets.csv_imports.mapping.decision import Validation
from tests.unit.csv_imports.conftest import batch, mapped

PLAN = ("plan", "customer", "start", "end", "duration", "price", "status")
GOOD = ("Gold", "Ann", "3/1/2026", "3/1/2027", "12", "$100", "New")
FIX = " Correct it in row 1 and send the fix file."


def verdict(rule: Validation, row: tuple[str, ...] = GOOD) -> tuple[str, str | None, str | None]:
    mapping = mapped("ServicePlanInstance", PLAN)
    mapping.validations.append(rule)
    (found,) = Judge(mapping).judge(batch([row], len(PLAN))).iter_rows(named=True)
    return found["status"], found["error_message"], found["invalid_fields"]


def refused(rule: Validation) -> str:
    mapping = mapped("ServicePlanInstance", PLAN)
    mapping.validations.append(rule)
    with pytest.raises(UnusableRule) as error:
        Judge(mapping)
    return str(error.value)


@pytest.mark.parametrize(
    ("sql", "status"),
    [
        ("totalPrice > 0", "valid"), ("totalPrice > 100", "error"), ("endDate >= startDate", "valid"),
        ("startDate > DATE '2026-03-01'", "error"), ("startDate + INTERVAL '1 year' = endDate", "valid"),
        ("status IN ('New', 'Old') AND durationMonths BETWEEN 1 AND 12", "valid"), ("status LIKE 'N%'", "valid"),
        ("status ~ '^[A-Z][a-z]+$'", "valid"), (r"status ~ '^\d+$'", "error"),
        ("NOT (durationMonths % 12 = 0)", "error"),
        ("CASE WHEN status = 'New' THEN totalPrice < 50 ELSE true END", "error"), ("status <> 'it''s'", "valid"),
        ("EXTRACT(YEAR FROM startDate) = 2026", "valid"), ("TRY_CAST(status AS INT) > 5", "valid"),
        ('"servicePlanId" = UPPER(servicePlanId)', "error"), ("null", "valid"), ("false", "error"),
        ("COALESCE(LENGTH(status), 0) <= 3", "valid"), ("durationMonths IS NOT NULL", "valid"),
    ],
)  # fmt: skip
def test_an_expression_must_not_be_false(sql: str, status: str) -> None:
    found = verdict(Validation("totalPrice", sql=sql, message="prices are checked"))
    assert found == (
        ("error", 'price "$100": prices are checked.' + FIX, '{"totalPrice"}') if status == "error" else
        ("valid", None, None)
    )  # fmt: skip


def test_what_is_unknown_is_not_false() -> None:
    assert verdict(Validation("totalPrice", sql="totalPrice > 0"), (*GOOD[:5], "", "New"))[0] == "valid"
    rule = Validation("totalPrice", sql="totalPrice IS NOT NULL")
    assert verdict(rule, (*GOOD[:5], "", "New"))[1] == "price: it must hold that totalPrice IS NOT NULL." + FIX


def test_each_row_of_a_batch_stands_for_itself() -> None:
    mapping = mapped("ServicePlanInstance", PLAN)
    mapping.validations += [Validation("totalPrice", sql="totalPrice < durationMonths"), Validation("status", "[A-Z]+")]
    rows = [(*GOOD[:4], str(n), str(n % 3), "A" if n % 2 else "a") for n in range(1, 31)]
    found = Judge(mapping).judge(batch(rows, len(PLAN)))
    assert found["invalid_fields"].to_list() == [
        "{" + ",".join(f'"{name}"' for name, bad in (("totalPrice", n % 3 >= n), ("status", n % 2 == 0)) if bad) + "}"
        if n % 3 >= n or n % 2 == 0 else None
        for n in range(1, 31)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("regex", "status", "valid"),
    [
        ("New|Old", "New", True), ("New|Old", "Newer", False), ("New|Old", "a New", False), ("(?i)new", "NEW", True),
        ("^N.*w$", "New", True), (".*", "a\nb", False), ("(?s).*", "a\nb", True), ("", "x", False),
        ("[^0-9]*", "é", True),
    ],
)  # fmt: skip
def test_a_pattern_must_match_the_whole_text(regex: str, status: str, valid: bool) -> None:  # noqa: FBT001
    found = verdict(Validation("status", regex), (*GOOD[:6], status))
    assert found[0] == ("valid" if valid else "error")


def test_a_pattern_says_which_one_it_is_or_what_the_contractor_wrote() -> None:
    row = (*GOOD[:6], "x")
    assert verdict(Validation("status", "[0-9]{3}"), row)[1] == 'status "x": it does not match [0-9]{3}.' + FIX
    told = Validation("status", "[0-9]{3}", message="a status {value} has three digits.")
    assert verdict(told, row)[1] == 'status "x": a status {value} has three digits.' + FIX


def test_a_field_that_breaks_several_rules_is_named_once() -> None:
    mapping = mapped("ServicePlanInstance", PLAN)
    mapping.validations += [Validation("status", "[0-9]+"), Validation("status", sql="status <> 'x'")]
    mapping.allowed["status"] = ["7"]
    (found,) = Judge(mapping).judge(batch([(*GOOD[:6], "x")], len(PLAN))).iter_rows(named=True)
    assert found["invalid_fields"] == '{"status"}'
    assert found["error_message"].count('status "x"') == 3


def test_a_message_may_say_what_to_do() -> None:
    told = Validation("status", "[0-9]{3}", message="the status has three digits. Look at the plate.")
    assert verdict(told, (*GOOD[:6], "x"))[1] == (
        'status "x": the status has three digits. Look at the plate in row 1 and send the fix file.'
    )


def test_every_element_of_a_list_must_match() -> None:
    mapping = mapped("Contact", ("name", "email"))
    mapping.validations.append(Validation("emails", ".*@ours[.]com"))
    rows = [("A", "a@ours.com"), ("B", "b@ours.com; b@theirs.com"), ("C", "c@theirs.com")]
    assert Judge(mapping).judge(batch(rows, 2))["status"].to_list() == ["valid", "error", "error"]


@pytest.mark.parametrize("regex", ["(a+)+$", "(a|aa)+", "(a*)*b", ".*.*.*.*x", "(a{1,50}){1,50}"])
def test_no_pattern_takes_for_ever(regex: str) -> None:
    frame = pl.DataFrame({"status": ["a" * 100_000 + "!"] * 10})
    began = time.monotonic()
    assert not validations.holds(Validation("status", regex), frame).any()
    assert time.monotonic() - began < 2, "time grows with the text and no faster"


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("read_csv('/etc/passwd') = 'x'", 'the function "read_csv" is not allowed'),
        ("status = (SELECT 1)", '"SELECT" is no field'), ("EXISTS (SELECT 1)", 'the function "EXISTS" is not allowed'),
        ("status IN (SELECT status FROM self)", '"SELECT" is no field'),
        ("GENERATE_SERIES(1, 1000000000) > 0", 'the function "GENERATE_SERIES" is not allowed'),
        ("LPAD(status, 100000000000, 'x') = 'x'", 'the function "LPAD" is not allowed'),
        ("SUM(totalPrice) > 0", 'the function "SUM" is not allowed'),
        ("COUNT(*) > 1", 'the function "COUNT" is not allowed'),
        ("ROW_NUMBER() OVER () > 1", 'the function "ROW_NUMBER" is not allowed'),
        ("MAX (totalPrice) > 1", 'the function "MAX" is not allowed'), ("true; DROP TABLE x", "is not understood"),
        ("true -- x", "is not understood"), ("true /* x */", "is not understood"), ("*", "unable to parse"),
        ("COLUMNS('.*') = 'x'", 'the function "COLUMNS" is not allowed'), ("self.status = 'x'", '"self" is no field'),
        ("nosuch = 1", '"nosuch" is no field'), ('"nosuch" = 1', '"nosuch" is no field'),
        ("Status = 'x'", '"Status" is no'),
        ("status", "neither true nor false"), ("'a'", "neither true nor false"), ("NOT status", "cannot be applied"),
        ("status > 1", "cannot compare"), ("startDate > '2026-01-01'", "cannot compare"), ("", "unable to parse"),
        ("status ~ '('", "unclosed group"), ("status = 'x", "is not understood"),
        ("$$x$$ = status", "is not understood"),
        ("(" * 900 + "true" + ")" * 90, "unable to parse"), ("status = '" + "x" * 1000 + "'", "longer than 1,000"),
        ("CAST(status AS INT) > 1", 'the function "CAST" is not allowed'), ("true, status", "unexpected token"),
    ],
)  # fmt: skip
def test_an_expression_can_only_judge_its_row(sql: str, why: str) -> None:
    said = refused(Validation("status", sql=sql))
    assert why in said
    assert said.isprintable()
    assert len(said) < 500


@pytest.mark.parametrize(
    ("regex", "why"),
    [
        ("a)|(b", "unopened group"), ("(", "unclosed group"), ("(?x)a # b", "unclosed group"),
        ("(?=a)b", "look-around"), (r"(a)\1", "backreferences"), ("a{1000}{1000}", "size limit"),
        ("a" * 1001, "longer than"),
    ],
)  # fmt: skip
def test_a_pattern_that_cannot_be_read_is_refused(regex: str, why: str) -> None:
    assert why in refused(Validation("status", regex))


def test_a_rule_is_one_of_the_two_and_of_a_field_that_there_is() -> None:
    assert "either a regex or a sql expression" in refused(Validation("status"))
    assert "either a regex or a sql expression" in refused(Validation("status", "x", "true"))
    assert '"color"' in refused(Validation("color", "x"))


def test_a_rule_that_fails_on_a_value_does_not_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = mapped("ServicePlanInstance", PLAN)
    mapping.validations.append(Validation("status", sql="DATE(status) > startDate"))
    monkeypatch.setattr(validations, "check", lambda *_: None)
    with pytest.raises(UnusableRule) as error:
        Judge(mapping).judge(batch([(*GOOD[:6], "secret")], len(PLAN)))
    assert "it fails on some of the values" in str(error.value)
    assert "secret" not in str(error.value)
