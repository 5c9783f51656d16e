"""`mep duplicates`: customers that are probably one, and a human's word about them. Thin: calls, prints."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from assets.text import one_line
from orchestration.console import LEFT, json_option, migrated_database, operator, print_json
from orchestration.screen import console

if TYPE_CHECKING:
    from assets.likeness.reviewing import Pair, Word
    from assets.likeness.store import Known

LABELS = ("", "name", "e-mail", "phone", "address")
PARTS = ("city", "state", "zipcode")
MOST_CHARACTERS = 300
"""Of a value, which is anyone's text: `--json` has all of it."""


@click.group()
def duplicates() -> None:
    """List customers that are probably one; say whether they are. Nothing is ever merged."""


@duplicates.command("list")
@click.argument("slug", metavar="CONTRACTOR")
@click.option(
    "--import", "import_id", metavar="IMPORT", default="", show_default=False,
    help="Only what this import brought to light.",
)  # fmt: skip
@json_option
def list_duplicates(slug: str, import_id: str, *, as_json: bool) -> None:
    """List pairs of CONTRACTOR's contacts that are probably one customer and that nobody has decided, side by side.

    IMPORT is an id, or the eight characters of it that `mep contractor show` prints. Both contacts go to Coperniq: a
    pair is a question, and holds nothing up. Names and addresses are shown: personal data. docs/duplicates.md says what
    counts. Ends with 0 when no pair is open, with 3 when a pair is open.

    \b
    mep duplicates list acme-hvac
    mep duplicates list acme-hvac --import 1b9d6bcd
    """  # noqa: D301
    from assets.contractors import store as contractors
    from assets.likeness import reviewing

    with migrated_database() as conn:
        contractor = contractors.get(conn, slug)
        pairs = reviewing.open_pairs(conn, contractor.id, import_id)
        sides = reviewing.sides(conn, contractor.id, pairs)
    if as_json:
        print_json([_document(pair, sides) for pair in pairs])
    for pair in [] if as_json else pairs:
        click.echo(f"{str(pair.id)[: reviewing.SHORT_ID]}  {pair.score:.2f}  {', '.join(pair.reasons)}")
        console().print(_side_by_side(sides[pair.first_key], sides[pair.second_key]))
    if pairs:
        sys.exit(LEFT)
    if not as_json:
        click.echo("No possible duplicates are open.")


@duplicates.command()
@click.argument("pair_id", metavar="PAIR")
@click.argument("word", metavar="same|different", type=click.Choice(("same", "different")))
@click.option("--by", help="Who decides; else whoever is logged in here.")
@json_option
def decide(pair_id: str, word: Word, by: str | None, *, as_json: bool) -> None:
    """Say that the two of PAIR are the same customer, or different ones; the pair is not offered again.

    PAIR is an id, or the eight characters of it that `mep duplicates list` prints. Nothing is merged, sent or deleted:
    of the same customer, it says what is to be done by hand (docs/duplicates.md). The last word counts.

    \b
    mep duplicates decide 1b9d6bcd different
    mep duplicates decide 1b9d6bcd same --by ann@office.example
    """  # noqa: D301
    from assets.likeness import reviewing

    with migrated_database() as conn:
        pair = reviewing.find(conn, pair_id)
        reviewing.decide(conn, pair, word, by or operator("duplicates"))
        there = reviewing.sides(conn, pair.contractor_id, [pair])
    to_do = reviewing.advice(list(there.values())) if word == "same" else []
    if as_json:
        print_json({"id": pair.id, "state": word, "to_do": to_do})
        return
    click.echo(f"{str(pair.id)[: reviewing.SHORT_ID]}: {word}, and not offered again. Nothing was merged.")
    for line in to_do:
        click.echo(f"  {line}")


def _document(pair: Pair, sides: dict[str, Known]) -> dict[str, Any]:
    contacts = [asdict(sides[key]) for key in (pair.first_key, pair.second_key)]
    return {
        "id": pair.id, "score": pair.score, "reasons": pair.reasons, "import": pair.csv_import_id, "contacts": contacts
    }  # fmt: skip


def _side_by_side(one: Known, other: Known) -> Table:
    """Put two contacts into columns; what differs is marked."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for label, left, right in zip(LABELS, _lines(one), _lines(other), strict=True):
        differs = label and sorted(left) != sorted(right)
        table.add_row("", label, "≠" if differs else "", Text("\n".join(left)), Text("\n".join(right)))
    return table


def _lines(one: Known) -> list[list[str]]:
    contact = one.contact
    told = [
        [one.place],
        [contact.get("name")],
        contact.get("emails") or [],
        contact.get("phones") or [],
        [_address(site) for site in one.sites],
    ]
    return [[one_line(str(line or ""), MOST_CHARACTERS) for line in lines] for lines in told]


def _address(site: dict[str, Any]) -> str:
    """Return an address whole: what calls itself so may be no more than its street."""
    full = site.get("fullAddress") or ""
    return ", ".join([full, *(part for name in PARTS if (part := site.get(name)) and part not in full)])
