"""Which inputs are refused, as user errors of that one input; the rest of the batch goes through.

Rules about the meaning of a value belong here. Shape and type are GraphQL's: an input of the wrong shape fails its
whole request with BAD_USER_INPUT before anything here runs. Where the contract is silent, this server decides:

* A required text or id that is blank: REQUIRED.
* A contact with neither e-mail nor phone: REQUIRED, blamed on `emails`.
* A malformed e-mail or a blank phone: INVALID. Phones are otherwise free text.
* A reference to a record that this company does not have: NOT_FOUND. That a task's asset stands at another site than
  the task is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from sandbox.coperniq.records import Fields, RecordType, UserError

#: One `@`, no white space, and a domain of at least two labels, none of them empty.
_EMAIL = re.compile(r"[^@\s]+@(?:[^@\s.,;]+\.)+[^@\s.,;]+")

KnownParents = Mapping[str, set[str]]


def find_faults(record_type: RecordType, fields: Fields, changes: Fields, parents: KnownParents) -> list[UserError]:
    """Judge a record as it would be stored.

    Args:
        record_type: The type that the record is of.
        fields: The whole record, with what an update left alone.
        changes: The part that the client sent: its references are looked at.
        parents: The ids that exist, by type, among those that the batch refers to.

    Returns:
        The faults in the order of the type's fields; none when the record may be written.
    """
    faults = list(_blank_fields(record_type, fields))
    if record_type.name == "Contact":
        faults.extend(_contact_faults(fields))
    blank = {fault.field for fault in faults} if faults else ()
    for name, parent in record_type.references.items():
        value = changes.get(name)
        if value is not None and name not in blank and value not in parents[parent]:
            faults.append(UserError("NOT_FOUND", f"there is no {parent} with this id", name))
    return faults


def is_email(text: str) -> bool:
    """Say whether a text has the form of an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def referred_ids(record_type: RecordType, inputs: Iterable[Fields]) -> dict[str, set[str]]:
    """Collect the ids that a batch refers to, by the type they must be of."""
    wanted: dict[str, set[str]] = {parent: set() for parent in record_type.references.values()}
    for fields in inputs:
        for name, parent in record_type.references.items():
            value = fields.get(name)
            if isinstance(value, str):
                wanted[parent].add(value)
    return wanted


def _blank_fields(record_type: RecordType, fields: Fields) -> Iterator[UserError]:
    for name in record_type.required:
        value = fields.get(name)
        if isinstance(value, str) and not value.strip():
            yield UserError("REQUIRED", f"{name} must not be blank", name)


def _contact_faults(fields: Fields) -> Iterator[UserError]:
    emails = cast("list[str]", fields["emails"])
    phones = cast("list[str]", fields["phones"])
    if not emails and not phones:
        yield UserError("REQUIRED", "a contact needs at least one e-mail or phone", "emails")
    if not all(map(is_email, emails)):
        yield UserError("INVALID", "an e-mail address is malformed", "emails")
    if not all(phone.strip() for phone in phones):
        yield UserError("INVALID", "a phone must not be blank", "phones")
