"""Which regular expressions a field may ask for: those that Rust's engine and PostgreSQL's read alike, in any form.

What belongs here: the common ground of the two engines. What does not: which fields have a pattern (`schema`).
"""

from __future__ import annotations

import re

import polars as pl

MAX_LENGTH = 200
MAX_COUNT = 255
MAX_PRODUCT = 2500
"""Of all counts: what a form's answer is still judged by, in `form_answer_fits()`."""
_ESCAPES = "dDwWsStnr"
_ESCAPES_IN_CLASS = "dwstnr"
_QUANTIFIER = re.compile(r"[*+?]|\{(\d+)(?:,(\d*))?\}")
_SET_OPERATION = re.compile(r"&&|--|~~")


class UnusablePattern(ValueError):
    """Say why a pattern is refused, without a full stop."""


def check(pattern: str) -> None:
    """Refuse a pattern that one of the engines does not know, or that they read differently.

    Raises:
        UnusablePattern: With what to write instead.
    """
    if len(pattern) > MAX_LENGTH:
        raise UnusablePattern(f"is longer than {MAX_LENGTH} characters: shorten it")
    try:
        pl.Series([""]).str.contains(pattern)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        lines = str(error).strip().splitlines()
        said = next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), lines[0])
        raise UnusablePattern(f"is no regular expression ({said}): correct it") from None
    _Walk(pattern).to_the_end()


class _Walk:
    """One way through a pattern that Rust's engine has taken, looking for what PostgreSQL's would not."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.product = 1

    def to_the_end(self) -> None:
        """Walk."""
        after_atom = False
        while self.at < len(self.pattern):
            character = self.pattern[self.at]
            if quantifier := _QUANTIFIER.match(self.pattern, self.at):
                if not after_atom:
                    raise UnusablePattern("repeats a repetition or an anchor: put what is repeated into (?:…)")
                self._repetition(quantifier)
                after_atom = False
                continue
            if character == "(":
                self._group()
            elif character == "[":
                self._class()
            elif character == "\\":
                self._escape(_ESCAPES)
            elif character in "{}]":
                raise UnusablePattern(f"holds a bare {character}: write \\{character}")
            else:
                self.at += 1
            after_atom = character not in "(|^$"

    def _repetition(self, quantifier: re.Match[str]) -> None:
        counts = [int(count) for count in quantifier.groups() if count]
        self.product *= max(counts[-1:] or [1])
        if max(counts, default=0) > MAX_COUNT or self.product > MAX_PRODUCT:
            raise UnusablePattern(
                f"has a count above {MAX_COUNT}, or counts that multiply to more than {MAX_PRODUCT}: write + or * and "
                "a rule min_length or max_length"
            )
        self.at = quantifier.end()
        if self.pattern[self.at : self.at + 1] == "?":
            self.at += 1

    def _group(self) -> None:
        if self.pattern[self.at + 1 : self.at + 2] == "?" and self.pattern[self.at + 2 : self.at + 3] != ":":
            raise UnusablePattern("has a group of another kind than (…) and (?:…): write one of these")
        self.at += 3 if self.pattern[self.at + 1 : self.at + 2] == "?" else 1

    def _class(self) -> None:
        self.at += 1
        if self.pattern[self.at] == "^":
            self.at += 1
        if self.pattern[self.at] in "]-":
            raise UnusablePattern(f"has a {self.pattern[self.at]} at the start of [ ]: write \\{self.pattern[self.at]}")
        while self.pattern[self.at] != "]":
            if self.pattern[self.at] == "[" or _SET_OPERATION.match(self.pattern, self.at):
                raise UnusablePattern("has a set within [ ]: write \\[ for the character, or (a|b) for two sets")
            if self.pattern[self.at] == "\\":
                self._escape(_ESCAPES_IN_CLASS)
            else:
                self.at += 1
        self.at += 1

    def _escape(self, letters: str) -> None:
        character = self.pattern[self.at + 1]
        if character.isalnum() and character not in letters:
            known = ", ".join(f"\\{letter}" for letter in letters)
            raise UnusablePattern(f"has \\{character} where only {known} are known: write it another way")
        if not character.isascii():
            raise UnusablePattern("escapes a letter that needs no escape: take the \\ out")
        self.at += 2
