"""How alike two addresses are, written as offices write them.

What belongs here: reading an address into its parts, and holding the parts of two against each other. What does not:
what that is worth beside a name (`customers`). Kinds of streets and directions are those of USPS Publication 28.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from assets.likeness.naming import is_misspelled, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS = {
    "alley": "aly", "avenue": "ave", "av": "ave", "boulevard": "blvd", "circle": "cir", "court": "ct", "cove": "cv",
    "crossing": "xing", "drive": "dr", "expressway": "expy", "freeway": "fwy", "highway": "hwy", "lane": "ln",
    "loop": "loop", "parkway": "pkwy", "pike": "pike", "place": "pl", "plaza": "plz", "point": "pt", "ridge": "rdg",
    "road": "rd", "route": "rte", "square": "sq", "street": "st", "str": "st", "terrace": "ter", "trail": "trl",
    "turnpike": "tpke", "way": "way",
}  # fmt: skip
_KIND_CODES = frozenset(_KINDS.values())
_DIRECTIONS = {
    "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw", "southeast": "se",
    "southwest": "sw",
}  # fmt: skip
_DIRECTION_CODES = frozenset(_DIRECTIONS.values())
_ORDINALS = {
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th",
    "eighth": "8th", "ninth": "9th", "tenth": "10th",
}  # fmt: skip
_SHORT = _KINDS | _DIRECTIONS | _ORDINALS
_CITY_WORDS = {"saint": "st", "fort": "ft", "mount": "mt"}
_COUNTRIES = frozenset({"usa", "us", "united states", "united states of america", "canada"})
_UNIT = re.compile(r"(?:\b(?:apartment|apt|suite|ste|unit|room|rm)\b[. ]*#?|#) *([a-z0-9-]+)")
_NUMBER = re.compile(r"\d[\w-]*")
_ZIP = re.compile(r"\b(\d{5})(?:-\d{4})?$")
_TOWN = re.compile(r"(.+) [a-z]{2}(?: \d{5}(?:-\d{4})?)?$")
_WORD = re.compile(r"[a-z0-9]+")


class AddressLikeness(StrEnum):
    """How alike two addresses are, the most alike first."""

    SAME = "same address"
    ALIKE = "address alike"
    UNIT = "same building, other unit"
    OTHER = "other address"


@dataclass(frozen=True, slots=True)
class Address:
    """An address in parts, each as it compares; empty for what it does not say.

    Attributes:
        number: Of the house.
        directions: Of the street, such as `n`.
        street: Its name, without kind and directions.
        kind: Of the street, such as `ave`.
        unit: Within the house.
        city: Without blanks.
        zip: Its five digits.
    """

    number: str
    directions: str
    street: str
    kind: str
    unit: str
    city: str
    zip: str


def read(site: Mapping[str, Any]) -> Address:
    """Read a site's address from its fields, else from `fullAddress`.

    Args:
        site: By Coperniq's field names.
    """
    given = {name: plain(str(site.get(name) or "")).strip() for name in ("fullAddress", "street", "city", "zipcode")}
    parts = [part.strip() for part in given["fullAddress"].split(",") if part.strip()]
    if parts and parts[-1] in _COUNTRIES:
        parts.pop()
    found = _ZIP.search(given["zipcode"] or " ".join(parts[-1:]))
    # Before the last part, which is the state with its zip code, stands the city, and before that the street.
    line = " ".join([given["street"] or " ".join(parts[:1]), *parts[1:-2]])
    city = given["city"] or _city(parts)
    unit = _UNIT.search(line)
    line = _UNIT.sub(" ", line)
    number = _NUMBER.match(line)
    directions, name = _directions(_words(line[number.end() :] if number else line))
    # A kind at the end is the street's, any other is part of its name: Park Avenue, Avenue Road.
    kind = name.pop() if len(name) > 1 and name[-1] in _KIND_CODES else ""
    return Address(
        number.group() if number else "",
        directions,
        " ".join(name),
        kind,
        unit.group(1) if unit else "",
        "".join(_CITY_WORDS.get(word, word) for word in _words(city)),
        found.group(1) if found else "",
    )


def compare(one: Address, other: Address) -> AddressLikeness:
    """Say how alike two addresses are."""
    street = _street(one, other)
    place = _place(one, other)
    if street is AddressLikeness.OTHER or place is AddressLikeness.OTHER or one.number != other.number:
        return AddressLikeness.OTHER
    if not one.number and street is not AddressLikeness.SAME:
        return AddressLikeness.OTHER
    if one.unit and other.unit and one.unit != other.unit:
        return AddressLikeness.UNIT
    exact = street is place is AddressLikeness.SAME
    return AddressLikeness.SAME if exact else AddressLikeness.ALIKE


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _city(parts: list[str]) -> str:
    if len(parts) > 2:
        return parts[-2]
    town = _TOWN.match(parts[-1]) if len(parts) == 2 else None
    return town.group(1) if town else ""


def _street(one: Address, other: Address) -> AddressLikeness:
    if not one.street or not other.street or _contradict(one.directions, other.directions):
        return AddressLikeness.OTHER
    if _contradict(one.kind, other.kind):
        return AddressLikeness.OTHER
    if one.street == other.street:
        exact = (one.directions, one.kind) == (other.directions, other.kind)
        return AddressLikeness.SAME if exact else AddressLikeness.ALIKE
    return AddressLikeness.ALIKE if is_misspelled(one.street, other.street) else AddressLikeness.OTHER


def _place(one: Address, other: Address) -> AddressLikeness:
    if one.zip and one.zip == other.zip:
        return AddressLikeness.SAME
    if one.city and other.city and (one.city == other.city or is_misspelled(one.city, other.city)):
        # A slip in one figure of the zip code is another part of the town only where the city differs, too.
        slips = sum(mine != theirs for mine, theirs in zip(one.zip, other.zip, strict=False))
        return AddressLikeness.ALIKE if slips <= 1 else AddressLikeness.OTHER
    return AddressLikeness.OTHER


def _contradict(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def _directions(words: list[str]) -> tuple[str, list[str]]:
    """Take the directions out of a street; return them and the rest, both abbreviated, and never no rest."""
    codes = [_SHORT.get(word, word) for word in words]
    rest = [code for code in codes if code not in _DIRECTION_CODES]
    return ("".join(code for code in codes if code in _DIRECTION_CODES), rest) if rest else ("", codes)
