"""What an inbox is, and what its files are: in which order they are read, of which type, with which content hash.

What belongs here: looking at files without judging what is in them. What does not: where an inbox lies
(`local_inbox`, `remote_inbox`), which of its files are new (`arrivals`), and reading records (`reading`).
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from assets import catalogue
from assets.errors import PipelineError
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from assets.record_types import RecordType

_CHUNK = 1 << 20
MAX_BYTES = 2**31 - 1
"""What `csv_imports.file_size_bytes` can hold."""
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")
"""Of the files that are read."""
_OWN_NAMES = {
    name.lower(): record_type for record_type in catalogue.TYPES for name in (record_type.name, record_type.plural)
}
_FILE_WORDS = _OWN_NAMES | {
    word.replace(" ", ""): record_type for record_type in catalogue.TYPES for word in record_type.file_words
}
_MOST_WORDS = 3
# What may stand behind the type in a name that ends with it.
_BEHIND = re.compile(r"[0-9]+|exports?|list|report|data|copy", re.IGNORECASE)


class InboxError(PipelineError):
    """Say what is wrong with a file of the inbox."""


class InboxUnreachable(PipelineError):
    """Say why the inbox cannot be read at all, which is no file's fault."""


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


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as an inbox lists it, unread.

    Attributes:
        source: Where it lies in the inbox: `<contractor>/<name>`.
        version: Differs when the file does: its size and time of change, and its inode or what a store knows it by.
    """

    source: str
    version: str

    @property
    def name(self) -> str:
        """The file's name, as it is."""
        return self.source.rpartition("/")[2]

    @property
    def is_read(self) -> bool:
        """Say whether files of its kind are read."""
        return Path(self.name).suffix.lower() in SUFFIXES


@dataclass(frozen=True, slots=True)
class Folder:
    """A contractor's folder and the files in it; None where it cannot be read."""

    name: str
    files: list[Listed] | None


class Inbox(Protocol):
    """Where contractors' files arrive, in a folder for each, named by its slug.

    Hidden files, Excel's marks of an open workbook and subfolders are passed over, wherever it lies.
    """

    def folders(self, after: str = "") -> Iterator[Folder]:
        """Yield the folders whose sources sort behind those of another, with their files, in the order of sources.

        Raises:
            InboxUnreachable: When the inbox cannot be listed.
        """
        ...

    def files(self, slug: str) -> list[Listed]:
        """List the files of a folder; one that is not there yet holds none."""
        ...

    def source(self, named: str) -> str:
        """Return where a file lies that was named by a path or source: in the inbox if it can be, else absolutely."""
        ...

    def version(self, source: str) -> str | None:
        """Return what tells a file from others that had its name; None where there is none."""
        ...

    def at(self, source: str) -> AbstractContextManager[Path]:
        """Give a file as one of this machine, for as long as the context lasts; an absolute source is one already.

        Raises:
            InboxError: When it is not there, or too large.
            InboxUnreachable: When what it lies in does not answer.
        """
        ...

    def remove(self, source: str) -> None:
        """Remove a file; one that is gone already is removed."""
        ...


def is_visible(name: str) -> bool:
    """Say whether a file or folder of this name is looked at."""
    return bool(name) and not name.startswith((".", "~$"))


def state_version(state: os.stat_result) -> str:
    """Return what tells a file of this machine from others that had its name."""
    # Of two files with one size and time, renaming one over the other changes the inode, and mending its rights the
    # time of that change.
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"


def version_on_disk(path: Path) -> str | None:
    """Return the version of what lies at a path of this machine; None for nothing, and for a folder."""
    try:
        state = path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError:
        return "unknown"  # It may be there all the same.
    return None if stat.S_ISDIR(state.st_mode) else state_version(state)


def in_order(files: Iterable[Listed]) -> list[Listed]:
    """Return the files that are read, in the order in which they should be: parents before children, then by name."""
    order = {record_type.name: place for place, record_type in enumerate(catalogue.TYPES)}

    def place(file: Listed) -> tuple[int, str]:
        record_type = type_of(file.name)
        return (order[record_type.name] if record_type else len(order), file.name)

    return sorted((file for file in files if file.is_read), key=place)


def type_of(file_name: str) -> RecordType | None:
    """Recognise the Coperniq type from a file name, such as `Contact.csv` or `Acme Work Orders 2026.xlsx`.

    A name that begins with the type's own name, singular or plural, in any case and with any separators, is of that
    type; whatever follows must be set off by a separator, a digit or a capital. Another name is of a type when it
    begins or ends with the type's name or with a word that exports use for it (`RecordType.file_words`), and
    no other type is named in it: `Customer Invoices.csv` may hold either, and is of none.
    """
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", Path(file_name).stem)
    begins = _named_at(words, 0, _OWN_NAMES)
    if begins:
        return begins[0]
    named: list[tuple[RecordType, int, int]] = []
    place = 0
    while place < len(words):
        found = _named_at(words, place, _FILE_WORDS)
        if found:
            named.append((found[0], place, place + found[1]))
        place += found[1] if found else 1
    if len({record_type.name for record_type, *_ in named}) != 1:
        return None
    at_an_end = named[0][1] == 0 or all(map(_BEHIND.fullmatch, words[named[-1][2] :]))
    return named[0][0] if at_an_end else None


def _named_at(words: list[str], place: int, names: dict[str, RecordType]) -> tuple[RecordType, int] | None:
    """Return the type that is named from a word on, and by how many words."""
    for count in range(min(_MOST_WORDS, len(words) - place), 0, -1):
        record_type = names.get("".join(words[place : place + count]).lower())
        if record_type is not None:
            return record_type, count
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
    except ValueError:
        raise InboxError(f"{name} is the name of no file: correct it.") from None
    except OSError as error:
        if os.path.islink(path):  # noqa: PTH114 - pathlib raises for a name that is too long
            raise InboxError(f"{name} is a link: put the file itself into the inbox.") from None
        raise InboxError(f"{name} cannot be read ({error.strerror}): check its permissions.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InboxError(f"{name} is not a regular file: put a CSV file into the inbox.")
    return os.fdopen(descriptor, "rb")
