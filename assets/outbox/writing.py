"""Writing what is handed back: whole or not at all, and readable for nobody but its owner and group.

What belongs here: how a file comes into the outbox, and clearing away what a writer left that was killed. What does
not: where it lies (`paths`), and what stands in it.
"""

from __future__ import annotations

import contextlib
import filecmp
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Generator

FILE_MODE = 0o640
FOLDER_MODE = 0o750
LEFT_AFTER = 3600
"""Seconds after which a file that nobody writes to any more is one that a killed writer left."""


@contextlib.contextmanager
def replacing(path: Path) -> Generator[IO[bytes], None, None]:
    """Open a file that takes the place of another when its block ends well; whatever ends it else leaves that one.

    Another one with the same content stays as it is, its time as well.

    Args:
        path: Of the file; its folder is made where it is missing.
    """
    for folder in reversed([path.parent, *path.parent.parents]):
        if not folder.is_dir():
            folder.mkdir(FOLDER_MODE, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=_temporary(path), dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), FILE_MODE)
            os.fsync(file.fileno())
        if path.is_file() and filecmp.cmp(name, path, shallow=False):
            Path(name).unlink()
            return
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync(path.parent)


@contextlib.contextmanager
def temporary_folder(path: Path) -> Generator[str, None, None]:
    """Make a folder for what is written on the way to a file, beside it; it is gone when its block ends."""
    with tempfile.TemporaryDirectory(prefix=_temporary(path), dir=path.parent) as folder:
        yield folder


def clear(folders: Path, names: Collection[str]) -> None:
    """Clear away what killed writers left; looks through every folder of imports.

    Args:
        folders: The folder of a contractor, with one for each import.
        names: Of the files that were to be written.
    """
    before = time.time() - LEFT_AFTER
    for name in names:
        for left in folders.glob(f"*/{_temporary(Path(name))}*"):
            with contextlib.suppress(FileNotFoundError):
                if left.lstat().st_mtime > before:
                    continue
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def _temporary(path: Path) -> str:
    """Return what the name begins with of what is written before it becomes a file."""
    return f".{path.name}."


def _sync(folder: Path) -> None:
    """Have the disk know the new name, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
