"""PostgreSQL's lexical rules, as far as a migration runner needs them.

What belongs here: where a statement begins and ends, what of it is comment, when two texts are the same SQL.
What does not: files, versions, databases. The rules are those of the manual's chapter "Lexical Structure"
and, for what a semicolon ends, those of psql.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# Possessive quantifiers: an unterminated literal must fail at once, not after trying every way to divide it.
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\n\r\f\v]+)
    | (?P<comment>--[^\n]*)
    | (?P<block>/\*)
    # A literal goes on after a line break and keeps its kind: E'a' <newline> '\'' is one string.
    | (?P<escape>[eE]'(?:[^'\\]++|\\.|'')*+'
        (?:(?:[ \t\f\v]|--[^\n]*)*+\n(?:[ \t\n\f\v]|--[^\n]*\n)*+'(?:[^'\\]++|\\.|'')*+')*)
    | (?P<string>'(?:[^']++|'')*+')
    | (?P<identifier>"(?:[^"]++|"")*+")
    | (?P<dollar>\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$)
    | (?P<unterminated>[eE]?'|"|\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$)
    # A dollar sign inside a word quotes nothing: a$b$c is an identifier.
    | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    | (?P<number>[0-9][A-Za-z0-9_\x80-\U0010ffff]*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_INSIGNIFICANT = frozenset({"space", "comment", "block"})


class Token(NamedTuple):
    """Give one token's kind (a group of `_TOKEN`) and its place in the text."""

    kind: str
    start: int
    end: int


class UnterminatedError(ValueError):
    """Give the line where a literal, quoted name or comment begins that never ends."""

    def __init__(self, line: int) -> None:
        """Keep the line, counted from 1, for the caller, who knows the file."""
        super().__init__(f"unterminated quote or comment in line {line}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold one statement as it stands between two semicolons, comments included.

    `line` is the line, from 1, on which `text` begins; `code` is where in `text` the first token stands that
    is no comment, or None when there is none, as at a file's end.
    """

    text: str
    line: int
    code: int | None

    def line_at(self, position: int | None) -> int:
        """Turn PostgreSQL's error position (characters, from 1) into a line; without one, give the code's."""
        offset = (self.code or 0) if position is None else position - 1
        return self.line + self.text.count("\n", 0, offset)

    def words(self, count: int) -> tuple[str, ...]:
        """Give the first tokens in upper case: they name the command."""
        tokens = islice(_significant(self.text), count)
        return tuple(self.text[token.start : token.end].upper() for token in tokens)


def split(sql: str) -> tuple[Statement, ...]:
    """Split a script at the semicolons that end statements; comments stay, as in Supabase's ledger.

    Raises:
        UnterminatedError: a literal, quoted name or comment is not closed.
    """
    edges = [0]
    nesting = _Nesting()
    for token in _tokens(sql):
        if token.kind == "unterminated":
            raise UnterminatedError(_line(sql, token.start))
        if token.kind in _INSIGNIFICANT:
            continue
        text = sql[token.start : token.end]
        if text == ";" and not nesting.is_open:
            edges.append(token.end)
            nesting = _Nesting()
        else:
            nesting.follow(text)
    edges.append(len(sql))
    pieces = (_statement(sql, start, end) for start, end in pairwise(edges))
    return tuple(piece for piece in pieces if piece.text)


def fingerprint(sql: str) -> tuple[str, ...]:
    """Give the tokens that matter: texts compare equal however they were laid out, commented and split.

    Semicolons are left out: the Supabase CLI takes them off the statements that it records. What stands
    inside a literal, function bodies included, counts to the letter, its line ends aside.
    """
    text = sql.replace("\r\n", "\n")
    return tuple(text[start:end] for _, start, end in _significant(text) if text[start:end] != ";")


class _Nesting:
    """Know when a semicolon ends no statement: in parentheses (CREATE RULE) and in the body of BEGIN ATOMIC.

    There, CASE needs an END too. Elsewhere BEGIN and END are commands or names.
    """

    def __init__(self) -> None:
        self._parentheses = 0
        self._blocks = 0
        self._previous = ""

    @property
    def is_open(self) -> bool:
        return self._parentheses > 0 or self._blocks > 0

    def follow(self, text: str) -> None:
        word = text.upper()
        if word == "(":
            self._parentheses += 1
        elif word == ")":
            self._parentheses = max(0, self._parentheses - 1)
        elif (word == "ATOMIC" and self._previous == "BEGIN") or (word == "CASE" and self._blocks):
            self._blocks += 1
        elif word == "END":
            self._blocks = max(0, self._blocks - 1)
        self._previous = word


def _tokens(sql: str) -> Iterator[Token]:
    at = 0
    while match := _TOKEN.match(sql, at):
        kind, end = match.lastgroup or "other", match.end()
        if kind == "block":
            end = _end_of_block(sql, at)
        if end is None or kind == "unterminated":
            kind, end = "unterminated", len(sql)
        yield Token(kind, at, end)
        at = end


def _end_of_block(sql: str, start: int) -> int | None:
    depth = 0
    for edge in _BLOCK_EDGE.finditer(sql, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return None


def _significant(sql: str) -> Iterator[Token]:
    return (token for token in _tokens(sql) if token.kind not in _INSIGNIFICANT)


def _statement(sql: str, start: int, end: int) -> Statement:
    piece = sql[start:end].removesuffix(";")
    text = piece.strip()
    begin = start + len(piece) - len(piece.lstrip())
    first = next(_significant(text), None)
    return Statement(text, _line(sql, begin), first.start if first else None)


def _line(sql: str, position: int) -> int:
    return sql.count("\n", 0, position) + 1
