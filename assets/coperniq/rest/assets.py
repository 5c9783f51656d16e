"""Assets: equipment at a site, which Coperniq archives and never deletes.

A kind of equipment that Coperniq has no word for is `OTHER`, and noted; so is a size that is no number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.catalogue import ASSET
from assets.coperniq.rest import notes
from assets.coperniq.rest.asset_types import ASSET_TYPES
from assets.coperniq.rest.replies import Answer
from assets.coperniq.rest.resource import CREATED, Data, Resource, described

if TYPE_CHECKING:
    from collections.abc import Collection

    from assets.coperniq.rest.calls import Body

REQUIRED = ("manufacturer", "model", "serialNumber")
PLAIN = (*REQUIRED, "installDate")
AT_CREATION = (*PLAIN, "type", "size", "siteId")
OTHER = "OTHER"
_NUMBER = re.compile(r"(0|[1-9]\d{0,14})(\.\d{0,5}[1-9])?")


@dataclass(frozen=True)
class Assets(Resource):
    """Assets."""

    path = "/assets"
    record_type = ASSET
    most_requests = 3
    fixed = ("siteId",)

    def problem(self, data: Data) -> str | None:
        """Say what is missing that this API requires of an asset."""
        absent = [name for name in REQUIRED if not data.get(name)]
        if absent:
            return f"Coperniq's REST API takes no asset without {_joined(absent)}: fill that in and send the fix file."
        return super().problem(data)

    def make(self, data: Data) -> tuple[Answer, Collection[str]]:
        """Make the asset; its name cannot be sent yet."""
        account = self.calls.account_of(int(data["siteId"]))
        if isinstance(account, Answer):
            return account, ()
        body = self.fields(data, {}) | {"siteId": int(data["siteId"]), "accountId": account}
        body.pop("name", None)
        made = self.calls.post(self.path, body)
        return made, body if made.reply.status == CREATED else ()

    def begun(self, node: Data, data: Data) -> bool:
        """Say whether an asset has all that the first request sends of it."""
        return all(node.get(name) == data.get(name) for name in AT_CREATION)

    def remove(self, body: Body) -> Answer:
        """Archive an asset."""
        return self.change(body, {"isArchived": True})

    def is_removed(self, body: Body) -> bool:
        """Say whether an asset is archived."""
        return body.get("isArchived") is True

    def fields(self, data: Data, body: Body) -> Body:
        """Return what an asset holds, and as notes what has no place."""
        wanted: Body = {name: data[name] for name in ("name", *PLAIN) if data.get(name)}
        noted: Data = {}
        if data.get("type"):
            kind = _kind(data["type"])
            wanted["type"], noted["type"] = kind, None if data["type"] == kind else data["type"]
        if data.get("size"):
            figure = _NUMBER.fullmatch(data["size"])
            wanted |= {"size": float(data["size"])} if figure else {}
            noted["size"] = None if figure else data["size"]
        return wanted | described(body, noted)

    def values(self, body: Body) -> Data:
        """Return the asset, with what is noted where it still agrees with the fields."""
        noted = notes.split(body.get("description"))[1]
        kind, said = body.get("type"), noted.get("type")
        size = body.get("size")
        return {
            **{name: body.get(name) for name in ("name", *PLAIN)},
            "type": said if isinstance(said, str) and _kind(said) == kind else kind,
            "size": noted.get("size") or (None if size is None else f"{size:.15g}"),
            "siteId": str(body["siteId"]) if body.get("siteId") else None,
        }


def _kind(text: str) -> str:
    """Return Coperniq's word for a kind of equipment."""
    word = re.sub(r"\W+", "_", text.strip().upper())
    return word if word in ASSET_TYPES else OTHER


def _joined(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
