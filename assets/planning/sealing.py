"""Sealed plans: what was planned, and what it rests on, in a file that is refused once either has moved.

What belongs here: the file, and comparing what it rests on with what is there now. What does not: finding out what
would be done (`forecasting`). A sealed plan holds counts and headers, and no value of any row.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.catalogue import BY_NAME, CONTACT, SITE
from assets.csv_imports.inbox import InboxError, inspect
from assets.csv_imports.judging import version
from assets.csv_imports.mapping import overrides
from assets.csv_imports.mapping.overrides import OverrideError
from assets.csv_imports.planned import PlanMoved, Planned
from assets.errors import PipelineError
from assets.planning import standing
from assets.planning.forecast import LEFT, NOT_PLANNED
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from psycopg import Connection

    from assets.contractors.store import Contractor
    from assets.csv_imports.inbox import Inbox
    from assets.planning.forecast import Forecast

ID = re.compile(r"[0-9a-f]{16}")
MAX_BYTES = 16 * 1024 * 1024
_FED_TOGETHER = {CONTACT.name, SITE.name}


class PlanError(PipelineError):
    """Say why a plan cannot be used."""


@dataclass(frozen=True)
class SealedPlans:
    """A folder of sealed plans.

    Attributes:
        folder: Where they lie.
        mappings: The folder of all contractors' override files.
        settings: Those that decide what an import does, by name.
    """

    folder: Path
    mappings: Path
    settings: Mapping[str, str | None]

    def seal(self, contractor: Contractor, forecast: Forecast, at: datetime, by: str, *, retry: bool) -> str | None:
        """Write down what was planned; return its id, which is its content's hash, or None for a plan without files."""
        # What earlier runs left goes on in any run.
        read = [one for one in forecast.imports if one.sha256 is not None and one.outcome not in (LEFT, NOT_PLANNED)]
        if not read:
            return None
        document = {
            "version": 1,
            "contractor": contractor.slug,
            "made_at": at.isoformat(timespec="seconds"),
            "made_by": by,
            "retry": retry,
            "files": [{"source": one.source, "sha256": one.sha256, "bytes": one.size_bytes} for one in read],
            "mappings": self._mappings(contractor.slug, {one.coperniq_type for one in read if one.coperniq_type}),
            "rules": version.RULES,
            "settings": dict(self.settings),
            "standing": forecast.standing,
            "imports": [
                {
                    "file": one.file, "type": one.coperniq_type, "outcome": one.outcome, "counts": one.counts,
                    "columns": [[c.header, c.field, c.source, c.confidence] for c in one.columns],
                }
                for one in forecast.imports
            ],
            "requests": forecast.sending.requests,
        }  # fmt: skip
        content = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
        plan_id = _id(content)
        self._write(f"{plan_id}.json", content)
        return plan_id

    def require(self, conn: Connection[Any], contractor: Contractor, inbox: Inbox, plan_id: str) -> Planned:
        """Return what a plan imports, while everything that it rests on is as it was.

        Args:
            conn: To the product's database.
            contractor: Whose plan it must be.
            inbox: Where its files lie.
            plan_id: Its id.

        Raises:
            PlanError: When there is no such plan of this contractor.
            PlanMoved: A line for each thing that is another one now.
        """
        document = self._read(plan_id)
        if document["contractor"] != contractor.slug:
            raise PlanError(f"Plan {plan_id} is one of {document['contractor']}, not of {contractor.slug}.")
        files: dict[str, str] = {file["source"]: file["sha256"] for file in document["files"]}
        moved = [*self._moved(conn, contractor, document), *_moved_files(inbox, files)]
        if moved:
            again = f"make the plan again with `mep plan {contractor.slug}`"
            raise PlanMoved("\n".join(f"Plan {plan_id} does not hold any more: {what}; {again}." for what in moved))
        return Planned(files, retry=document["retry"])

    def _moved(self, conn: Connection[Any], contractor: Contractor, document: dict[str, Any]) -> Iterator[str]:
        if document["rules"] != version.RULES:
            yield f"the rules are version {version.RULES} now, not {document['rules']}"
        for name, planned in document["settings"].items():
            now = self.settings.get(name)
            if now != planned:
                yield f"{name} is {now or 'not set'} now, not {planned or 'left out'}"
        try:
            now = self._mappings(contractor.slug, set(document["mappings"]))
        except OverrideError as error:
            yield f"a mapping file is wrong now ({error})"
        else:
            for name, planned in document["mappings"].items():
                if now.get(name) != planned:
                    change = "gone" if now.get(name) is None else "new" if planned is None else "another one"
                    yield f"the mapping file {contractor.slug}/{name}.yaml is {change}"
        digests = standing.digests(conn, contractor.id)
        for part, said in standing.MOVED.items():
            if digests.get(part) != document["standing"].get(part):
                yield said.format(slug=contractor.slug)

    def _mappings(self, slug: str, types: set[str]) -> dict[str, str | None]:
        """Return the hashes of the override files of types; a file of contacts that feeds sites hangs on both."""
        found: dict[str, str | None] = {}
        for name in sorted(types | (_FED_TOGETHER if types & _FED_TOGETHER else set())):
            override = overrides.load(self.mappings / slug, BY_NAME[name])
            found[name] = override.sha256 if override else None
        return found

    def _read(self, plan_id: str) -> dict[str, Any]:
        missing = f'There is no plan "{printable(plan_id)[:40]}": `mep plan` makes one and prints its id.'
        if not ID.fullmatch(plan_id):
            raise PlanError(missing)
        try:
            with (self.folder / f"{plan_id}.json").open("rb") as file:
                content = file.read(MAX_BYTES).decode()
        except FileNotFoundError:
            raise PlanError(missing) from None
        except (OSError, UnicodeDecodeError):
            raise PlanError(f"Plan {plan_id} cannot be read: check the permissions of {self.folder}.") from None
        if _id(content) != plan_id:
            raise PlanError(f"Plan {plan_id} was changed after it was made: make another with `mep plan`.")
        return json.loads(content)

    def _write(self, name: str, content: str) -> None:
        """Write a file that only its owner reads, whole or not at all."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False, encoding="utf-8") as file:
                try:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).replace(self.folder / name)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise PlanError(
                f"The plan cannot be written to {self.folder} ({error.strerror}): check MEP_PLANS and its permissions."
            ) from None


def _id(content: str) -> str:
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:16]


def _moved_files(inbox: Inbox, files: Mapping[str, str]) -> Iterator[str]:
    for source, sha256 in files.items():
        name = printable(source.rpartition("/")[2])
        try:
            with inbox.at(source) as path:
                if inspect(path).sha256 != sha256:
                    yield f"{name} is another file now"
        except InboxError as error:
            yield str(error).rpartition(": ")[0]
