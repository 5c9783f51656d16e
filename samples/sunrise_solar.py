"""Sunrise Solar & Electric, Colorado: solar and electrical; its clients and their places.

What belongs here: the people and places that its files speak of; the files of contacts, sites and parts.
"""

from __future__ import annotations

import random
from dataclasses import replace

from samples import exports
from samples.people import Inventor, Person, Place, Region, write_email, write_money, write_phone
from samples.sheets import Row, Sheet
from samples.sunrise_work import work_sheets

COLORADO = Region(
    "CO",
    ("303", "719", "720", "970"),
    (
        ("Denver", "80205"), ("Aurora", "80012"), ("Lakewood", "80226"), ("Boulder", "80301"),
        ("Longmont", "80501"), ("Arvada", "80003"), ("Golden", "80401"), ("Littleton", "80120"),
    ),
)  # fmt: skip
VANS = (
    ("S-1", "MC4 connector", "Van 1", "78", "$2.75"),
    ("S-2", "Rail 14 ft", "Van 2", "68", "$31.75"),
    ("S-3", "Roof flashing", "Van 1", "59", "$9.20"),
    ("S-4", "Breaker 60 A", "Van 2", "1", "$18.75"),
)


class SunriseSolar:
    """Build the contractor's files from one seed."""

    def __init__(self, seed: int) -> None:
        """Invent the clients, their places and the equipment that the files will speak of."""
        self.rng = random.Random(f"{seed}/sunrise-solar")
        self.invent = Inventor(self.rng, COLORADO)
        self.leads = [self._lead(number) for number in range(40)]
        self.customers = [self.invent.person() for _ in range(27)]
        twin = self.invent.person()
        self.twins = (twin, self.invent.homonym(twin))
        self.clients = [person for person in (*self.leads, *self.customers) if not person.company]
        self.places = [self.invent.place(person) for person in self.rng.sample(self.clients, 48)]
        depots = [self.invent.place(person) for person in self.customers[:2]]
        self.warehouses = [replace(place, name="Warehouse") for place in depots]
        self.strange_client_places = [self.invent.place(self.invent.person()) for _ in range(2)]
        self.sited = [*self.places, *self.strange_client_places]
        self.nowhere = self.invent.place(self.invent.person())

    def sheets(self) -> list[Sheet]:
        """Give the files, parents before children."""
        contacts_and_sites = [self._leads(), self._customers(), self._sites()]
        return [*contacts_and_sites, *work_sheets(self), self._inventory()]

    def _lead(self, number: int) -> Person:
        person = self.invent.person()
        if number % 8 == 3:
            return replace(person, email="")
        return replace(person, company=self.invent.business().company) if number % 6 == 0 else person

    def _leads(self) -> Sheet:
        sheet = Sheet("contacts-hubspot.csv", "Contact", exports.HUBSPOT_CONTACTS, self.rng)
        for person in (*self.leads, *self.twins):
            values = {
                "Email": write_email(self.rng, person.email), "First Name": person.first,
                "Last Name": person.last, "Company": person.company,
                "Phone": write_phone(self.rng, person.phone),
                "Job Title": self.rng.choice(("", "", "Homeowner", "Facilities manager")),
            }  # fmt: skip
            sheet.add(values, person)
        sheet.shuffle()
        sheet.keep(*self.twins)
        sheet.miss("missing_name", "name", "First Name", "Last Name", "Company")
        sheet.spoil("bad_email", "emails", {"Email": "zoe@@example.com"})
        sheet.spoil("scientific_phone", "phones", {"Phone": "3.03E+09"})
        sheet.miss("unreachable", "emails phones", "Email", "Phone")
        row = sheet.pick(lambda values: values["Email"] and not values["Company"])
        sheet.repeat("same_email", row, {"Email": row.values["Email"].swapcase(), "Job Title": "Owner"})
        sheet.cut(sheet.pick())
        sheet.plant_empty()
        return sheet

    def _customers(self) -> Sheet:
        sheet = Sheet("contacts quickbooks.csv", "Contact", exports.QUICKBOOKS_CUSTOMERS, self.rng)
        sheet.line_end = "\r\n"
        for person in self.customers:
            self._customer_row(sheet, person, self.rng.choice(self.places))
        sheet.keep(*(place.client for place in self.warehouses))
        row = sheet.pick()
        row.values["Email"] = f"{row.values['Email'].strip()}, {self.invent.person().email}"
        row = sheet.pick()
        row.values["Phone Numbers"] += f", {write_phone(self.rng, self.invent.phone())}"
        nobody = self._customer_row(sheet, self.invent.person(), self.places[0])
        sheet.rows.insert(9, sheet.rows.pop())
        sheet.doubt("placeholder_name", "name", {"Customer": "N/A", "Full Name": "N/A"}, nobody)
        sheet.spoil("bad_phone", "phones", {"Phone Numbers": "303-555"})
        sheet.miss("missing_name", "name", "Customer", "Full Name")
        sheet.repeat("exact_copy", sheet.pick())
        return sheet

    def _customer_row(self, sheet: Sheet, person: Person, home: Place) -> Row:
        separator = self.rng.choice((", ", ", ", "\n"))
        values = {
            "Customer": person.name, "Full Name": person.name,
            "Phone Numbers": write_phone(self.rng, person.phone),
            "Email": write_email(self.rng, person.email), "Currency": "USD",
            "Billing Address": f"{home.street}{separator}{home.city}, {home.state} {home.zipcode}",
            "Open Balance": write_money(self.rng, self.rng.choice((0, 0, 125_000, 1_893_045))),
        }  # fmt: skip
        return sheet.add(values, person)

    def _sites(self) -> Sheet:
        sheet = Sheet("sites 2026.csv", "Site", exports.SERVICECORE_SITES, self.rng)
        for place in (*self.sited, *self.warehouses):
            self._site_row(sheet, place)
        sheet.keep(*self.warehouses)
        sheet.miss("missing_address", "fullAddress", "Address", "City", "State", "ZIP Code")
        sheet.miss("missing_client", "clientId", "Customer")
        sheet.spoil("ambiguous_client", "clientId", {"Customer": self.twins[0].name})
        sheet.repeat("exact_copy", sheet.pick())
        row = sheet.pick()
        sheet.repeat("same_address", row, {"City": row.values["City"].upper(), "Notes": "second meter"})
        sheet.plant_header()
        return sheet

    def _site_row(self, sheet: Sheet, place: Place) -> Row:
        client, number = place.client, len(sheet.rows)
        ways = [client.name, client.name, f" {client.name.upper()}"]
        ways += [client.email] if client.email else []
        ways += [write_phone(self.rng, client.phone)]
        values = {
            "Site ID": f"SC-{2000 + number}", "Site Name": place.name, "Address": place.street,
            "City": place.city, "State": place.state, "ZIP Code": place.zipcode,
            "Notes": self.rng.choice(("", "", "Tile roof", "HOA, ask")), "Customer": self.rng.choice(ways),
        }  # fmt: skip
        return sheet.add(values, place, clientId=client)

    def _inventory(self) -> Sheet:
        sheet = Sheet("inventory_export.csv", "", exports.PARTS, self.rng, reason="unknown_type")
        for cells in VANS:
            sheet.add(dict(zip(sheet.headers, cells, strict=True)))
        return sheet
