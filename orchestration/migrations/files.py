"""The migration files of a folder, read and found fit to be applied and rolled back.

What belongs here: the files' names, numbers and two sections. What does not: databases, and what was
applied already.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.migrations.errors import (
    DuplicateNumberError,
    MalformedMigrationError,
    MigrationGapError,
    MissingDownSectionError,
)
from orchestration.migrations.statements import Statement, UnterminatedError, fingerprint, split

if TYPE_CHECKING:
    from pathlib import Path

SHIM = "shim.sql"
OPTIONAL = "optional"
DOWN_MARKER = "-- Down Migration"
_FIRST_OPTIONAL = 900
_NAME = re.compile(r"(?P<version>[0-9]{3})_(?P<name>[a-z0-9_]+)\.sql")
# A transaction command would part the file from its ledger row, and give up the lock in the middle.
_OWN_TRANSACTION = "each file runs in a transaction of its own"
_REFUSED: dict[tuple[str, ...], str] = {
    ("ABORT",): _OWN_TRANSACTION,
    ("BEGIN",): _OWN_TRANSACTION,
    ("COMMIT",): _OWN_TRANSACTION,
    ("END",): _OWN_TRANSACTION,
    ("PREPARE", "TRANSACTION"): _OWN_TRANSACTION,
    ("ROLLBACK",): _OWN_TRANSACTION,
    ("START",): _OWN_TRANSACTION,
    ("COPY",): "there is no client to send or take the data; use INSERT",
}


@dataclass(frozen=True, slots=True)
class Migration:
    """Hold one file: what applies it, what rolls it back, and its SQL in a comparable form."""

    version: str
    name: str
    file: str
    statements: tuple[Statement, ...]
    down: tuple[Statement, ...]
    fingerprint: tuple[str, ...]

    @property
    def number(self) -> int:
        """Give the version as a number, from 1."""
        return int(self.version)

    @property
    def is_optional(self) -> bool:
        """Say whether it is applied only where an operator chooses it."""
        return self.number >= _FIRST_OPTIONAL


def read_folder(directory: Path) -> list[Migration]:
    """Read every migration of a folder in order, to find a faulty file before the first one is applied.

    The optional ones of its subfolder come last: each stands on all the others, and on no other optional one.

    Raises:
        MalformedMigrationError: a name, an encoding, a literal without end, a transaction command.
        DuplicateNumberError: two files of one number.
        MigrationGapError: the numbers are not 001 to N.
        MissingDownSectionError: a file has no Down section.
    """
    if not directory.is_dir():
        raise MalformedMigrationError(f"{directory}: no such folder; name the one that holds the migrations")
    paths = sorted(path for path in directory.iterdir() if _is_migration(path))
    _check_numbers([path.name for path in paths])
    optional = sorted(path for path in (directory / OPTIONAL).glob("*") if _is_migration(path))
    _check_optional([path.name for path in optional])
    return [_read(path) for path in (*paths, *optional)]


def read_shim(directory: Path) -> tuple[Statement, ...]:
    """Read the shim's statements; a folder without one is meant for Supabase alone."""
    path = directory / SHIM
    return _split(path.name, _text(path)) if path.exists() else ()


def _is_migration(path: Path) -> bool:
    # Editors and operating systems leave hidden files of their own beside those they touch.
    return path.suffix.lower() == ".sql" and path.name != SHIM and not path.name.startswith(".")


def _check_numbers(names: list[str]) -> None:
    previous = ""
    for name in names:
        match = _NAME.fullmatch(name)
        if not match:
            raise MalformedMigrationError(f"{name}: not a migration's name; name it like 004_add_something.sql")
        if previous[:3] == match["version"]:
            raise DuplicateNumberError(f"{previous} and {name} have one number; renumber the newer one")
        expected = int(previous[:3] or 0) + 1
        if int(match["version"]) != expected:
            raise MigrationGapError(
                f"{name}: number {expected:03} is missing before it; restore that file or renumber this one"
            )
        previous = name


def _check_optional(names: list[str]) -> None:
    previous = ""
    for name in names:
        if not _NAME.fullmatch(name) or int(name[:3]) < _FIRST_OPTIONAL:
            raise MalformedMigrationError(
                f"{OPTIONAL}/{name}: not an optional migration's name; name it like {_FIRST_OPTIONAL}_some_option.sql"
            )
        if previous[:3] == name[:3]:
            raise DuplicateNumberError(f"{previous} and {name} have one number; renumber the newer one")
        previous = name


def _read(path: Path) -> Migration:
    version, _, name = path.stem.partition("_")
    text = _text(path)
    statements = _split(path.name, text)
    down = _split(path.name, _down_section(path.name, text))
    if all(statement.code is None for statement in down):
        raise MissingDownSectionError(
            f"{path.name}: no Down section; "
            f"end the file with the line '{DOWN_MARKER}' and, commented out, what undoes it"
        )
    return Migration(version, name, path.name, statements, down, fingerprint(text))


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise MalformedMigrationError(f"{path.name}: not UTF-8 at byte {exc.start}; save it so") from exc
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise MalformedMigrationError(f"{path.name}, line {line}: a NUL character; take it out")
    return text


def _down_section(file: str, text: str) -> str:
    """Uncomment the Down section and keep each line where it stands, so that errors name the file's lines."""
    lines = text.split("\n")
    marker = next((at for at, line in enumerate(lines) if line.rstrip() == DOWN_MARKER), None)
    if marker is None:
        return ""
    section = [""] * (marker + 1)
    for number, line in enumerate(lines[marker + 1 :], start=marker + 2):
        if line.strip() and not line.startswith("-- ") and line.rstrip() != "--":
            raise MalformedMigrationError(
                f"{file}, line {number}: the Down section is comments to the end of the file; "
                "begin the line with '-- ', or move it above"
            )
        section.append(line[3:])
    return "\n".join(section)


def _split(file: str, text: str) -> tuple[Statement, ...]:
    try:
        statements = split(text)
    except UnterminatedError as exc:
        raise MalformedMigrationError(
            f"{file}, line {exc.line}: a quote or comment begins here and never ends; close it"
        ) from exc
    for statement in statements:
        words = statement.words(2)
        reason = _REFUSED.get(words[:1]) or _REFUSED.get(words)
        if reason:
            raise MalformedMigrationError(
                f"{file}, line {statement.line_at(None)}: {words[0]} in a migration; take it out, {reason}"
            )
    return statements
