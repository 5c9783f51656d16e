"""Patterns of fields: what two engines read alike passes, what one of them does not know is refused with a reason."""

from __future__ import annotations

import pytest

from assets.templates.patterns import UnusablePattern, check

GOOD = [
    r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "[0-9]{5}(-[0-9]{4})?",
    r"\d{3}-\d{4}|n/a",
    "(?:ab|c)*?d+",
    "^[A-Z]{2}$",
    r"a\.b\\c\{2\}",
    "[a-z-]+",
    "Größe [äöü]?",
    "x{2,}y{0,3}",
]
WRONG = {
    r"(a)\1": "is no regular expression",
    "(?=a)b": "is no regular expression",
    "(?<!a)b": "is no regular expression",
    "(": "is no regular expression",
    "x{1000}{1000}": "is no regular expression",
    "(?i)abc": "has a group of another kind",
    "(?P<year>[0-9]+)": "has a group of another kind",
    r"\bword\b": r"has \b where only",
    r"\p{L}+": r"has \p where only",
    r"\x41": r"has \x where only",
    r"[\D]": r"has \D where only",
    "[[:alpha:]]": "has a set within",
    "[a-z&&[^b]]": "has a set within",
    "[]a]": "has a ] at the start",
    "a++": "repeats a repetition",
    "a**": "repeats a repetition",
    "^*": "repeats a repetition",
    "a{256}": "has a count above 255",
    "(a{50}){51}": "has a count above 255, or counts that multiply",
    "a}": "holds a bare }",
    "a" * 201: "is longer than 200",
}


@pytest.mark.parametrize("pattern", GOOD)
def test_what_both_engines_know_passes(pattern: str) -> None:
    check(pattern)


@pytest.mark.parametrize(("pattern", "said"), WRONG.items())
def test_what_one_engine_does_not_know_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(UnusablePattern) as caught:
        check(pattern)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
