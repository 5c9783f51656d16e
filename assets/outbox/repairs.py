"""What was repaired or is doubtful in rows that are sent all the same: its kinds, and by which words a message says it.

What belongs here: telling kinds apart, and their names in both languages. What does not: repairing (`csv_imports`), and
counting, which the database does (`report.sql`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.csv_imports.values.kinds import BLANKS
from assets.record_types import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from assets.record_types import RecordType


@dataclass(frozen=True, slots=True)
class Repair:
    """A kind of repair or doubt.

    Attributes:
        name: Names it.
        before: What stands before the value in its sentence; `{header}` is the column's.
        after: What stands behind the value.
        english: What was done or is doubtful.
        spanish: The same.
        kinds: Of the fields that it may speak of.
        field: The field that it speaks of, where it is one alone.
    """

    name: str
    before: str
    after: str
    english: str
    spanish: str
    kinds: tuple[Kind, ...] = ()
    field: str | None = None

    @property
    def phrase(self) -> str:
        """The words that are in its sentence and in no other kind's."""
        return max(self.before, self.after, key=len)


_QUOTED = '{header} "'
_DATES = (Kind.DATE, Kind.DATETIME)
_AMOUNTS = (Kind.NUMBER, Kind.INTEGER)
_TEXTS = (Kind.TEXT, Kind.REFERENCE)
REPAIRS = (
    Repair("serial_date", "Excel had turned a date into the number ", "; read as ",
           "Excel had turned the date into a number", "Excel había convertido la fecha en un número", _DATES),
    Repair("labelled_date", "Only the date of ", " is sent; read as ",
           "Words around the date were left out", "Se omitieron las palabras alrededor de la fecha", _DATES),
    Repair("short_year", "The year of ", " has two digits; read as ",
           "The year had two digits", "El año tenía dos cifras", _DATES),
    Repair("first_date", "The date ", " is what Excel shows for the number 1; check it.",
           "The date is what Excel shows for the number 1", "La fecha es la que Excel muestra para el 1", _DATES),
    Repair("excel_phone", "Excel had turned a phone number into ", "; sent as ",
           "Excel had turned the phone number into another form", "Excel había cambiado la forma del teléfono",
           (Kind.PHONES,)),
    Repair("extension", "The phone number ", " is sent without its extension.",
           "The phone number is sent without its extension", "El teléfono se envía sin su extensión", (Kind.PHONES,)),
    Repair("currency", "The amount ", " is sent without its currency.",
           "The amount is sent without its currency", "El importe se envía sin su moneda", _AMOUNTS),
    Repair("lost_zero", "Zip code ", " has lost its leading zero",
           "A lost leading zero was put back", "Se repuso un cero inicial perdido", (Kind.ZIP,)),
    Repair("excel_zip", "Excel had turned a zip code into ", "; sent as ",
           "Excel had turned the zip code into a number", "Excel había convertido el código postal en un número",
           (Kind.ZIP,)),
    Repair("listed", _QUOTED, '" is sent as "',
           "Written as in the list of allowed values", "Escrito como en la lista de valores permitidos", _TEXTS),
    Repair("placeholder", _QUOTED, '" looks like a placeholder; sent as it is',
           "Looks like a placeholder; sent as it is", "Parece un relleno; se envía como está", _TEXTS),
    Repair("negative_amount", _QUOTED, '" is negative; sent as it is',
           "Negative; sent as it is", "Negativo; se envía como está", (Kind.NUMBER,)),
    Repair("huge_amount", _QUOTED, '" is more than a billion; sent as it is',
           "More than a billion; sent as it is", "Más de mil millones; se envía como está", (Kind.NUMBER,)),
    Repair("period", _QUOTED, '" is before "',
           "The end is before the start; sent as it is", "El final es anterior al inicio; se envía como está", _DATES),
    Repair("future", _QUOTED, '" is in the future; sent as it is',
           "In the future; sent as it is", "En el futuro; se envía como está", _DATES),
    Repair("state", _QUOTED, '" is not a state or province of the USA or Canada',
           "No state or province of the USA or Canada; sent as it is",
           "No es un estado o provincia de Estados Unidos o Canadá; se envía como está", field="state"),
    Repair("zip_state", _QUOTED, '" does not lie in "',
           "The zip code does not lie in the state; sent as it is",
           "El código postal no queda en el estado; se envía como está", field="zipcode"),
)  # fmt: skip
BY_NAME = {repair.name: repair for repair in REPAIRS}


def parameters(record_type: RecordType, headers: Mapping[str, Sequence[str]]) -> dict[str, list[Any] | str]:
    """Say to the database what to look for in the messages of a type's rows.

    A message says which value was repaired. Where several fields could be meant, it is the one whose cell holds that.

    Args:
        record_type: Of the import.
        headers: Of the columns that feed a field, by its name; messages call a field by the first of them.
    """
    asked = [
        (repair.name, repair.phrase, field, header, repair.before.format(header=headers[field][0]), repair.after, alone)
        for repair in REPAIRS
        for meant in [[name for name in headers if _may_speak_of(repair, record_type, name)]]
        for alone in [len(meant) == 1]
        for field in meant
        for header in headers[field]
    ]
    names = ("kinds", "phrases", "fields", "headers", "befores", "afters", "alone")
    columns = zip(*asked, strict=True) if asked else ((),) * len(names)
    return {**dict(zip(names, map(list, columns), strict=True)), "blanks": BLANKS}


def _may_speak_of(repair: Repair, record_type: RecordType, name: str) -> bool:
    return repair.field == name if repair.field else record_type.field(name).kind in repair.kinds
