"""How likely two customers are one: what each thing that they share or do not share is worth, and where to look.

What belongs here: weights, the threshold, and the blocks that keep the search from comparing everybody with everybody.
What does not: how names and addresses compare (`naming`, `addresses`), and who is held against whom (`searching`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.likeness import addresses, naming
from assets.likeness.addresses import Address, AddressLikeness
from assets.likeness.naming import Name, NameLikeness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

THRESHOLD = 65
"""So many points, of about a hundred, and a pair is offered: chosen on a labelled set, see docs/duplicates.md."""
LARGEST_BLOCK = 50
"""What more customers than these share, such as the number of a switchboard, says nothing of any two of them."""
MOST_ADDRESSES = 20
"""Of a customer that has many sites, so many are looked at."""

_NAMES = {NameLikeness.SAME: 50, NameLikeness.ALIKE: 40}
_ADDRESSES = {
    AddressLikeness.SAME: 40, AddressLikeness.ALIKE: 30, AddressLikeness.UNIT: -5, AddressLikeness.OTHER: -25,
}  # fmt: skip
_SAME_PHONE, _OTHER_PHONE = 40, -5
_SAME_EMAIL, _SAME_MAILBOX = 50, 15
_MOST = 100
_OF_ANYBODY = frozenset(
    {
        "accounting", "accounts", "admin", "ap", "billing", "contact", "hello", "info", "invoices", "mail", "manager",
        "office", "sales", "service", "support",
    }
)  # fmt: skip
_PREFIX = 3


@dataclass(frozen=True, slots=True)
class Customer:
    """A contact, as far as it tells who somebody is.

    Attributes:
        name: Its name.
        emails: Its e-mail addresses, case-folded.
        phones: Its phone numbers, as they are sent.
        addresses: Those of its sites, at most `MOST_ADDRESSES`.
    """

    name: Name
    emails: frozenset[str]
    phones: frozenset[str]
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two customers are.

    Attributes:
        points: At most a hundred; from `THRESHOLD` on a pair is offered.
        reasons: What is the same and what is not, without anybody's values.
    """

    points: int
    reasons: tuple[str, ...]


def read(contact: Mapping[str, Any], sites: Sequence[Mapping[str, Any]]) -> Customer:
    """Read a customer from a contact and its sites, by Coperniq's field names."""
    return Customer(
        naming.read(str(contact.get("name") or "")),
        frozenset(str(email).casefold() for email in contact.get("emails") or ()),
        frozenset(str(phone) for phone in contact.get("phones") or ()),
        tuple(dict.fromkeys(addresses.read(site) for site in sites[:MOST_ADDRESSES])),
    )


def compare(one: Customer, other: Customer) -> Likeness | None:
    """Say how alike two customers are, and why; None where they need not be looked at.

    A name that is another one settles it: one address has families, neighbours and tenants, and one phone number, too.
    """
    name = naming.compare(one.name, other.name)
    if name is NameLikeness.OTHER:
        return None
    found = [(_NAMES[name], str(name)), _address(one, other), _phone(one, other), _email(one, other)]
    points = min(_MOST, sum(points for points, _ in found))
    return Likeness(points, tuple(reason for _, reason in found if reason)) if points >= THRESHOLD else None


def blocks(customer: Customer) -> set[str]:
    """Return under what a customer is looked up: two that are offered share one of these, slips in a name included.

    Of an address there are two, one by the zip code and one by the city, each with the beginning of another word of
    the name: a slip in one of these leaves the other.
    """
    first, last = (word[:_PREFIX] for word in (customer.name.words[:1] + customer.name.words[-1:]) or ("", ""))
    found = {f"phone {phone}" for phone in customer.phones}
    found |= {f"email {_mailbox(email) or email}" for email in customer.emails}
    for address in customer.addresses:
        house = address.number or address.street[:_PREFIX]
        if house and address.zip:
            found.add(f"zip {address.zip} {house} {last}")
        if house and address.city:
            found.add(f"city {address.city} {house} {first}")
    return found


def _address(one: Customer, other: Customer) -> tuple[int, str]:
    if not one.addresses or not other.addresses:
        return 0, ""
    best = max(
        (addresses.compare(mine, theirs) for mine in one.addresses for theirs in other.addresses),
        key=lambda likeness: _ADDRESSES[likeness],
    )
    return _ADDRESSES[best], str(best)


def _phone(one: Customer, other: Customer) -> tuple[int, str]:
    if not one.phones or not other.phones:
        return 0, ""
    return (_SAME_PHONE, "same phone") if one.phones & other.phones else (_OTHER_PHONE, "other phone")


def _email(one: Customer, other: Customer) -> tuple[int, str]:
    if not one.emails or not other.emails:
        return 0, ""
    if one.emails & other.emails:
        return _SAME_EMAIL, "same e-mail"
    boxes = {_mailbox(email) for email in one.emails} & {_mailbox(email) for email in other.emails} - {""}
    return (_SAME_MAILBOX, "e-mail alike, elsewhere") if boxes else (0, "other e-mail")


def _mailbox(email: str) -> str:
    """Return what stands before the @, where it is somebody's own; else nothing."""
    box = email.partition("@")[0]
    return "" if box in _OF_ANYBODY else box
