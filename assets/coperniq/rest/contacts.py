"""Contacts: an account, which the guide's `clientId` means, and its contact.

Coperniq matches the account by e-mail address, else by phone number, so that the same client sent twice is one account.
It makes the contact by itself from the account's name, first address and first number; what a contact has beyond that
is written to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.catalogue import CONTACT
from assets.coperniq.rest import notes
from assets.coperniq.rest.calls import is_object
from assets.coperniq.rest.replies import Answer, refuse
from assets.coperniq.rest.resource import CREATED, Data, Resource, described, differing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from assets.coperniq.rest.calls import Body
    from assets.coperniq.rest.resource import Alternative

NOTED = ("status", "source")
PARAMETERS = {"emails": "primaryEmail", "phones": "primaryPhone", "name": "title"}
WITH_CONTACTS = {"include_contacts": "true"}


@dataclass(frozen=True)
class Contacts(Resource):
    """Accounts."""

    path = "/accounts"
    record_type = CONTACT
    most_requests = 3
    reading = WITH_CONTACTS

    def make(self, data: Data) -> tuple[Answer, Collection[str]]:
        """Make the account, or find the one that has the client's address or number."""
        way = "primaryEmail" if data.get("emails") else "primaryPhone"
        # A contact has no address of its own; an empty list is the one value that claims nothing about it.
        body = {**self.fields(data, {}), "address": []}
        made = self.calls.post(self.path, body, {"match_by": way, "match_found_strategy": "skip"})
        if not made.done:
            return made, ()
        if way == "primaryPhone" and made.body.get("primaryEmail"):
            said = f"account {made.body['id']} has this number in Coperniq, and an e-mail address: add that to the row"
            return refuse("ANOTHER_CLIENT", said, "phones"), ()
        return made, body if made.reply.status == CREATED else (way,)

    def begun(self, node: Data, data: Data) -> bool:
        """Say whether Coperniq would match the account, whatever else it has."""
        if data.get("emails"):
            return data["emails"][0] in node["emails"]
        return bool(data.get("phones")) and data["phones"][0] in node["phones"] and not node["emails"]

    def queries(self, alternatives: Sequence[Alternative]) -> list[dict[str, str]]:
        """Return a search for each alternative."""
        every = {"order_by": "asc", **WITH_CONTACTS}
        if not alternatives:
            return [every]
        return [{**every, **{PARAMETERS[pair["field"]]: pair["value"] for pair in given}} for given in alternatives]

    def fields(self, data: Data, body: Body) -> Body:
        """Return what the account holds: its name, the first of each list, and as notes what has no place."""
        wanted: Body = {"title": data["name"]} if "name" in data else {}
        wanted |= {PARAMETERS[name]: data[name][0] for name in ("emails", "phones") if data.get(name)}
        return wanted | described(body, {name: data[name] for name in NOTED if name in data})

    def values(self, body: Body) -> Data:
        """Return the account with its contact."""
        contact, noted = _contact(body), notes.split(body.get("description"))[1]
        return {
            "name": body.get("title"),
            "emails": _listed(body.get("primaryEmail"), contact.get("emails")),
            "phones": _listed(body.get("primaryPhone"), contact.get("phones")),
            **({"title": contact["title"]} if "title" in contact else {}),
            **{name: noted.get(name) for name in NOTED},
        }

    def fill(self, node: Data, body: Body) -> Data | Answer:
        """Read the title of the contact, where the account does not tell it."""
        contact = _contact(body)
        if "title" in node or "id" not in contact:
            return node
        found = self.calls.get(f"/contacts/{contact['id']}", {}, is_object)
        return node | {"title": found.body.get("title")} if found.done else found

    def complete(self, data: Data, body: Body, settled: Collection[str]) -> Answer | None:
        """Write the contact and then the account, whose values say that the contact was written."""
        changes = differing(self.fields(data, body), body, settled)
        more = data.get("title") or any(len(data.get(name) or ()) > 1 for name in ("emails", "phones"))
        done = None
        if more or changes or "title" not in settled:
            done = self._write_contact(data, body)
            if done is not None and not done.done:
                return done
        return self.change(body, changes) if changes else done

    def _write_contact(self, data: Data, body: Body) -> Answer | None:
        if "contacts" not in body:
            found = self.read(self.name(body))
            if not found.done:
                return found
            body = found.body
        wanted = {name: data[name] for name in ("name", "emails", "phones", "title") if data.get(name)}
        contact = _contact(body)
        if "id" not in contact:
            return self.calls.post("/contacts", {**wanted, "accountIds": [body["id"]]}, {}, is_object)
        changes = differing(wanted, contact)
        return self.calls.patch(f"/contacts/{contact['id']}", changes) if changes else None


def _contact(body: Body) -> Body:
    """Return the one of an account's contacts that has its address or its number, else the first; empty for none."""
    contacts: list[Body] = body.get("contacts") or []
    for contact in contacts:
        if body.get("primaryEmail") in (contact.get("emails") or ()):
            return contact
    for contact in contacts:
        if body.get("primaryPhone") in (contact.get("phones") or ()):
            return contact
    return contacts[0] if contacts else {}


def _listed(first: str | None, others: Sequence[str] | None) -> list[str]:
    return [value for value in dict.fromkeys([first, *(others or ())]) if value]
