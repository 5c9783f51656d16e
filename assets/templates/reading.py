"""The folder of templates: which files are in it, and what each says or says wrongly.

What belongs here: files, as text that nobody has to be trusted for. What does not: the rules of their
content (`schema`), and what becomes of them in the database (`syncing`).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from assets.errors import PipelineError
from assets.templates import schema
from assets.text import printable
from assets.trades import TRADES
from assets.yaml_shape import misfits
from assets.yaml_text import YamlError, line_of, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 256 * 1024
DOCS = "docs/templates.md"
SUFFIX = ".yaml"
_ALMOST = ".yml"
_READER = hashlib.sha256(f"1 {sorted(schema.COPERNIQ_FIELDS)}".encode()).digest()
"""Goes into every hash: a file is read again once it can mean something else. The number is that of the rows' shape."""


class TemplateError(PipelineError):
    """Say why no template can be read at all."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong in a file: where, and what to do, in a sentence."""

    file: str
    line: int
    said: str

    def __str__(self) -> str:
        """Write it as compilers do, so that editors find the line."""
        return f"{self.file}:{self.line}: {self.said}"


@dataclass(frozen=True, slots=True)
class File:
    """A template's file as it was found.

    Attributes:
        shown: Its path within the folder.
        trade: The folder that it lies in.
        name: Its name without the ending, which is the template's.
        data: Its bytes.
    """

    shown: str
    trade: str
    name: str
    data: bytes

    @property
    def content_hash(self) -> str:
        """SHA-256 of what decides about the template's rows, in hex."""
        return hashlib.sha256(_READER + self.shown.encode() + b"\0" + self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Folder:
    """What lies in the folder of templates.

    Attributes:
        files: Those that can be read, by path.
        faults: Of the others.
        names: Of all files, faulty ones included: their templates have not vanished.
    """

    files: list[File]
    faults: list[Fault]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: a template, or faults; and the name that it gives itself, where it gives one."""

    template: schema.Template | None
    faults: list[Fault]
    name: str | None


def look(folder: Path) -> Folder:
    """Find the templates' files, each in the folder of its trade.

    Raises:
        TemplateError: When the folder is missing, unreadable or holds no file of a template.
    """
    root = folder.resolve()
    try:
        paths = list(_walk(root))
    except OSError as error:
        raise TemplateError(f"{folder} cannot be read ({error.strerror}): check MEP_TEMPLATES.") from None
    if not paths:
        raise TemplateError(
            f"{folder} holds no templates: write templates/<trade>/<name>.yaml ({DOCS}), or check MEP_TEMPLATES."
        )
    named: dict[str, list[Path]] = {}
    for path in paths:
        named.setdefault(path.stem, []).append(path)
    read = [_misplaced(path, root) or _doubled(path, named[path.stem], root) or _read(path, root) for path in paths]
    files = [each for each in read if isinstance(each, File)]
    return Folder(files, sorted(each for each in read if isinstance(each, Fault)), frozenset(named))


def interpret(file: File) -> Reading:
    """Read what a file says; it is a template, or all of its faults."""
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.data.count(b"\n", 0, error.start) + 1
        return Reading(None, [Fault(file.shown, line, "the file is not in UTF-8: save it as UTF-8.")], None)
    try:
        places, values = parse(text)
    except YamlError as error:
        said = f"this is not the YAML that is expected ({printable(error.problem)}): correct it."
        return Reading(None, [Fault(file.shown, error.line, said)], None)
    name = values.get("name") if isinstance(values, dict) else None
    try:
        template = schema.Template.model_validate(values)
        found = list(schema.misfits(template, file.trade, file.name))
    except ValidationError as error:
        template, found = None, list(misfits(error, DOCS))
    faults = [Fault(file.shown, line_of(places, path), _sentence(said)) for path, said in found]
    return Reading(None if faults else template, sorted(faults), name if isinstance(name, str) else None)


def _sentence(said: str) -> str:
    return printable(said) + ("" if said.endswith("?") else ".")


def _walk(root: Path) -> Iterator[Path]:
    """Yield what looks like a template's file, wherever it lies; a folder that cannot be listed ends it."""

    def fail(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(root, onerror=fail):
        inside = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if (inside / name).is_symlink()]
        if linked:
            raise TemplateError(f"{printable(linked[0])} in {root} is a link: put the folder itself there.")
        blocked = [name for name in names if inside == root and name in TRADES]
        if blocked:
            raise TemplateError(f"{blocked[0]} in {root} is a file: put the folder of the trade there.")
        for name in sorted(names):
            if not name.startswith(".") and name.endswith((SUFFIX, _ALMOST)):
                yield inside / name


def _misplaced(path: Path, root: Path) -> Fault | None:
    above = path.relative_to(root).parts[:-1]
    if len(above) != 1 or above[0] not in TRADES:
        known = ", ".join(TRADES)
        return _fault(path, root, f"the file does not lie in a trade's folder: move it into one of {known}.")
    if path.suffix != SUFFIX:
        return _fault(path, root, f"only {SUFFIX} files are read: rename it.")
    return None


def _doubled(path: Path, same: list[Path], root: Path) -> Fault | None:
    others = [_shown(other, root) for other in same if other != path]
    return _fault(path, root, f"{' and '.join(others)} has the same name: rename one of them.") if others else None


def _read(path: Path, root: Path) -> File | Fault:
    """Return a file with its bytes, or why they are not taken; nothing outside the folder is opened."""
    try:
        if not path.resolve().is_relative_to(root):
            return _fault(path, root, "the file is a link that leads out of the folder: put the file itself here.")
        if not path.is_file():
            return _fault(path, root, "this is no regular file: put a text file here.")
        with path.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it links to itself"
        return _fault(path, root, f"the file cannot be read ({reason}): check its permissions.")
    if len(data) > MAX_BYTES:
        return _fault(path, root, f"the file is larger than {MAX_BYTES // 1024} KiB: split the form into several.")
    return File(_shown(path, root), path.parent.name, path.stem, data)


def _fault(path: Path, root: Path, said: str) -> Fault:
    return Fault(_shown(path, root), 1, said)


def _shown(path: Path, root: Path) -> str:
    return printable(os.fspath(path.relative_to(root)))
