"""ABC Heating & Cooling, New Jersey: heating, cooling and plumbing; its clients and their places.

What belongs here: the people, places and equipment that its files speak of; the files of contacts and sites.
"""

from __future__ import annotations

import random
from dataclasses import replace

from samples import exports
from samples.abc_work import work_sheets
from samples.people import Inventor, Person, Place, Region, Unit, write_email, write_phone
from samples.sheets import Row, Sheet

NEW_JERSEY = Region(
    "NJ",
    ("201", "551", "862", "908", "973"),
    (
        ("Hoboken", "07030"), ("Jersey City", "07302"), ("Montclair", "07042"), ("Bloomfield", "07003"),
        ("Nutley", "07110"), ("Clifton", "07011"), ("Maplewood", "07040"), ("Summit", "07901"),
    ),
)  # fmt: skip
KINDS = ("Furnace", "Air Conditioner", "Heat Pump", "Boiler", "Water Heater")
SECOND_PHONES = 0.2
WAREHOUSE = (
    ("P-101", "Contactor 24V", "A0", "14", "$4.50"),
    ("P-102", "Capacitor 45/5", "A1", "0", "$11.50"),
    ("P-103", "Flame sensor", "A2", "31", "$18.50"),
    ("P-104", "Filter 16x25x1", "A3", "26", "$25.50"),
    ("P-105", "Condensate trap, PVC", "A4", "7", "$32.50"),
)


class AbcHeating:
    """Build the contractor's files from one seed."""

    def __init__(self, seed: int) -> None:
        """Invent the clients, their places and the equipment that the files will speak of."""
        self.rng = random.Random(f"{seed}/abc-heating")
        self.invent = Inventor(self.rng, NEW_JERSEY)
        self.residents = [self._resident(number) for number in range(96)]
        self.businesses = [self.invent.business() for _ in range(40)]
        twin = self.invent.person()
        self.twins = (twin, self.invent.homonym(twin))
        reachable = [person for person in (*self.residents, *self.businesses) if person.email]
        self.places = [self.invent.place(person) for person in self.rng.sample(reachable, 76)]
        self.strange_client_places = [self.invent.place(self.invent.person()) for _ in range(3)]
        self.sited = [*self.places, *self.strange_client_places]
        self.units = [self._unit(self.rng.choice(self.sited), number) for number in range(88)]
        nowhere = self.invent.place(self.invent.person())
        self.units_nowhere = [self.invent.unit(nowhere, KINDS) for _ in range(2)]

    def sheets(self) -> list[Sheet]:
        """Give the files, parents before children."""
        site = self._sites()
        copy = replace(site, file_name="Site_copy.csv", reason="already_imported")
        contacts = [self._residents(), self._businesses(), self._warehouse()]
        return [*contacts, site, copy, *work_sheets(self)]

    def _resident(self, number: int) -> Person:
        person = self.invent.person()
        if number % 8 == 0:
            return replace(person, email="")
        if number % 11 == 0:
            return replace(person, phone="")
        if number % 9 == 0:
            return replace(person, company=self.invent.business().company)
        return person

    def _second_phone(self) -> str:
        return write_phone(self.rng, self.invent.phone()) if self.rng.random() < SECOND_PHONES else ""

    def _unit(self, place: Place, number: int) -> Unit:
        unit = self.invent.unit(place, KINDS)
        return replace(unit, serial="") if number % 12 == 0 else unit

    def _residents(self) -> Sheet:
        sheet = Sheet("Contact.csv", "Contact", exports.HOUSECALL_CUSTOMERS, self.rng, line_end="\r\n")
        homes = {place.client: place for place in self.places}
        for person in (*self.residents, *self.twins):
            self._resident_row(sheet, person, homes.get(person))
        sheet.shuffle()
        sheet.keep(*self.twins)
        sheet.pick().values["Customer notes"] = "Dog in the yard, friendly.\nSide door only."
        sheet.pick().values["Customer notes"] = 'Calls it "the big one", wants a quote, not before May'
        self._spoil_residents(sheet)
        return sheet

    def _resident_row(self, sheet: Sheet, person: Person, home: Place | None) -> Row:
        rng = self.rng
        values = {
            "First name": person.first,
            "Last name": rng.choice((person.last, person.last, f"{person.last} ")), "Company": person.company,
            "Mobile number": write_phone(rng, person.phone),
            "Home number": self._second_phone() if person.phone else "",
            "Email": write_email(rng, person.email),
            "Customer notes": rng.choice(("", "", "", "Prefers text", "Landlord, bill by mail", "VIP")),
        }  # fmt: skip
        if home:
            values |= {"Street": home.street, "City": home.city, "State": home.state, "Zip": home.zipcode}
        row = sheet.add(values, makes=person)
        row.tells = home
        return row

    def _spoil_residents(self, sheet: Sheet) -> None:
        for _ in range(2):
            sheet.miss("missing_name", "name", "First name", "Last name", "Company")
        sheet.spoil("bad_email", "emails", {"Email": "jon@@example.com"})
        sheet.spoil("bad_email", "emails", {"Email": "frontdesk.example.com"})
        bad = sheet.pick(lambda values: values["Email"] and values["Mobile number"])
        right = {"Mobile number": bad.values["Mobile number"]}
        sheet.spoil("bad_phone", "phones", {"Mobile number": "555-012"}, bad)
        sheet.correct(bad, right)
        bad = sheet.spoil("bad_phone", "phones", {"Mobile number": "201-555-01"})
        sheet.repeat("exact_copy", bad)
        for _ in range(2):
            sheet.miss("unreachable", "emails phones", "Email", "Mobile number", "Home number")
        sheet.repeat("exact_copy", sheet.pick())
        sheet.repeat("exact_copy", sheet.pick())
        row = sheet.pick(lambda values: values["Email"])
        other = {"Email": row.values["Email"].upper(), "Customer notes": "New boiler 2025"}
        sheet.repeat("same_email", row, other)
        row = sheet.pick(lambda values: not values["Email"])
        digits = "".join(filter(str.isdigit, row.values["Mobile number"]))[-10:]
        sheet.repeat("same_phone", row, {"Mobile number": f"1-{digits[:3]}-{digits[3:6]}-{digits[6:]}"})
        nobody = self._resident_row(sheet, self.invent.person(), None)
        sheet.rows.insert(11, sheet.rows.pop())
        sheet.doubt("placeholder_name", "name", {"First name": "N/A", "Last name": ""}, nobody)
        sheet.cut(sheet.pick())
        sheet.widen(sheet.pick())
        sheet.drop_last(sheet.pick(lambda values: not values["Customer notes"]))
        sheet.plant_header()
        sheet.plant_empty()
        sheet.plant_blank_line()

    def _businesses(self) -> Sheet:
        sheet = Sheet("contacts_2026.csv", "Contact", exports.MHELPDESK_CUSTOMERS, self.rng)
        sheet.encoding = "utf-8-sig"
        offices = {place.client: place for place in self.places}
        for person in self.businesses:
            self._business_row(sheet, person, offices.get(person))
        sheet.miss("missing_name", "name", "CustomerName", "ContactFirstName", "ContactLastName")
        sheet.spoil("bad_email", "emails", {"Email": "office at example.com"})
        sheet.spoil("bad_phone", "phones", {"PrimaryPhone": "555-0199"})
        sheet.repeat("exact_copy", sheet.pick())
        return sheet

    def _business_row(self, sheet: Sheet, person: Person, office: Place | None) -> Row:
        rng = self.rng
        values = {
            "CustomerName": person.company, "CountryCode": "US",
            "PrimaryPhone": write_phone(rng, person.phone), "SecondaryPhone": self._second_phone(),
            "Email": write_email(rng, person.email), "ContactFirstName": person.first,
            "ContactLastName": person.last,
            "Note": rng.choice(("", "", "Net 30", "Tax exempt, certificate on file")),
            "CustomerType": "Commercial", "Source": rng.choice(("Referral", "Web site", "Truck", "")),
        }  # fmt: skip
        if office:
            values |= {
                "Address1": office.street, "Address2": office.unit, "City": office.city,
                "State": office.state, "Zip": office.zipcode,
            }  # fmt: skip
        row = sheet.add(values, makes=person)
        row.tells = office
        return row

    def _warehouse(self) -> Sheet:
        sheet = Sheet("Contact_warehouse.csv", "Contact", exports.PARTS, self.rng, reason="wrong_columns")
        for cells in WAREHOUSE:
            sheet.add(dict(zip(sheet.headers, cells, strict=True)))
        return sheet

    def _sites(self) -> Sheet:
        sheet = Sheet("Site.csv", "Site", exports.SERVICETRADE_LOCATIONS, self.rng)
        for place in self.sited:
            self._site_row(sheet, place)
        sheet.shuffle()
        who = [header for header in sheet.headers if header.startswith("primary_contact")]
        sheet.miss("missing_client", "clientId", *who)
        sheet.miss("missing_address", "fullAddress", "street", "city", "state", "postalcode")
        for client in self.rng.sample([person for person in self.residents if person.email], 2):
            row = self._site_row(sheet, self.invent.place(client))
            sheet.rows.insert(self.rng.randrange(4, 60), sheet.rows.pop())
            sheet.doubt("four_digit_zip", "zipcode", {"postalcode": row.values["postalcode"][1:]}, row)
        sheet.repeat("exact_copy", sheet.pick())
        row = sheet.pick()
        other = {"street": row.values["street"].upper(), "location_name": "Front building"}
        sheet.repeat("same_address", row, other)
        sheet.widen(sheet.pick())
        return sheet

    def _site_row(self, sheet: Sheet, place: Place) -> Row:
        rng, client = self.rng, place.client
        values = {
            "location_name": place.name,
            "street": f"{place.street}, {place.unit}" if place.unit else place.street,
            "city": rng.choice((place.city, place.city, place.city.upper())), "state": place.state,
            "postalcode": place.zipcode, "latitude": f"40.{rng.randrange(6500, 9000)}",
            "longitude": f"-74.{rng.randrange(1000, 4000):04d}", "phone": write_phone(rng, client.phone),
            "primary_contact": client.name,
            "primary_contact_type": rng.choice(("owner", "tenant", "manager")),
            "primary_contact_phone": write_phone(rng, client.phone), "primary_contact_email": client.email,
        }  # fmt: skip
        return sheet.add(values, place, clientId=client)
