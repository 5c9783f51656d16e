"""A person whose every value is a canary, in everything that a contractor's files and forms bring.

What belongs here: the steps that tests are made of, and looking for canaries. What does not: what must hold.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from assets.erasing import erasing
from assets.outbox.handing_back import hand_back
from tests.integration.forms.desk import LEAD, SURVEY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from assets.erasing.erasing import Address
    from assets.erasing.store import Whose
    from tests.integration.coperniq.world import World
    from tests.integration.forms.desk import Desk


@dataclass
class Person:
    """Ann, with values that nobody else has: each holds `mark`, or is her phone number."""

    mark: str = "zzann"
    phone: str = "(303) 555-0177"

    @property
    def email(self) -> str:
        return f"{self.mark}@{self.mark}mail.example"

    @property
    def name(self) -> str:
        return f"{self.mark.title()} Full{self.mark}"

    @property
    def address(self) -> str:
        return f"7 {self.mark.title()} St, Denver, CO 80202"

    def contacts(self) -> list[tuple[str, ...]]:
        """Rows of a file of contacts, the header first: hers of every kind, and others' around them."""
        return [
            ("name", "emails", "phones", "status", "internal note"),
            ("Bob Stays", "bob@stays.example", "(303) 555-0101", "active", "bob's note"),
            (self.name, self.email.upper(), f"{self.phone} x12", "active", f"{self.mark} note"),
            (self.name, self.email, "", "active", f"{self.mark} twice"),  # duplicate
            (self.name, self.email, "n0 phone " + self.mark, "active", ""),  # error or duplicate
            (f"{self.mark} faulty", f"{self.email}; {self.mark} at nowhere", "12", "active", ""),
            (f"{self.mark} ragged", self.email, "", "active", "", f"{self.mark} more"),
            ("Carl Stays", "carl@stays.example", "(303) 555-0102", "active", f"sent by {self.email}, who knows him"),
            ("Dora Stays", f"jo{self.email}", "", "active", "has an address that ends like hers"),
        ]

    def files(self) -> dict[str, list[tuple[str, ...]]]:
        """What hangs on her, by file; rows of others between."""
        return {
            "Site.csv": [
                ("fullAddress", "clientId", "gate code"),
                (self.address, self.email, f"{self.mark} gate"),
                ("1 Bob St, Denver, CO 80202", "bob@stays.example", "1"),
                ("", self.name, f"{self.mark} gate"),  # error, and hers by her name
                (f"9 {self.mark.title()} Ave, Denver, CO 80202", self.phone, ""),
            ],
            "Asset.csv": [
                ("name", "type", "serialNumber", "siteId"),
                (f"{self.mark} furnace", "Furnace", f"{self.mark}-serial", self.address),
                ("Bob's furnace", "Furnace", "bob-serial", "1 Bob St, Denver, CO 80202"),
                (f"{self.mark} boiler", "", f"{self.mark}-serial-2", self.name),  # error: no type
            ],
            "Task.csv": [
                ("title", "status", "startDate", "siteId", "clientId", "description"),
                (f"{self.mark} tune-up", "open", "2026-03-01", self.address, "", f"{self.mark} dog"),
                (f"{self.mark} call", "open", "2026-13-41", "", self.email, f"{self.mark} cat"),  # error
                ("Bob's tune-up", "open", "2026-03-01", "1 Bob St, Denver, CO 80202", "", f"ask {self.email} first"),
            ],
            "FinancialDocument.csv": [
                ("type", "title", "clientId", "issueDate", "amount"),
                ("invoice", f"{self.mark} invoice", self.name, "2026-03-02", "10"),
                ("invoice", "Bob's invoice", "bob@stays.example", "2026-03-02", "10"),
            ],
        }

    @property
    def canary(self) -> re.Pattern[str]:
        return re.compile(rf"(?<!jo){self.mark}(?!mail)|{self.phone[-8:-5]}.?{self.phone[-4:]}", re.IGNORECASE)


def write(folder: Path, name: str, rows: Sequence[Sequence[str]]) -> Path:
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return folder / name


def bring(world: World, name: str, rows: Sequence[Sequence[str]]) -> UUID:
    """Import a file of these rows, ragged ones included."""
    from assets.csv_imports import importing, registering
    from assets.csv_imports import store as imports
    from assets.csv_imports.local_inbox import LocalInbox

    inbox = LocalInbox(world.inbox)
    path = write(world.inbox, name, rows)
    (found,) = registering.register_files(world.conn, world.contractor, inbox, [path], "test", retry=False)
    assert found.import_id is not None, found
    for waiting in imports.unfinished(world.conn, world.contractor):
        assert importing.read_import(world.conn, world.contractor, inbox, waiting, print).failure is None
    return found.import_id


def bring_all(desk: Desk, person: Person) -> list[UUID]:
    """Import her files, send them, import what waits for nothing, and fill forms about her; return the imports."""
    world = desk.world
    imports = [bring(world, "Contact.csv", person.contacts())]
    world.deliver()
    imports += [bring(world, name, rows) for name, rows in person.files().items()]
    world.deliver()
    changed = [("name", "emails", "title"), (person.name, person.email, f"{person.mark} title")]
    imports.append(bring(world, "Contact new.csv", changed))
    world.deliver()
    lead, survey = desk.template("lead", LEAD), desk.template("survey", SURVEY)
    data = {"customerName": person.name, "email": person.email, "phone": person.phone, "leadSource": person.mark}
    first = desk.approve(lead, **data)
    desk.approve(lead, customerName="Bob Stays", email="bob@stays.example", leadSource="kept")
    desk.send()
    desk.submit(lead, first, **data | {"customerName": f"{person.name} revised"})
    desk.submit(survey, customerName=person.name, customerEmail=person.email, address=person.address)
    return imports


def mention(world: World, person: Person, import_id: UUID) -> None:
    """Have her named where only people or other programs put her: messages, alerts, usage, pairs."""
    given = {"contractor": world.contractor, "email": person.email, "import": import_id}
    for statement in (
        "INSERT INTO possible_duplicates (contractor_config_id, first_key, second_key, score, reasons)"
        " VALUES (%(contractor)s, 'bob@stays.example', %(email)s, 0.9, '{same phone}')",
        "INSERT INTO alerts (cause, subject_kind, subject_id, contractor_config_id, said)"
        " VALUES ('import_failed', 'import', %(import)s, %(contractor)s, 'Nobody knows ' || %(email)s || '.')",
        "SELECT log_coperniq_sync(%(import)s, 'import', 'Contact', 1, 0, 1, 'failed', %(email)s,"
        " p_api_error_message => 'There is ' || %(email)s || ' already')",
        "INSERT INTO mep_template_usage (template_id, contractor_config_id, action, user_email)"
        " SELECT template_id, contractor_config_id, 'viewed', upper(%(email)s) FROM mep_form_submissions"
        " WHERE contractor_config_id = %(contractor)s LIMIT 1",
        "UPDATE csv_imports SET warnings = ARRAY['A line names ' || %(email)s || ', and ends there.'],"
        " imported_by = %(email)s WHERE id = %(import)s",
        "UPDATE mep_form_submissions SET submitted_by = %(email)s"
        " WHERE contractor_config_id = %(contractor)s AND form_data ->> 'customerName' = 'Bob Stays'",
    ):
        world.conn.execute(statement.encode(), given)


def whose(world: World, of: Address) -> Whose:
    from assets.erasing import store

    (found,) = [one for one in store.contractors(world.conn, of.email) if one.id == world.contractor]
    return found


def handed_back(world: World, outbox: Path) -> None:
    slug = world.query("SELECT slug FROM mep_contractor_configs WHERE id = %s", world.contractor)[0]["slug"]
    list(hand_back(world.conn, world.contractor, slug, outbox))


def erase(world: World, person: Person, outbox: Path) -> None:
    """Erase her from what one contractor has."""
    of = erasing.address(world.conn, person.email)
    erasing.erase(world.database, of, whose(world, of), outbox, "test")


def tables(conn: Any) -> dict[str, str]:
    """Return every table of the product as text, rows and all."""
    dumped: dict[str, str] = {}
    for schema, name in conn.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'dagster')"
    ).fetchall():
        query = sql.SQL("SELECT coalesce(string_agg(t::TEXT, chr(10)), '') FROM {}.{} AS t")
        (dumped[name],) = conn.execute(query.format(sql.Identifier(schema), sql.Identifier(name))).fetchone()
    return dumped


def texts(folder: Path) -> dict[str, str]:
    """Return every file of a folder as text; a workbook as what is packed in it."""
    import zipfile

    read: dict[str, str] = {}
    for path in folder.rglob("*"):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as packed:
                read[str(path)] = "".join(packed.read(name).decode(errors="replace") for name in packed.namelist())
        elif path.is_file():
            read[str(path)] = path.read_text(encoding="utf-8", errors="replace")
    return read


def found_in(what: dict[str, str], person: Person) -> dict[str, set[str]]:
    return {where: set(found) for where, text in what.items() if (found := person.canary.findall(text))}
