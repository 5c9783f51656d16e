"""An inbox in a store of objects that fsspec opens, such as S3. Its files are copied to this machine to be read.

Endpoint and keys are the store's own affair: its library takes them from the environment, and no URL holds any.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
from fsspec import config as fsspec_config

from assets.csv_imports.inbox import (
    MAX_BYTES,
    Folder,
    InboxError,
    InboxUnreachable,
    Listed,
    is_visible,
    version_on_disk,
)
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

_CHUNK = 1 << 20
_BLOCK = 8 << 20
"""Bytes that are asked for in one request."""
FORGOTTEN_SECONDS = 24 * 3600
"""From when a copy is a dead run's: no run takes so long to read a file."""
# What stores say of an object that is another one after it was written again.
_MARKS = ("ETag", "etag", "md5Hash", "content_md5", "generation", "LastModified", "last_modified", "mtime", "updated",
          "created")  # fmt: skip


@dataclass
class RemoteInbox:
    """A place in a store, with what would be a folder for each contractor.

    Args:
        url: Such as `s3://bucket/prefix`, without anything secret in it.
        spool: The folder in which copies lie while they are read.

    Raises:
        InboxUnreachable: When there is no library for such a store.
    """

    url: str
    spool: Path
    _store: Any = field(init=False, repr=False)
    _root: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find the library that opens such stores; nothing is asked of the store yet."""
        # Whoever imported fsspec first may have done so before its settings were in the environment.
        fsspec_config.set_conf_env(fsspec_config.conf)
        try:
            # What was listed a moment ago says nothing about what has arrived since.
            self._store, root = fsspec.core.url_to_fs(self.url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise InboxUnreachable(
                f"MEP_INBOX names a kind of store that cannot be opened here ({printable(str(error))})."
            ) from None
        self._root = str(root).rstrip("/")

    def __str__(self) -> str:
        """Say where it is."""
        return self.url

    def folders(self, after: str = "") -> Iterator[Folder]:
        """Yield the folders that hold something, in the order in which the store lists objects: by whole names."""
        with self._answering():
            for name, files in groupby(self._objects(after), key=lambda file: file.source.partition("/")[0]):
                yield Folder(name, [file for file in files if _is_file(file.source)])

    def files(self, slug: str) -> list[Listed]:
        """List the files of a folder, by name."""
        with self._answering():
            self._store.invalidate_cache()
            try:
                found = self._store.ls(f"{self._root}/{slug}", detail=True)
            except FileNotFoundError:
                return []
        listed = [self._listed(one["name"], one) for one in found if one["type"] == "file"]
        return sorted((file for file in listed if _is_file(file.source)), key=lambda file: file.source)

    def source(self, named: str) -> str:
        """Return what was named: a path of this machine is absolute, and anything else lies in the inbox."""
        return named

    def version(self, source: str) -> str | None:
        """Return what the store says of an object; None where there is none."""
        if Path(source).is_absolute():
            return version_on_disk(Path(source))
        name = f"{self._root}/{source}"
        with self._answering():
            self._store.invalidate_cache()
            try:
                about = self._store.info(name)
            except FileNotFoundError:
                return None
        return self._listed(name, about).version if about["type"] == "file" else None

    @contextlib.contextmanager
    def at(self, source: str) -> Generator[Path, None, None]:
        """Copy a file to this machine, in one stream, for as long as the context lasts."""
        if Path(source).is_absolute():
            yield Path(source)
            return
        self._forget_dead()
        with tempfile.TemporaryDirectory(dir=self.spool, prefix="file-") as folder:
            path = Path(folder) / source.rpartition("/")[2]
            self._copy(source, path)
            yield path

    def remove(self, source: str) -> None:
        """Remove an object."""
        with self._answering(), contextlib.suppress(FileNotFoundError):
            self._store.rm_file(f"{self._root}/{source}")

    def _copy(self, source: str, path: Path) -> None:
        name, size = printable(path.name), 0
        try:
            written = path.open("wb")
        except (OSError, ValueError):
            raise InboxError(f"{name} is a name that no file can have here: rename it.") from None
        with written, self._answering():
            try:
                with self._store.open(f"{self._root}/{source}", "rb", block_size=_BLOCK) as stored:
                    while chunk := stored.read(_CHUNK):
                        size += len(chunk)
                        if size > MAX_BYTES:
                            raise InboxError(f"{name} is larger than 2 GiB: split it.")
                        written.write(chunk)
            except FileNotFoundError:
                raise InboxError(f"{name} is no longer there: put it into the inbox again.") from None

    def _objects(self, after: str) -> Iterator[Listed]:
        """Yield every object behind a folder, those of subfolders too, in the order of their names."""
        if "s3" in self._store.protocol:
            yield from self._pages(after)
            return
        self._store.invalidate_cache()
        for name, about in sorted(self._store.find(self._root, detail=True).items()):
            file = self._listed(name, about)
            if _is_behind(file.source, after):
                yield file

    def _pages(self, after: str) -> Iterator[Listed]:
        """List S3 from where it is wanted, a thousand objects a request: what lies before is not asked for."""
        bucket, _, prefix = self._root.partition("/")
        prefix = f"{prefix}/" if prefix else ""
        start = prefix + _behind(after)
        while True:
            page = self._store.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, StartAfter=start)
            for about in page.get("Contents", []):
                file = self._listed(f"{bucket}/{about['Key']}", about)
                if _is_behind(file.source, after):
                    yield file
                start = about["Key"]
            if not page.get("IsTruncated"):
                return

    def _listed(self, name: str, about: Mapping[str, Any]) -> Listed:
        size = about.get("size", about.get("Size"))
        marks = [str(about[mark]) for mark in _MARKS if about.get(mark) is not None]
        return Listed(name.removeprefix(f"{self._root}/").removeprefix(f"/{self._root}/"), f"{size} {' '.join(marks)}")

    @contextlib.contextmanager
    def _answering(self) -> Generator[None, None, None]:
        """Say in one line what went wrong with the store: each has errors of its own, and some quote what is secret."""
        try:
            yield
        except (InboxError, GeneratorExit):
            raise
        except Exception as error:
            raise InboxUnreachable(
                f"The inbox {self.url} does not answer ({type(error).__name__}): check MEP_INBOX, the store's endpoint "
                "and its keys, and the room in .mep/spool."
            ) from None

    def _forget_dead(self) -> None:
        self.spool.mkdir(parents=True, exist_ok=True)
        for old in self.spool.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if old.stat().st_mtime < time.time() - FORGOTTEN_SECONDS:
                    shutil.rmtree(old, ignore_errors=True)


def _is_file(source: str) -> bool:
    """Say whether an object is a file of a contractor's folder that is looked at: it lies no deeper, nor hidden."""
    name = source.partition("/")[2]
    return is_visible(name) and "/" not in name


def _behind(folder: str) -> str:
    """Return what sorts behind every source of a folder, and before those of the next."""
    return f"{folder}0" if folder else ""  # 0 is what follows the slash


def _is_behind(source: str, folder: str) -> bool:
    """Say whether a source lies in a folder that is looked at, behind another one."""
    name, slash, _ = source.partition("/")
    return bool(slash) and is_visible(name) and source >= _behind(folder)
