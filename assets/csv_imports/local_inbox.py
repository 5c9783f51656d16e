"""An inbox that is a folder of this machine, or one that it shares with others. Its files are read where they lie."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.csv_imports.inbox import Folder, InboxUnreachable, Listed, is_visible, state_version, version_on_disk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class LocalInbox:
    """A folder with one folder for each contractor.

    Links to folders are followed, as whoever runs the machine may put them there; links to files are listed, and
    refused when they are opened.
    """

    root: Path

    def __str__(self) -> str:
        """Say where it is."""
        return str(self.root)

    def folders(self, after: str = "") -> Iterator[Folder]:
        """Yield the folders, each listed when it is asked for; an inbox that is not there yet has none."""
        try:
            with os.scandir(self.root) as entries:
                names = [entry.name for entry in entries if is_visible(entry.name) and _is_folder(entry)]
        except FileNotFoundError:
            return
        except OSError as error:
            raise InboxUnreachable(f"The inbox {self} cannot be read ({error.strerror}): check MEP_INBOX.") from None
        for name in sorted(names, key=lambda name: f"{name}/"):
            if not after or f"{name}/" > f"{after}/":
                yield self._folder(name)

    def files(self, slug: str) -> list[Listed]:
        """List the files of a folder, by name."""
        try:
            with os.scandir(self.root / slug) as entries:
                # What is no folder is listed whatever it is, so that opening it can say what is wrong with it.
                found = [_listed(slug, entry) for entry in entries if is_visible(entry.name) and not _is_folder(entry)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise InboxUnreachable(
                f"The folder {slug} of the inbox cannot be read ({error.strerror}): check its permissions."
            ) from None
        return sorted(filter(None, found), key=lambda file: file.name)

    def source(self, named: str) -> str:
        """Return a path relative to the inbox where it leads into it, else an absolute one."""
        path = self.root / named
        if path.is_relative_to(self.root):
            return str(path.relative_to(self.root))
        return str(path.absolute())

    def version(self, source: str) -> str | None:
        """Return what the state of a file says; None where there is none."""
        return version_on_disk(self.root / source)

    @contextlib.contextmanager
    def at(self, source: str) -> Generator[Path, None, None]:
        """Give the file's own path."""
        yield self.root / source

    def remove(self, source: str) -> None:
        """Remove a file."""
        (self.root / source).unlink(missing_ok=True)

    def _folder(self, name: str) -> Folder:
        try:
            return Folder(name, self.files(name))
        except InboxUnreachable:
            return Folder(name, None)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Say whether an entry is a folder, or a link that leads to one; a link that leads nowhere is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _listed(slug: str, entry: os.DirEntry[str]) -> Listed | None:
    try:
        state = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # it went while the folder was being listed
        return None
    return Listed(f"{slug}/{entry.name}", state_version(state))
