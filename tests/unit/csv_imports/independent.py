"""What is wrong with a row, in plain Python, from the words of docs/rules.md.

Nothing of the product decides here what is wrong with a value: no schema, no regular expression, no parser of it.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from assets.record_types import Field, Kind, RecordType

TODAY = date(2026, 3, 14)
YES_OR_NO = {"true", "yes", "y", "1", "t", "false", "no", "n", "0", "f"}
ALLOWED = ["Active", "In Progress", "Lead"]
REQUIRED = {
    "Contact": ["name"], "Site": ["fullAddress", "clientId"], "Asset": ["name", "type", "siteId"],
    "Task": ["title", "status", "siteId"], "System": ["name", "siteId"],
    "ServicePlanInstance": ["servicePlanId", "clientId"], "FinancialDocument": ["title", "type", "clientId"],
}  # fmt: skip
NAMES = {
    "Contact": ["name"], "Site": ["fullAddress", "clientId"], "Asset": ["name", "serialNumber", "siteId"],
    "Task": ["title", "siteId", "assetId"], "System": ["name", "siteId"],
    "ServicePlanInstance": ["servicePlanId", "clientId"], "FinancialDocument": ["title", "type", "clientId"],
}  # fmt: skip
NAMED = {
    "Contact": ["name"], "Site": ["fullAddress", "clientId"], "Asset": ["name", "siteId"], "Task": ["title", "siteId"],
    "System": ["name", "siteId"], "ServicePlanInstance": ["servicePlanId", "clientId"],
    "FinancialDocument": ["title", "clientId"],
}  # fmt: skip
PERIODS = {
    "Task": ("startDate", "endDate"), "System": ("installedAt", "operationalAt"),
    "ServicePlanInstance": ("startDate", "endDate"), "FinancialDocument": ("issueDate", "dueDate"),
}  # fmt: skip
FORMULA_ERRORS = {"#REF!", "#N/A", "#NAME?", "#DIV/0!", "#VALUE!"}
PLACEHOLDERS = {"n/a", "na", "n.a.", "none", "null", "nil", "-", "--", "?", "x", "xxx", "unknown", "tbd", "test", "."}
STATES = {"CO": "CO", "colorado": "CO", "NJ": "NJ", "N.J.": "NJ", "New  Jersey": "NJ", "ontario": "ON", "PR": "PR"}
ZIP_STATES = {"802": "CO", "800": "CO", "071": "NJ", "089": "NJ", "M": "ON", "K": "ON", "009": "PR"}


def is_email(text: str) -> bool:
    """One @; before it no sign of lists or quotes, dots only between signs; behind it two labels or more."""
    local, at, domain = text.partition("@")
    labels = domain.split(".")
    return (
        at == "@" and len(text.encode()) <= 254
        and all(part and not set(part) & set('@"(),:;<>[]\\') for part in local.split("."))
        and len(labels) >= 2 and all(is_label(label) for label in labels)
        and len(labels[-1]) >= 2 and labels[-1].isalpha()
    )  # fmt: skip


def is_label(label: str) -> bool:
    return 1 <= len(label) <= 63 and label.replace("-", "a").isalnum() and label[0] != "-" and label[-1] != "-"


def is_phone(text: str) -> bool:
    """Ten digits behind the country's 1 or not; neither the area code nor what follows it begins with 0 or 1."""
    digits = "".join(c for c in text if c not in " ()-.").removeprefix("+")
    digits = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return len(digits) == 10 and digits.isdigit() and digits[0] > "1" and digits[3] > "1"


def zip_of(text: str, state: str) -> str | None:
    """Five digits, nine, or a Canadian code; a zero or two that a state's codes begin with may be lost."""
    head, dash, tail = text.partition("-")
    if head.isdigit() and len(head) == 5 and ((len(tail) == 4 and tail.isdigit()) if dash else True):
        return text
    plain = text.replace(" ", "", 1) if len(text) == 7 and text[3] == " " else text
    if len(plain) == 6 and all(c.isalpha() if place % 2 == 0 else c.isdigit() for place, c in enumerate(plain)):
        return text
    lost = {"NJ": 1, "PR": 2}.get(state, 0)
    return text.zfill(5) if text.isdigit() and lost and len(text) + lost == 5 else None


def number_of(text: str) -> float | None:
    """Digits with a point, thousands in threes, a dollar sign; a minus in front or behind, or parentheses."""
    minus = text.startswith("-") + text.endswith("-") + (text.startswith("(") and text.endswith(")"))
    bare = text.removeprefix("-").removesuffix("-") if minus and text[0] != "(" else text.strip("()") if minus else text
    bare = bare.removeprefix("$")
    whole, _, decimals = bare.partition(".")
    threes = whole.split(",")
    if minus > 1 or not all(part.isdigit() for part in threes) or not (decimals or "0").isdigit():
        return None
    if len(threes) > 1 and (len(threes[0]) > 3 or any(len(part) != 3 for part in threes[1:])):
        return None
    return float("".join(threes) + "." + (decimals or "0")) * (-1 if minus else 1)


def moment_of(text: str) -> datetime | None:
    """Month/day/year or year-month-day, with hours and minutes or not."""
    day, _, clock = text.partition(" ")
    try:
        if "/" in day:
            month, day_of_month, year = map(int, day.split("/"))
        else:
            year, month, day_of_month = map(int, day.split("-"))
        hour, minute = map(int, clock.split(":")) if clock else (0, 0)
        return datetime(year, month, day_of_month, hour, minute)
    except ValueError:
        return None


def is_excels(text: str) -> bool:
    """One digit, decimals or not, E+ and two or three digits."""
    mantissa, sign, exponent = text.partition("E+")
    whole, point, decimals = mantissa.partition(".")
    return (
        sign == "E+" and exponent.isdigit() and len(exponent) in (2, 3) and len(whole) == 1 and whole.isdigit()
        and (decimals.isdigit() if point else True)
    )  # fmt: skip


def count_row(record_type: RecordType, row: dict[str, str]) -> Counter[tuple[str, str]]:
    """Count what is wrong with one row, by rule and field."""
    name, found = record_type.name, Counter[tuple[str, str]]()
    cells = {field: text.strip() for field, text in row.items()}
    if name == "Site" and not cells["fullAddress"] and cells["street"]:
        zip_code = zip_of(cells["zipcode"], cells["state"].upper()) or ""
        behind = " ".join(filter(None, (cells["state"], zip_code)))
        cells["fullAddress"] = ", ".join(filter(None, (cells["street"], cells["city"], behind)))
    if name == "Contact":
        phones = [part.strip() for part in cells["phones"].split(";") if part.strip()]
        emails = cells["emails"].replace(",", " ").replace(";", " ").split()
        found["one_of", "emails phones"] += not phones and not emails
        wrong = [email for email in emails if not is_email(email)]
        found["formula_error" if is_formula_error(wrong) else "emails", "emails"] += bool(wrong)
        bad = [phone for phone in phones if not is_phone(phone)]
        shortened = "scientific" if any("E+" in phone for phone in bad) else "phones"
        found["formula_error" if is_formula_error(bad) else shortened, "phones"] += bool(bad)
    for field in record_type.fields:
        if not field.kind.is_list:
            found.update((rule, field.name) for rule in broken(name, field, cells[field.name], cells))
    if name in PERIODS:
        start, end = (moment_of(cells[field]) for field in PERIODS[name])
        found["period", PERIODS[name][1]] += bool(
            start and end and (end < start if end.time() != datetime.min.time() else end.date() < start.date())
        )
    return found


def is_formula_error(wrong: list[str]) -> bool:
    return len(wrong) == 1 and wrong[0] in FORMULA_ERRORS


def broken(name: str, field: Field, text: str, cells: dict[str, str]) -> list[str]:
    """Name the rules of one field that a cell breaks."""
    if not text:
        return ["not_nullable"] if field.name in REQUIRED[name] else []
    rules: list[str] = []
    if field.kind in (Kind.TEXT, Kind.REFERENCE):
        rules += ["scientific"] * is_excels(text)
        rules += ["formula_error"] * (text in FORMULA_ERRORS)
        rules += ["too_long"] * (field.name in NAMES[name] and len(text.encode()) > 500)
        rules += ["placeholder"] * (field.name in NAMED[name] and text.lower() in PLACEHOLDERS)
    if field.name == "status":
        rules += ["allowed"] * (" ".join(text.lower().split()) not in {entry.lower() for entry in ALLOWED})
    if field.name == "state":
        rules += ["state"] * (text not in STATES)
    if field.kind not in (Kind.TEXT, Kind.REFERENCE) and text in FORMULA_ERRORS:
        return [*rules, "formula_error"]
    if field.kind is Kind.ZIP:
        rules += zipped(text, cells["state"])
    if field.kind in (Kind.NUMBER, Kind.INTEGER):
        rules += numeric(field, text)
    if field.kind in (Kind.DATE, Kind.DATETIME):
        rules += dated(field, text)
    if field.kind is Kind.BOOLEAN and text.lower() not in YES_OR_NO:
        rules.append("boolean")
    return rules


def zipped(text: str, state: str) -> list[str]:
    zip_code = zip_of(text, state.upper())
    if zip_code is None:
        digits = text.removesuffix(".0")
        return ["lost_zero" if len(digits) in (3, 4, 7, 8) and set(digits) <= set("0123456789") else "zip"]
    start = zip_code[:3] if zip_code[0].isdigit() else zip_code[0].upper()
    here = STATES.get(state)
    return ["zip_state"] * (here is not None and ZIP_STATES.get(start, here) != here)


def dated(field: Field, text: str) -> list[str]:
    moment = moment_of(text)
    if moment is None:
        return [field.kind]
    late = field.name in ("installDate", "installedAt") and moment.date() > TODAY + timedelta(days=1)
    return ["year"] * (not 1900 <= moment.year <= 2100) + ["future"] * late


def numeric(field: Field, text: str) -> list[str]:
    number = number_of(text.removesuffix(" months") if field.kind is Kind.INTEGER else text)
    if number is None or (field.kind is Kind.INTEGER and number != int(number)):
        return [field.kind]
    if field.kind is Kind.NUMBER:
        return ["negative_amount"] * (number < 0) + ["huge_amount"] * (number > 1e9)
    return ["not_negative"] if number < 0 else ["months"] * (not 1 <= number <= 600)
