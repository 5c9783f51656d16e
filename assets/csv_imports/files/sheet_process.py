"""The process that reads a workbook's sheets, seen from the importing one: what it is given, asked, and how it may end.

What belongs here: starting it on bytes that nobody can change, and its end as a reason. What does not: what it does
(`sheets`), and which of the rows are records (`workbooks`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any, cast

from assets.csv_imports.files import sheets
from assets.csv_imports.files.records import ChangedFile, UnreadableFile
from assets.csv_imports.inbox import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from assets.csv_imports.inbox import InboxFile

MAX_PACKED = 256 << 20
"""Bytes of a workbook as it lies in the inbox; what it may unpack to is said in `archives`."""
_CHUNK = 1 << 20
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from assets.csv_imports.files.sheets import main; main()"
)
_ENDS = {
    -signal.SIGXCPU: sheets.TOO_LONG,
    -signal.SIGABRT: sheets.TOO_LARGE,  # Rust's answer to an allocation that the kernel refuses
    -signal.SIGKILL: sheets.TOO_LARGE,
}


class SheetProcess:
    """The process that reads a copy of a workbook, whose bytes are those that were registered.

    Attributes:
        formulas: How many formulas have no value; known once the sheets have been listed.
    """

    def __init__(self, file: InboxFile) -> None:
        self.formulas = 0
        self._name = file.name
        with tempfile.TemporaryFile() as copy:
            _copy(file, copy)
            # Descriptors are shared: the process's own seek is what counts.
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and no word of the workbook
                [sys.executable, "-I", "-c", _START, json.dumps(sys.path), str(copy.fileno())],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=[copy.fileno()],
            )  # fmt: skip

    def until(self, last: str) -> Iterator[dict[str, Any]]:
        """Yield what the process says, up to the line of that name."""
        for text in cast("IO[bytes]", self._process.stdout):
            if not text.endswith(b"\n"):  # it ended in the middle of a line
                break
            line = json.loads(text)
            if last in line:
                self.formulas = line.get("formulas", self.formulas)
                return
            if "refused" in line:
                raise UnreadableFile(f"{self._name} {line['refused']}")
            yield line
        raise UnreadableFile(f"{self._name} {_ENDS.get(self._process.wait(), sheets.DAMAGED)}")

    def ask(self, sheet: str) -> None:
        """Ask for the rows of a sheet."""
        questions = cast("IO[bytes]", self._process.stdin)
        with contextlib.suppress(BrokenPipeError):  # its answers say that it has ended
            questions.write(json.dumps(sheet).encode() + b"\n")
            questions.flush()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()


def _copy(file: InboxFile, copy: IO[bytes]) -> None:
    """Copy a workbook, so that nobody changes what is being read."""
    if file.size_bytes > MAX_PACKED:
        raise UnreadableFile(f"{file.name} is larger than {MAX_PACKED >> 20} MB: split it, or save it as CSV.")
    digest = hashlib.sha256()
    with open_regular(file.path) as handle:
        left = file.size_bytes + 1
        while chunk := handle.read(min(_CHUNK, left)):
            digest.update(chunk)
            copy.write(chunk)
            left -= len(chunk)
    copy.flush()
    if digest.hexdigest() != file.sha256:
        raise ChangedFile(f"{file.name} changed while it was read: put it into the inbox again.")
