"""What a contractor's columns mean: the override file and the earlier choices that a file's headers are mapped with.

What belongs here: gathering what is known of a contractor before a file is opened. What does not: deciding with it
(`deciding`, `service_addresses`), and the SQL of earlier choices (`choices`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from assets.catalogue import CONTACT, SITE
from assets.csv_imports import choices, inbox
from assets.csv_imports.mapping.deciding import Known, fits, map_headers
from assets.csv_imports.mapping.service_addresses import carries_sites, map_sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Dict
    from uuid import UUID

    from psycopg import Connection

    from assets.csv_imports.mapping.decision import Mapping
    from assets.csv_imports.mapping.overrides import Override
    from assets.record_types import RecordType


def from_contacts(record_type: RecordType, file_name: str) -> bool:
    """Say whether an import takes the sites out of a file of contacts: its file is named after these.

    Args:
        record_type: Of the import.
        file_name: Its name, or where it lies.
    """
    return record_type is SITE and inbox.type_of(PurePath(file_name).name) is CONTACT


@dataclass(frozen=True, slots=True)
class Plan:
    """How the headers of one import's file are recognised and mapped.

    Attributes:
        record_type: Of the import.
        known: What is known of the contractor's columns of that type.
        contacts: The same of contacts, where the import takes the sites out of a file of contacts; else None.
        orders: `MDY` or `DMY` for the date fields whose order was decided before.
    """

    record_type: RecordType
    known: Known
    contacts: Known | None = None
    orders: Dict[str, str] = field(default_factory=dict[str, str])

    def is_header(self, cells: list[str]) -> bool:
        """Say whether a record is the file's header."""
        if self.contacts is None:
            return fits(self.record_type, cells, self.known)
        return fits(CONTACT, cells, self.contacts)

    def map(self, headers: list[str]) -> Mapping:
        """Decide which column feeds which field.

        Raises:
            UnmappableFile: When nothing can fill a required field.
        """
        if self.contacts is None:
            mapping = map_headers(self.record_type, headers, self.known)
        else:
            mapping = map_sites(headers, self.contacts, self.known)
        mapping.orders.update(self.orders)
        return mapping

    def map_contacts(self, headers: list[str]) -> Mapping | None:
        """Decide which column feeds which field of the contacts whose sites the import takes; None for another import.

        Raises:
            UnmappableFile: When nothing can fill a required field of a contact.
        """
        return map_headers(CONTACT, headers, self.contacts) if self.contacts else None


@dataclass(frozen=True, slots=True)
class Columns:
    """What is known of a contractor's columns.

    Attributes:
        conn: In autocommit mode, or in a transaction.
        contractor_id: Whose they are.
        override: Gives the override file that counts for a type; None for none.
    """

    conn: Connection[Any]
    contractor_id: UUID
    override: Callable[[RecordType], Override | None]

    def known(self, record_type: RecordType, parent_id: UUID | None = None) -> Known:
        """Gather what is known of a type's columns: where rows of an import come again, by how these were read.

        Args:
            record_type: The type.
            parent_id: The import whose rows come again, in a fix file or a replay; None for any other file.

        Raises:
            OverrideError: When the override file is wrong.
        """
        override = self.override(record_type)
        if parent_id is None:
            return Known(override, choices.earlier(self.conn, self.contractor_id, record_type))
        read = choices.read_as(self.conn, record_type, parent_id)
        if read is None:
            return Known(override)
        earlier = choices.earlier(self.conn, self.contractor_id, record_type, read)
        return Known(override, earlier, choices.decided(self.conn, read))

    def plan(self, record_type: RecordType, file_name: str, parent_id: UUID | None = None) -> Plan:
        """Plan how an import's file is mapped; one of sites whose file is named after contacts is theirs.

        Args:
            record_type: Of the import.
            file_name: Its name, or where it lies.
            parent_id: As for `known`.

        Raises:
            OverrideError: When an override file is wrong.
        """
        known = self.known(record_type, parent_id)
        of_contacts = from_contacts(record_type, file_name)
        return Plan(record_type, known, self.known(CONTACT, parent_id) if of_contacts else None)

    def carry_sites(self, headers: list[str]) -> bool:
        """Say whether a file of contacts feeds sites as well.

        Raises:
            OverrideError: When an override file is wrong.
        """
        return carries_sites(headers, self.known(CONTACT), self.known(SITE))
