"""Customers of whom it is known which are one: made, with the slips and the resemblances of real offices' files.

What belongs here: making one, and writing him down again. What does not: what makes one customer look like two, and two
like one (`resemblances`). Nothing here is a real person's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

Site = dict[str, str]


def _words(text: str) -> list[str]:
    return text.split()


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


FIRST_NAMES = _words(
    "James Robert John Michael David William Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark "
    "Donald Steven Andrew Paul Joshua Kenneth Kevin Brian George Timothy Ronald Edward Jason Jeffrey Ryan Jacob "
    "Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Mary Patricia Jennifer Linda Elizabeth Barbara "
    "Susan Jessica Sarah Karen Lisa Nancy Betty Sandra Margaret Ashley Kimberly Emily Donna Michelle Carol Amanda "
    "Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Dorothy Amy Kathleen Angela Shirley Emma Brenda Pamela "
    "Nicole Samantha Anna Katherine Christine Helen Debra Rachel Carolyn Janet Maria Olivia Heather Joan Jean "
    "Carmen"
)
_LAST = _words(
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson "
    "Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis "
    "Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera "
    "Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart "
    "Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim "
    "Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo "
    "Sanders Patel Myers Long Ross Foster Jimenez O'Brien McDonald Schneider Kowalski Lindqvist Haddad Okafor "
    "Yamamoto Fitzgerald Van-Dyke Petrov"
)
_TRADES = _words("Bakery Dental Diner Motors Fitness Salon Pharmacy Hardware Storage Brewing Flooring Daycare Books")
_STREETS = _words(
    "Maple Oak Cedar Pine Elm Walnut Lake Hill River Church Mill Spring Franklin Jefferson Lincoln Madison Monroe "
    "Jackson Hillside Fairview Highland Sunset Meadow Prospect Chestnut Sycamore Dogwood Magnolia Juniper Aspen "
    "Willow Birch Laurel Hickory Poplar Camelback Thunderbird Greenway Baseline Southern Broadway Central Mission"
) + [f"{number}th" for number in range(4, 20)]
_KINDS = {"Street": "St", "Avenue": "Ave", "Road": "Rd", "Drive": "Dr", "Lane": "Ln", "Boulevard": "Blvd"}
DIRECTIONS = {"North": "N", "South": "S", "East": "E", "West": "W"}
_TOWNS = [
    ("Phoenix", "AZ", "850"), ("Mesa", "AZ", "852"), ("Denver", "CO", "802"), ("Aurora", "CO", "800"),
    ("Hartford", "CT", "061"), ("Tampa", "FL", "336"), ("Saint Louis", "MO", "631"), ("Fort Worth", "TX", "761"),
]  # fmt: skip
_PROVIDERS = ("gmail.com", "yahoo.com", "outlook.com", "comcast.net", "icloud.com", "aol.com")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass
class Person:
    """A customer as an office may write it down."""

    name: str
    emails: list[str]
    phones: list[str]
    sites: list[Site]

    @property
    def contact(self) -> dict[str, Any]:
        """Its contact, by Coperniq's field names."""
        return {"name": self.name, "emails": self.emails, "phones": self.phones}


@dataclass
class Maker:
    """Makes customers, and what becomes of them when somebody else writes them down."""

    rng: random.Random
    given: set[str] = field(default_factory=set[str])

    def person(self, last: str | None = None) -> Person:
        """Make somebody with one site, of a family if one is given."""
        first, last = self.rng.choice(FIRST_NAMES), last or self.rng.choice(_LAST)
        return Person(f"{first} {last}", [self.email(first, last)], [self.phone()], [self.site()])

    def company(self) -> Person:
        """Make a company with one site."""
        name = f"{self.rng.choice(_LAST)} {self.rng.choice(_TRADES)}"
        box = self.rng.choice(("info", "office", "billing"))
        domain = f"{_letters(name)}{self.rng.randrange(1_000_000)}.com"
        form = self.rng.choice(("LLC", "Inc.", "Co"))
        return Person(f"{name} {form}", [f"{box}@{domain}"], [self.phone()], [self.site()])

    def email(self, first: str, last: str) -> str:
        """Give an e-mail address that nobody has."""
        first, last, number = _letters(first), _letters(last), self.rng.randrange(1, 100)
        box = self.rng.choice((f"{first}.{last}", f"{first[0]}{last}{number}", f"{last}{number}", f"{first}{number}"))
        given = f"{box}@{self.rng.choice(_PROVIDERS)}"
        while given in self.given:
            given = f"{number}{given}"
        self.given.add(given)
        return given

    def phone(self) -> str:
        """Give a phone number as it is sent."""
        return f"+1602{self.rng.randrange(2_000_000, 9_999_999)}"

    def site(self) -> Site:
        """Give a site in one of the towns."""
        city, state, zips = self.rng.choice(_TOWNS)
        direction = f"{self.rng.choice([*DIRECTIONS])} " if self.rng.random() < 0.4 else ""
        unit = f", Apt {self.rng.randrange(1, 40)}" if self.rng.random() < 0.2 else ""
        street = f"{direction}{self.rng.choice(_STREETS)} {self.rng.choice([*_KINDS])}{unit}"
        return written(f"{self.rng.randrange(1, 9_900)} {street}", city, state, f"{zips}{self.rng.randrange(1, 31):02}")

    def again(self, person: Person, **changes: Any) -> Person:
        """Write a customer down again: with another e-mail, and often with another or no phone number."""
        first, *_, last = [*person.name.replace(",", "").replace(".", "").split(), "x"]
        phones = self.rng.choice([person.phones, person.phones, [self.phone()], []])
        return Person(**{"name": person.name, "emails": [self.email(first, last)], "phones": phones,
                         "sites": [dict(site) for site in person.sites]} | changes)  # fmt: skip

    def slip(self, word: str) -> str:
        """Misspell a word: a letter lost, doubled, replaced, or two that changed places."""
        place = self.rng.randrange(1, max(2, len(word) - 1))
        letter = self.rng.choice(_LETTERS)
        return self.rng.choice(
            (
                word[:place] + word[place + 1 :],
                word[:place] + word[place - 1 : place] + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
            )
        )


def written(street: str, city: str, state: str, zip_code: str) -> Site:
    """Return a site's address as an import sends it."""
    full = ", ".join(part for part in (street, city, f"{state} {zip_code}".strip()) if part)
    return {"fullAddress": full, "street": street, "city": city, "state": state, "zipcode": zip_code}


def rewritten(site: Site, **changes: str) -> Site:
    """Return a site with some of its parts written otherwise."""
    parts = site | changes
    return written(parts["street"], parts["city"], parts["state"], parts["zipcode"])


def abbreviated(street: str) -> str:
    """Return a street as those write it who are in a hurry."""
    for long, short in (_KINDS | DIRECTIONS).items():
        street = street.replace(f" {long}", f" {short}.") if long in _KINDS else street.replace(f"{long} ", f"{short} ")
    return street.replace(", Apt ", " #")
