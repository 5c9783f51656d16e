"""The text of a file, a piece of whole lines at a time, however it is encoded.

What belongs here: reading bytes, the hash over all of them, and keeping what has been read but not split. What does
not: the encodings themselves (`encodings`), and records.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from assets.csv_imports.files.encodings import Encoding, Survey, by_its_beginning, decoded, survey
from assets.csv_imports.files.formats import HEAD_BYTES, not_csv
from assets.csv_imports.files.records import ChangedFile, UnreadableFile
from assets.csv_imports.inbox import InboxFile, inspect, open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_BYTES = 3 << 18
SURVEY_BYTES = 1 << 20
SURVEYS = 64
"""Of how many files it is remembered what they are."""


class Source:
    """The text of a file that is being read.

    Args:
        file: The file as it was registered.
        encoding: What it is encoded in.
        longest: Characters of a line; what goes beyond is not kept.

    Attributes:
        lines_before: How many lines have been dropped.
    """

    def __init__(self, file: InboxFile, encoding: Encoding, longest: int) -> None:
        """Open the file; nothing is read yet."""
        self._file = file
        self._longest = longest
        self._digest = hashlib.sha256()
        self._handle = open_regular(file.path)
        self._texts = decoded(self._chunks(), encoding)
        self._whole = ""
        self._part = ""
        self.lines_before = 0
        self.at_end = False

    @property
    def text(self) -> str:
        """What has been read and not been dropped, in whole lines; all of it at the end of the file."""
        return self._whole

    def more(self) -> None:
        """Read on, until there is another whole line or the file ends.

        Raises:
            ChangedFile: When the file that ends is not the one that was registered.
        """
        while not self.at_end:
            text = next(self._texts, None)
            if text is None:
                self.at_end = True
                self._whole, self._part = self._whole + self._part, ""
                if self._digest.hexdigest() != self._file.sha256:
                    raise changed(self._file)
                return
            text = self._part + text
            # A CR at the end may be half of a line end.
            end = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
            self._part = text[end:]
            if len(self._part) > self._longest + 1:
                tail = "\r" if self._part[-1] == "\r" else ""
                self._part = self._part[: self._longest + 1] + tail
            if end:
                self._whole += text[:end]
                return

    def drop(self, characters: int, lines: int) -> None:
        """Forget the beginning of the text, so many characters, which are so many lines."""
        self._whole = self._whole[characters:]
        self.lines_before += lines

    def close(self) -> None:
        """Close the file."""
        self._handle.close()

    def _chunks(self) -> Iterator[bytes]:
        while chunk := self._handle.read(CHUNK_BYTES):
            self._digest.update(chunk)
            yield chunk


def surveyed(file: InboxFile) -> Survey:
    """Go through a file to see what it is: once, though it is opened to be registered and again to be read.

    Raises:
        UnreadableFile: When it is no text.
        ChangedFile: When it is not the one that was registered.
    """
    if inspect(file.path).sha256 != file.sha256:
        raise changed(file)
    return _survey(file)


@lru_cache(maxsize=SURVEYS)
def _survey(file: InboxFile) -> Survey:
    digest = hashlib.sha256()
    with open_regular(file.path) as handle:
        head = handle.read(HEAD_BYTES)
        known = by_its_beginning(head)
        otherwise = not_csv(head) if known is None else None
        handle.seek(0)

        def chunks() -> Iterator[bytes]:
            while chunk := handle.read(SURVEY_BYTES):
                digest.update(chunk)
                yield chunk

        if otherwise is not None:
            raise UnreadableFile(f"{file.name} {otherwise}.")
        found = survey(chunks(), known)
    if digest.hexdigest() != file.sha256:
        raise changed(file)
    return found


def changed(file: InboxFile) -> ChangedFile:
    """Return the error that says that a file is no longer what was registered."""
    return ChangedFile(f"{file.name} changed while it was read: put it into the inbox again.")
