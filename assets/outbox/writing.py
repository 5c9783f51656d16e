"""Writing what is handed back: whole or not at all, and readable for nobody but its owner and group.

What belongs here: how a file comes into the outbox. What does not: where it lies (`paths`), and what stands in it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

FILE_MODE = 0o640
FOLDER_MODE = 0o750


@contextlib.contextmanager
def replacing(path: Path) -> Generator[IO[bytes], None, None]:
    """Open a file that takes the place of another when its block ends well; whatever ends it else leaves that one.

    Args:
        path: Of the file; its folder is made where it is missing.
    """
    for folder in reversed([path.parent, *path.parent.parents]):
        if not folder.is_dir():
            folder.mkdir(FOLDER_MODE, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), FILE_MODE)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Have the disk know the new name, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
