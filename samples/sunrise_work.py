"""Sunrise Solar & Electric's work: the files of equipment, systems, projects, invoices and quotes.

What belongs here: rows that refer to clients and places, and the faults that stand in them.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from samples import exports
from samples.people import days_after, write_date, write_money, write_phone
from samples.sheets import Row, Sheet

if TYPE_CHECKING:
    import random

    from samples.people import Person, Place, Unit
    from samples.sunrise_solar import SunriseSolar

KINDS = ("Inverter", "Battery", "Main Panel")
JOBS = (
    "Solar install", "Panel upgrade, 200 A", "Battery add-on", "Roof inspection", "EV charger",
    "Inverter swap",
)  # fmt: skip


def work_sheets(sunrise: SunriseSolar) -> list[Sheet]:
    """Give the files, parents before children."""
    assets_and_systems = [_assets(sunrise), _systems(sunrise)]
    return [*assets_and_systems, _projects(sunrise), _invoices(sunrise), _quotes(sunrise)]


def _assets(sunrise: SunriseSolar) -> Sheet:
    sheet = Sheet("Asset.csv", "Asset", exports.EQUIPMENT_CAPTURE, sunrise.rng, encoding="utf-8-sig")
    for place in (*sunrise.rng.choices(sunrise.sited, k=43), sunrise.nowhere):
        _asset_row(sunrise.rng, sheet, sunrise.invent.unit(place, KINDS))
    sheet.shuffle()
    sheet.miss("missing_type", "type", "Equipment Type", "Sub-Type")
    sheet.spoil("ambiguous_site", "siteId", {"Site": "Warehouse"})
    sheet.spoil("bad_date", "installDate", {"Install Date": "13/45/2026"})
    sheet.doubt("excel_serial_date", "installDate", {"Install Date": "45810"})
    row = sheet.pick()
    other = {"Serial Number": row.values["Serial Number"].lower(), "Condition": "Poor"}
    sheet.repeat("same_serial", row, other)
    sheet.widen(sheet.pick())
    return sheet


def _asset_row(rng: random.Random, sheet: Sheet, unit: Unit) -> Row:
    installed = days_after(rng, date(2019, 2, 1), 0, 2400)
    values = {
        "Unit": unit.name, "Equipment Type": unit.kind, "Sub-Type": "", "Brand": unit.maker,
        "Manufacturer": unit.maker, "Model": unit.model, "Model Number": unit.model,
        "Serial Number": unit.serial, "Year": str(installed.year),
        "Condition": rng.choice(("Good", "Fair", "Excellent")), "Description": f"{unit.kind}, {unit.maker}",
        "Captured By": "R. Ostrander", "Captured At": "2026-02-11 10:05",
        "Verified": rng.choice(("Yes", "No")), "Site": rng.choice((unit.place.name, unit.place.full_address)),
        "Install Date": rng.choice((write_date(installed), f"{installed:%Y-%m-%d}", "")),
    }  # fmt: skip
    return sheet.add(values, unit, siteId=unit.place)


def _systems(sunrise: SunriseSolar) -> Sheet:
    sheet = Sheet("System.csv", "System", exports.MONITORED_SYSTEMS, sunrise.rng)
    for number, place in enumerate((*sunrise.rng.sample(sunrise.sited, 38), sunrise.nowhere)):
        installed = days_after(sunrise.rng, date(2021, 3, 1), 0, 1700)
        values = {
            "System Name": f"{place.name} PV", "Site Address": place.full_address,
            "System Size (kW DC)": f"{sunrise.rng.randrange(380, 1450) / 100:.2f}",
            "System Status": sunrise.rng.choice(("Active", "active", "Offline")),
            "Install Date": write_date(installed),
            "PTO Date": write_date(days_after(sunrise.rng, installed, 14, 60)),
            "Monitoring": sunrise.rng.choice(("Yes", "No", "TRUE")), "Project #": f"PRJ-{7100 + number}",
            "Inverter": "Helionode", "Last Report": "03/30/2026",
        }  # fmt: skip
        sheet.add(values, None, siteId=place)
    sheet.miss("missing_name", "name", "System Name")
    sheet.miss("missing_site", "siteId", "Site Address")
    sheet.spoil("bad_number", "size", {"System Size (kW DC)": "see plans"})
    sheet.spoil("bad_date", "installedAt", {"Install Date": "soon", "PTO Date": ""})
    sheet.spoil("bad_boolean", "monitored", {"Monitoring": "sometimes"})
    sheet.doubt("end_before_start", "operationalAt", {"Install Date": "05/04/2025", "PTO Date": "04/05/2025"})
    sheet.repeat("exact_copy", sheet.pick())
    return sheet


def _projects(sunrise: SunriseSolar) -> Sheet:
    sheet = Sheet("Task.csv", "Task", exports.COPERNIQ_WORKBOOK, sunrise.rng)
    jobs = sunrise.rng.sample([(place, job) for place in sunrise.sited for job in JOBS], 40)
    for place, job in (*jobs, (sunrise.nowhere, JOBS[0])):
        _project_row(sunrise.rng, sheet, place, job)
    sheet.miss("missing_title", "title", "Title")
    sheet.miss("missing_status", "status", "Status", "Stage")
    sheet.miss("missing_site", "siteId", "Address")
    sheet.repeat("exact_copy", sheet.pick())
    sheet.cut(sheet.pick())
    return sheet


def _project_row(rng: random.Random, sheet: Sheet, place: Place, job: str) -> Row:
    price = rng.randrange(400_000, 4_800_000)
    values = {
        "Title": job, "Primary Name": place.client.name, "Contact Email": place.client.email,
        "Contact Phone": write_phone(rng, place.client.phone), "Address": place.full_address,
        "Workflow": "Residential Solar", "Stage": rng.choice(("Design", "Permitting", "Install")),
        "Status": rng.choice(("Active", "On hold", "active")), "Trades": "Solar, Electrical",
        "Project Value ($)": write_money(rng, price), "Sales Rep": "P. Quintero", "Owner": "Luisa Mbeki",
        "System Size (kW DC)": f"{rng.randrange(380, 1450) / 100:.2f}",
        "Contract Signed Date": write_date(days_after(rng, date(2025, 9, 1), 0, 180)),
        "Ownership Type": "Cash", "Gross Contract Price ($)": write_money(rng, price),
        "HOA": rng.choice(("Yes", "No", "")),
    }  # fmt: skip
    return sheet.add(values, None, siteId=place)


def _invoices(sunrise: SunriseSolar) -> Sheet:
    sheet = Sheet("financial_documents_q1.csv", "FinancialDocument", exports.JOBBER_INVOICES, sunrise.rng)
    sheet.quote_all = True
    for number, person in enumerate(_billed(sunrise, 36)):
        _document_row(sunrise.rng, sheet, "Invoice #", 880 + number, person)
    sheet.miss("missing_client", "clientId", "Client name", "Client email")
    sheet.spoil("bad_amount", "amount", {"Total ($)": "to be agreed"})
    sheet.spoil("bad_date", "issueDate", {"Issued date": "soon"})
    sheet.doubt("negative_amount", "amount", {"Total ($)": "-$2,310.00"})
    sheet.repeat("exact_copy", sheet.pick())
    return sheet


def _quotes(sunrise: SunriseSolar) -> Sheet:
    sheet = Sheet("FinancialDocument-quotes.csv", "FinancialDocument", exports.QUOTES, sunrise.rng)
    for number, person in enumerate(_billed(sunrise, 14)):
        row = _document_row(sunrise.rng, sheet, "Quote #", 310 + number, person)
        row.values["Quote status"] = sunrise.rng.choice(("Sent", "Approved", "draft"))
    sheet.doubt("excel_serial_date", "issueDate", {"Issued date": "46082"})
    sheet.miss("missing_title", "title", "Quote #")
    return sheet


def _billed(sunrise: SunriseSolar, count: int) -> list[Person]:
    known = [person for person in (*sunrise.leads, *sunrise.customers) if person.email]
    return [*sunrise.rng.sample(known, count), sunrise.invent.person()]


def _document_row(rng: random.Random, sheet: Sheet, title: str, number: int, person: Person) -> Row:
    values = {
        title: str(number), "Client name": person.customer, "Client email": person.email,
        "Issued date": write_date(days_after(rng, date(2026, 1, 5), 0, 80)), "Line item": rng.choice(JOBS),
        "Total ($)": write_money(rng, rng.randrange(15_000, 3_900_000)),
    }  # fmt: skip
    return sheet.add(values, None, clientId=person)
