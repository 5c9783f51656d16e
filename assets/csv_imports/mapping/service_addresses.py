"""The sites in a file of contacts: a customers export that carries service addresses feeds both types.

What belongs here: recognising such a file by its headers, and mapping its columns to a site of the row's own contact.
What does not: mapping in general (`deciding`), and registering the second import (`registering`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assets.catalogue import CONTACT, SITE
from assets.csv_imports.mapping.deciding import decide
from assets.csv_imports.mapping.decision import Transformation, UnmappableFile
from assets.record_types import Kind

if TYPE_CHECKING:
    from assets.csv_imports.mapping.deciding import Known
    from assets.csv_imports.mapping.decision import Mapping

_BETWEEN = {Kind.EMAILS: (";", ",", "|", " "), Kind.PHONES: (";", "|", "/")}
"""What may stand between several values of a cell, of which a reference takes the first."""


def map_sites(headers: list[str], contacts: Known, sites: Known) -> Mapping:
    """Decide which columns of a contacts file feed its sites; their client is the row's own contact.

    The contact is referred to by its e-mail address, else by its phone number, else by its name: the names that the
    contact's own import gives it.

    Args:
        headers: The file's headers.
        contacts: What is known of the contractor's columns of contacts.
        sites: The same of sites.

    Raises:
        UnmappableFile: When the file has no service address, or no contact.
    """
    contact = decide(CONTACT, headers, contacts)
    # What fed a contact was written down for its site as well.
    own = {header: name for header, name in sites.decided.items() if contacts.decided.get(header) is None}
    persons = {place for places in contact.columns.values() for place in places}
    mapping = decide(SITE, headers, replace(sites, decided=own), kept=persons)
    for place in mapping.columns.pop("clientId", []):
        if mapping.choices[place].source != "override":
            del mapping.choices[place]
        else:
            mapping.columns.setdefault("clientId", []).append(place)
    for name in ("emails", "phones", "name"):
        for place in contact.columns.get(name, []):
            mapping.columns.setdefault("clientId", []).append(place)
            mapping.choices[place] = contact.choices[place]
            mapping.transformations[place] = contact.transformations.get(place, []) + [
                Transformation("custom", {"function": "split", "separator": separator, "part": 1})
                for separator in _BETWEEN.get(CONTACT.field(name).kind, ())
            ]
    for part in ("firstName", "lastName", "company"):
        for place in contact.columns.get(part, []):
            mapping.columns[part] = [place]
            mapping.choices[place] = contact.choices[place]
    mapping.country = contact.country
    if not _has_service_address(mapping) or not mapping.feeds("clientId"):
        raise UnmappableFile("The file has no service address: name its columns as docs/mapping.md lists them.")
    return mapping


def carries_sites(headers: list[str], contacts: Known, sites: Known) -> bool:
    """Say whether a file of contacts carries service addresses as well.

    A street alone may be anything; one with its city or zip code, or a whole service address, is where work is done. A
    billing or mailing address is not.
    """
    try:
        map_sites(headers, contacts, sites)
    except UnmappableFile:
        return False
    return True


def _has_service_address(mapping: Mapping) -> bool:
    columns = mapping.columns
    return "fullAddress" in columns or ("street" in columns and ("city" in columns or "zipcode" in columns))
