"""ABC Heating & Cooling's work: the files of equipment, jobs, memberships and invoices.

What belongs here: rows that refer to clients and places, and the faults that stand in them.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from samples import exports
from samples.people import days_after, write_date, write_email, write_money, write_phone, write_time
from samples.sheets import Row, Sheet

if TYPE_CHECKING:
    import random

    from samples.abc_heating import AbcHeating
    from samples.people import Person, Place, Unit

JOBS = (
    "Spring tune-up", "No heat call", "Replace condensate pump", "Annual boiler inspection",
    "Water heater flush", "Thermostat install", "Duct cleaning", "AC not cooling", "Leak at valve",
)  # fmt: skip
MARCH = date(2026, 3, 2)


def work_sheets(abc: AbcHeating) -> list[Sheet]:
    """Give the files, parents before children."""
    return [_assets(abc), _tasks(abc), _plans(abc), _invoices(abc)]


def _assets(abc: AbcHeating) -> Sheet:
    sheet = Sheet("Assets.csv", "Asset", exports.WENNSOFT_EQUIPMENT, abc.rng)
    for unit in (*abc.units, *abc.units_nowhere):
        _asset_row(abc.rng, sheet, unit)
    sheet.shuffle()
    sheet.miss("missing_type", "type", "Equipment Type")
    sheet.miss("missing_name", "name", "Equipment", "Description")
    sheet.miss("missing_site", "siteId", "Location", "Building ID")
    sheet.spoil("bad_date", "installDate", {"Install Date": "13/45/2026"})
    sheet.spoil("bad_date", "installDate", {"Install Date": "soon"})
    sheet.doubt("excel_serial_date", "installDate", {"Install Date": "45371"})
    sheet.doubt("excel_serial_date", "installDate", {"Install Date": "44208"})
    with_serial = sheet.pick(lambda values: values["Serial Number"])
    sheet.doubt("placeholder_name", "name", {"Equipment": "N/A", "Description": ""}, with_serial)
    sheet.repeat("exact_copy", sheet.pick())
    row = sheet.pick(lambda values: values["Serial Number"])
    lower = {"Serial Number": row.values["Serial Number"].lower(), "Equipment": "Unit on roof"}
    sheet.repeat("same_serial", row, lower)
    sheet.cut(sheet.pick())
    return sheet


def _asset_row(rng: random.Random, sheet: Sheet, unit: Unit) -> Row:
    installed = days_after(rng, date(2012, 5, 1), 0, 4900)
    values = {
        "Location": unit.place.name, "Equipment": unit.name,
        "Description": f"{unit.maker} {unit.kind.lower()}",
        "Equipment Type": rng.choice((unit.kind, unit.kind, unit.kind.upper())), "Manufacturer": unit.maker,
        "Model Number": unit.model, "Serial Number": unit.serial, "Barcode": str(rng.randrange(10**6, 10**7)),
        "Building Room": rng.choice(("Basement", "Attic", "Roof", "Utility room, rear", "")),
        "Install Date": write_date(installed) if rng.random() < 0.9 else "",
        "Install By": rng.choice(("ABC", "ABC", "Other")),
        "Warranty Exp": write_date(days_after(rng, installed, 3650, 3652)),
    }  # fmt: skip
    return sheet.add(values, unit, siteId=unit.place)


def _tasks(abc: AbcHeating) -> Sheet:
    sheet = Sheet("tasks_march.csv", "Task", exports.HOUSECALL_JOBS, abc.rng)
    nowhere = [abc.invent.place(abc.invent.person()) for _ in range(2)]
    visits = abc.rng.sample([(place, job) for place in abc.sited for job in JOBS], 66)
    for number, (place, job) in enumerate((*visits, *((place, JOBS[0]) for place in nowhere))):
        _task_row(abc, sheet, number, place, job)
    backwards = {"Scheduled start": "03/20/2026 2:00 PM", "Scheduled end": "03/19/2026 4:00 PM"}
    sheet.doubt("end_before_start", "endDate", backwards)
    sheet.doubt("end_before_start", "endDate", backwards | {"Scheduled end": "03/20/2026 9:00 AM"})
    sheet.miss("missing_title", "title", "Title")
    sheet.miss("missing_status", "status", "Job status")
    sheet.miss("missing_site", "siteId", "Service address")
    sheet.spoil("bad_date", "startDate", {"Scheduled start": "13/45/2026"})
    sheet.spoil("bad_date", "startDate", {"Scheduled start": "soon"})
    sheet.repeat("exact_copy", sheet.pick())
    stranger = sheet.pick(lambda values: "Equipment serial" not in values)
    stranger.values["Equipment serial"], stranger.needs["assetId"] = "ZZ-000000", "no such unit"
    sheet.plant_header()
    sheet.plant_empty()
    return sheet


def _task_row(abc: AbcHeating, sheet: Sheet, number: int, place: Place, job: str) -> Row:
    rng, address = abc.rng, place.full_address
    hour = rng.randrange(7, 15)
    day = days_after(rng, MARCH, 0, 26)
    values = {
        "Job #": str(4100 + number), "Customer name": place.client.customer,
        "Mobile number": write_phone(rng, place.client.phone),
        "Service address": rng.choice((address, f"{address} ", address.upper())), "Title": job,
        "Scheduled start": write_time(day, hour), "Scheduled end": write_time(day, hour + 2),
        "Job status": rng.choice(("Scheduled", "scheduled", "Completed", "In progress")),
        "Total amount": write_money(rng, rng.randrange(9_000, 240_000)),
        "Description": rng.choice(("", "", "Bring ladder, 24 ft", "Call ahead.\nKey under the mat.")),
    }  # fmt: skip
    row = sheet.add(values, None, siteId=place)
    units = [unit for unit in abc.units if unit.place is place and unit.serial]
    if units and rng.random() < 0.6:
        row.values["Equipment serial"], row.needs["assetId"] = units[0].serial, units[0]
    return row


def _plans(abc: AbcHeating) -> Sheet:
    sheet = Sheet("ServicePlanInstance.csv", "ServicePlanInstance", exports.MEMBERSHIPS, abc.rng)
    members = abc.rng.sample([person for person in (*abc.residents, *abc.businesses) if person.email], 38)
    for person in (*members, abc.invent.person()):
        start = days_after(abc.rng, date(2025, 4, 1), 0, 330)
        values = {
            "Customer Name": person.customer, "Customer Email": write_email(abc.rng, person.email),
            "Membership Name": abc.rng.choice(("Comfort Club Gold", "Comfort Club Silver", "Boiler Care")),
            "Status": abc.rng.choice(("Active", "active", "Paused")), "Start Date": write_date(start),
            "Expiration Date": write_date(start.replace(year=start.year + 1)),
            "Price": abc.rng.choice(("$189.00", "$249.00", "1,188.00")),
        }  # fmt: skip
        sheet.add(values, None, clientId=person)
    sheet.miss("missing_plan", "servicePlanId", "Membership Name")
    sheet.miss("missing_client", "clientId", "Customer Name", "Customer Email")
    sheet.spoil("bad_date", "startDate", {"Start Date": "soon"})
    sheet.doubt("end_before_start", "endDate", {"Start Date": "01/15/2026", "Expiration Date": "01/14/2025"})
    sheet.doubt("excel_serial_date", "startDate", {"Start Date": "45992"})
    sheet.repeat("exact_copy", sheet.pick())
    return sheet


def _invoices(abc: AbcHeating) -> Sheet:
    sheet = Sheet("FinancialDocument.csv", "FinancialDocument", exports.QUICKBOOKS_INVOICES, abc.rng)
    billable = [*abc.businesses, *(person for person in abc.residents if not person.company)]
    strangers = [abc.invent.person() for _ in range(2)]
    for number, person in enumerate((*abc.rng.sample(billable, 60), *strangers)):
        _invoice_row(abc.rng, sheet, 10_231 + number, person)
    sheet.miss("missing_title", "title", "*InvoiceNo")
    sheet.miss("missing_client", "clientId", "*Customer")
    sheet.spoil("bad_amount", "amount", {"*ItemAmount": "see notes"})
    sheet.spoil("bad_date", "issueDate", {"*InvoiceDate": "13/45/2026"})
    sheet.spoil("ambiguous_client", "clientId", {"*Customer": abc.twins[0].name})
    sheet.doubt("negative_amount", "amount", {"*ItemAmount": "-$125.00"})
    sheet.doubt("negative_amount", "amount", {"*ItemAmount": "-1,040.25"})
    sheet.doubt("end_before_start", "dueDate", {"*InvoiceDate": "02/16/2026", "*DueDate": "01/16/2026"})
    sheet.doubt("excel_serial_date", "issueDate", {"*InvoiceDate": "46065", "*DueDate": ""})
    sheet.repeat("exact_copy", sheet.pick())
    return sheet


def _invoice_row(rng: random.Random, sheet: Sheet, number: int, person: Person) -> Row:
    issued = days_after(rng, date(2025, 11, 3), 0, 120)
    amount = write_money(rng, rng.randrange(9_500, 980_000))
    values = {
        "*InvoiceNo": str(number), "*Customer": person.customer, "*InvoiceDate": write_date(issued),
        "*DueDate": write_date(days_after(rng, issued, 30, 30)), "Terms": "Net 30",
        "Memo": rng.choice(("", "", "Thank you, and stay warm!")), "Item(Product/Service)": "Services",
        "ItemDescription": rng.choice(JOBS), "ItemQuantity": "1", "ItemRate": amount, "*ItemAmount": amount,
        "Service Date": write_date(issued),
    }  # fmt: skip
    return sheet.add(values, None, clientId=person)
