"""What lies in a contractor's inbox folder: which files, of which type, with which content hash.

What belongs here: looking at files without judging what is in them. Reading their records is `reading`'s.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from assets import catalogue
from assets.errors import PipelineError

_CHUNK = 1 << 20
MAX_BYTES = 2**31 - 1
"""What `csv_imports.file_size_bytes` can hold."""
_TYPE_WORDS = {
    re.sub(r"[^a-z]", "", word.lower()): record_type
    for record_type in catalogue.TYPES
    for word in (record_type.name, record_type.plural)
}


class InboxError(PipelineError):
    """Say what is wrong with a folder or file of the inbox."""


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A file as it was found: where, how many bytes, and their SHA-256 in hex."""

    path: Path
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's name, made printable: it ends up in messages and tables."""
        return printable(self.path.name)


def printable(name: str) -> str:
    """Return a file name or header safe to print: control characters and undecodable bytes shown as escapes."""
    if name.isprintable():
        return name[:200]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogateescape").decode() for c in name)
    return shown.encode("utf-8", "backslashreplace").decode()[:200]


def find(inbox: Path, slug: str) -> list[Path]:
    """List a contractor's CSV files in the order in which they should be read: parents before children, then by name.

    Hidden files and subfolders are passed over; a folder that is not there yet holds no files.
    """
    found = [path for path in _visible(inbox / slug) if path.suffix.lower() == ".csv"]
    order = {record_type.name: place for place, record_type in enumerate(catalogue.TYPES)}

    def place(path: Path) -> tuple[int, str]:
        record_type = type_of(path.name)
        return (order[record_type.name] if record_type else len(order), path.name)

    return sorted(found, key=place)


def passed_over(inbox: Path, slug: str) -> list[Path]:
    """List what lies in a contractor's folder and is no CSV file, by name."""
    return sorted(path for path in _visible(inbox / slug) if path.suffix.lower() != ".csv")


def _visible(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.name[0] != "." and not path.is_dir()]


def type_of(file_name: str) -> catalogue.RecordType | None:
    """Recognise the Coperniq type from a file name, such as `Contact.csv` or `Service Plan Instances 2026.csv`.

    The name must begin with the type's name, singular or plural, in any case and with any separators; whatever
    follows must be set off by a separator, a digit or a capital.
    """
    stem = Path(file_name).stem
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", stem)
    for count in range(min(3, len(words)), 0, -1):
        record_type = _TYPE_WORDS.get("".join(words[:count]).lower())
        if record_type is not None:
            return record_type
    return None


def inspect(path: Path) -> InboxFile:
    """Hash a file, refusing what is not a regular file in its folder.

    Raises:
        InboxError: For a symbolic link, a FIFO, a vanished or unreadable file, one of 2 GiB or more, and one whose name
            is no text.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise InboxError(f"{printable(path.name)} has a name that is not UTF-8: rename it.") from None
    with open_regular(path) as handle:
        if os.fstat(handle.fileno()).st_size > MAX_BYTES:
            raise InboxError(f"{printable(path.name)} is larger than 2 GiB: split it.")
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return InboxFile(path, size, digest.hexdigest())


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; never follows a link, never waits on a FIFO.

    Raises:
        InboxError: When it is no regular file, or cannot be opened.
    """
    name = printable(path.name)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise InboxError(f"{name} is no longer there: put it into the inbox again.") from None
    except OSError as error:
        if path.is_symlink():
            raise InboxError(f"{name} is a link: put the file itself into the inbox.") from None
        raise InboxError(f"{name} cannot be read ({error.strerror}): check its permissions.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InboxError(f"{name} is not a regular file: put a CSV file into the inbox.")
    return os.fdopen(descriptor, "rb")
