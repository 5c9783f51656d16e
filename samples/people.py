"""Invented people, places and equipment, and the ways in which offices write phones, dates and amounts.

What belongs here: values, and nothing that knows a file. Every value is made up: street names that no town
has, phone numbers in the range 555-0100 to 555-0199, which is kept for fiction, and e-mail addresses of the
`example` domains.
"""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from datetime import date

T = TypeVar("T")

_FIRST = (
    "Aaron", "Abigail", "Amara", "Anaïs", "Andre", "Beatriz", "Brent", "Callie", "Carmen", "Chidi", "Clara",
    "Curtis", "Dalia", "Darnell", "Desmond", "Elena", "Elias", "Esther", "Felix", "Fiona", "Gavin", "Giselle",
    "Grant", "Hana", "Harold", "Imani", "Irene", "Isaac", "Jasper", "Joanna", "José", "Keiko", "Kevin",
    "Lena", "Lionel", "Luisa", "Malik", "Marguerite", "Marcus", "Nadia", "Nolan", "Odette", "Owen", "Paige",
    "Priya", "Quentin", "Ramona", "Reggie", "Renée", "Rosa", "Samir", "Søren", "Tessa", "Theo", "Uma",
    "Vernon", "Viola", "Wesley", "Yasmin", "Zoë",
)  # fmt: skip
_LAST = (
    "Abernathy", "Achterberg", "Bellweather", "Brandvold", "Caldera", "Castellanos", "Chowdhury", "Corbin",
    "Dressler", "Dunleavy", "Eastman", "Ellingsen", "Fairbrother", "Farrugia", "Gallardo", "Greenlee",
    "Halvorsen", "Hathaway", "Iglesias", "Ingersoll", "Jankowski", "Jurado", "Kaczmarek", "Kirkbride",
    "Lindqvist", "Loughlin", "Macalister", "Mbeki", "Montrose", "Müller", "Nakagawa", "Nettles", "Núñez",
    "O'Rourke", "Okafor", "Ostrander", "Pemberton", "Petrosyan", "Quigley", "Quintero", "Ravenscroft",
    "Rosales", "Sandoval", "Schoenfeld", "Smith-Jones", "Stavros", "Tamura", "Thibodeaux", "Umber",
    "Underhill", "Valdivia", "Van-Dyke", "Wainwright", "Wexford", "Xiong", "Yamane", "Yarborough", "Zapata",
    "Zielinski", "Zuniga",
)  # fmt: skip
_FIRM_NAMES = (
    "Tanager", "Kestrel", "Bluestem", "Copperleaf", "Juniper", "Larkspur", "Millstone", "Northgate", "Oxbow",
    "Pinecrest", "Quarry", "Redtail", "Silverbell", "Thistle", "Umbra", "Vesper",
)  # fmt: skip
_FIRM_KINDS = (
    "Dental", "Bakery, Inc.", "Storage", "Veterinary Clinic", "Fitness", "Property Management, LLC",
    "Brewing",
)  # fmt: skip
_STREET_NAMES = (
    "Copperkettle", "Larchmere", "Tinwhistle", "Bramblegate", "Kilnhouse", "Saltbox", "Quillfeather",
    "Mossbank", "Lanternfield", "Pepperwick", "Hollowbarrel", "Wrenfold", "Candlewright", "Thornapple",
    "Greywacke", "Millrace",
)  # fmt: skip
_STREET_KINDS = ("Lane", "Court", "Road", "St", "Avenue", "Terrace", "Way", "Dr.")
_DOMAINS = ("example.com", "example.com", "example.org", "example.net")
_MAKERS = {
    "Furnace": ("Brightflame", "Northwind"),
    "Air Conditioner": ("Northwind", "Polarix"),
    "Heat Pump": ("Polarix", "Aerotherm"),
    "Boiler": ("Brightflame", "Steamwell"),
    "Water Heater": ("Steamwell", "Aquaheat"),
    "Inverter": ("Helionode", "Voltaro"),
    "Battery": ("Voltaro", "Amperia"),
    "Main Panel": ("Busbar & Sons", "Amperia"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A client; `email` and `phone` (ten digits) may be empty, not both."""

    first: str
    last: str
    email: str
    phone: str
    company: str = ""

    @property
    def name(self) -> str:
        """Give the person's full name."""
        return f"{self.first} {self.last}"

    @property
    def customer(self) -> str:
        """Give what an office files the client under: the company, else the person."""
        return self.company or self.name


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A client's location; `unit` may be empty."""

    name: str
    street: str
    unit: str
    city: str
    state: str
    zipcode: str
    client: Person

    @property
    def full_address(self) -> str:
        """Give the address in one line."""
        parts = (self.street, self.unit, self.city, f"{self.state} {self.zipcode}")
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A piece of equipment at a place; `serial` may be empty."""

    name: str
    kind: str
    maker: str
    model: str
    serial: str
    place: Place


@dataclass(frozen=True, slots=True)
class Region:
    """Where a contractor works: the state, its area codes, and towns with a ZIP code each."""

    state: str
    area_codes: tuple[str, ...]
    towns: tuple[tuple[str, str], ...]


class Inventor:
    """Make people, places and equipment of one region, none of them twice."""

    def __init__(self, rng: random.Random, region: Region) -> None:
        """Draw everything from `rng`, so that the same seed makes the same world."""
        self.rng = rng
        self.region = region
        self._names = self._shuffled(itertools.product(_FIRST, _LAST))
        self._firms = self._shuffled(itertools.product(_FIRM_NAMES, _FIRM_KINDS))
        self._phones = self._shuffled(itertools.product(region.area_codes, range(100, 200)))
        self._doors = self._shuffled(itertools.product(range(1001, 1100), _STREET_NAMES))
        self._serials = itertools.count(410_007, 37)
        self._place_names: set[str] = set()

    def person(self) -> Person:
        """Invent somebody with an e-mail address and a phone number."""
        first, last = self._names.pop()
        email = f"{_ascii(first)}.{_ascii(last)}@{self.rng.choice(_DOMAINS)}"
        return Person(first, last, email, self.phone())

    def homonym(self, person: Person) -> Person:
        """Invent somebody else of the same name."""
        email = f"{_ascii(person.last)}.{_ascii(person.first)}@example.net"
        return Person(person.first, person.last, email, self.phone())

    def business(self) -> Person:
        """Invent a company and the person to call there."""
        person = self.person()
        firm, kind = self._firms.pop()
        email = f"office.{_ascii(firm)}.{_ascii(kind.split(',')[0].replace(' ', ''))}@example.com"
        return Person(person.first, person.last, email, person.phone, f"{firm} {kind}")

    def phone(self) -> str:
        """Give ten digits that nobody else has."""
        area, line = self._phones.pop()
        return f"{area}5550{line}"

    def place(self, client: Person) -> Place:
        """Invent a location of the client, under a name and an address that no other location has."""
        name = client.company or f"{client.last} Residence"
        if name in self._place_names:
            name = f"{client.name} Residence" if not client.company else f"{client.company} Annex"
        while name in self._place_names:
            name += " II"
        self._place_names.add(name)
        number, street = self._doors.pop()
        city, zipcode = self.rng.choice(self.region.towns)
        unit = f"Suite {self.rng.randrange(2, 40)}" if client.company and self.rng.random() < 0.4 else ""
        street = f"{number} {street} {self.rng.choice(_STREET_KINDS)}"
        return Place(name, street, unit, city, self.region.state, zipcode, client)

    def unit(self, place: Place, kinds: tuple[str, ...]) -> Unit:
        """Invent equipment of one of the kinds at the place."""
        kind = self.rng.choice(kinds)
        maker = self.rng.choice(_MAKERS[kind])
        number = next(self._serials)
        letters = "".join(word[0] for word in kind.split())
        model = f"{maker[:2].upper()}{number % 90 + 10}-{letters}"
        return Unit(f"{letters}-{number % 1000:03d}", kind, maker, model, f"{letters}{number}K", place)

    def _shuffled(self, values: Iterable[T]) -> list[T]:
        found = list(values)
        self.rng.shuffle(found)
        return found


def write_phone(rng: random.Random, digits: str) -> str:
    """Write ten digits the way that one office or another does; nothing for nothing."""
    if not digits:
        return ""
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    forms = (
        f"({area}) {exchange}-{line}",
        f"({area}) {exchange}-{line}",
        f"{area}.{exchange}.{line}",
        f"{area}-{exchange}-{line}",
        f"+1 {area} {exchange} {line}",
        digits,
    )
    return rng.choice(forms)


def write_email(rng: random.Random, email: str) -> str:
    """Write an e-mail address as people type it: mostly plain, some in capitals or with a space behind."""
    return rng.choice((email, email, email, email, email.title(), f"{email} ")) if email else ""


def write_date(day: date) -> str:
    """Write a date as US offices do: 03/14/2026."""
    return f"{day:%m/%d/%Y}"


def write_time(day: date, hour: int) -> str:
    """Write a date with the hour: 03/14/2026 2:00 PM."""
    return f"{write_date(day)} {hour % 12 or 12}:00 {'AM' if hour < 12 else 'PM'}"


def write_money(rng: random.Random, cents: int) -> str:
    """Write an amount of dollars: $1,234.50, 1,234.50 or 1234.50."""
    dollars = cents / 100
    return rng.choice((f"${dollars:,.2f}", f"${dollars:,.2f}", f"{dollars:,.2f}", f"{dollars:.2f}"))


def days_after(rng: random.Random, start: date, least: int, most: int) -> date:
    """Give a day that many days after another."""
    return start + timedelta(days=rng.randrange(least, most + 1))


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower().replace("ø", "o"))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())
