"""Sites: of an account, known by their address; a known address of the account answers with the site that is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.catalogue import SITE
from assets.coperniq.rest.resource import CREATED, Data, Resource

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from assets.coperniq.rest.calls import Body
    from assets.coperniq.rest.replies import Answer
    from assets.coperniq.rest.resource import Alternative

ADDRESS = ("fullAddress", "street", "city", "state", "zipcode")
_ZIP_AT_END = re.compile(r"\b(\d{5})(?:-\d{4})?\W*$")


@dataclass(frozen=True)
class Sites(Resource):
    """Sites."""

    path = "/sites"
    record_type = SITE
    most_requests = 2
    fixed = ("clientId",)
    tells_updates = False

    def make(self, data: Data) -> tuple[Answer, Collection[str]]:
        """Make the site, or find the one that the account has at this address; the time zone cannot be sent yet."""
        body: Body = {name: data[name] for name in ADDRESS if data.get(name)} | {"accountId": int(data["clientId"])}
        made = self.calls.post(self.path, body)
        # The address may come back in another form; sending it again would only have it looked up again.
        return made, body if made.reply.status == CREATED else ("fullAddress",)

    def begun(self, node: Data, data: Data) -> bool:
        """Say whether Coperniq would answer with the site, whatever else it has."""
        return node["fullAddress"] == data["fullAddress"] and node["clientId"] == data["clientId"]

    def queries(self, alternatives: Sequence[Alternative]) -> list[dict[str, str]]:
        """Return a list for each account, else for each zip code, that the alternatives name."""
        asked: list[dict[str, str]] = []
        for alternative in alternatives:
            given = {pair["field"]: pair["value"] for pair in alternative}
            code = _ZIP_AT_END.search(given.get("fullAddress", ""))
            if "clientId" in given:
                asked.append({"accountId": given["clientId"]})
            else:
                asked.append({"zipcode": code[1]} if code else {})
        return asked or [{}]

    def fields(self, data: Data, body: Body) -> Body:  # noqa: ARG002 - none is merged with what is there
        """Return the address and the time zone."""
        return {name: data[name] for name in (*ADDRESS, "timezone") if data.get(name)}

    def values(self, body: Body) -> Data:
        """Return the site; its client is the account."""
        values = {name: body.get(name) for name in (*ADDRESS, "timezone")}
        return values | {"clientId": str(body["accountId"]) if body.get("accountId") else None}
