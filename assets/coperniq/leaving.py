"""What a rollback says of single records, and of fix files: what becomes of each, why, and what to do.

What belongs here: the words. What does not: which record stands how (`undoing`), and what a rollback does
(`rolling_back`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.coperniq.undoing import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from assets.coperniq.undoing import FixFile, Import, Placed

COLUMNS = ("row", "type", "key", "coperniq_id", "became", "why", "what_to_do")
"""Of the report: what is said of each record."""
_STAYS = "stays in Coperniq"
_BY_HAND = "Delete it in Coperniq yourself if it is not wanted there."
_WORDS = {
    Standing.OPEN: (
        "is in doubt",
        "Whether its last request was carried out is not known yet.",
        "Run `mep rollback {short}` again, which looks; what stays in doubt is settled by `mep resolve {slug}`.",
    ),
    Standing.LATER: (_STAYS, "{other} has updated it since.", _BY_HAND),
    Standing.REPEATED: (_STAYS, "{other} has it too, unchanged.", "Roll that import back first, then this one again."),
    Standing.BEFORE: (
        _STAYS,
        "It was in Coperniq before this import, which updated it; what it was before is not known.",
        "Look at it in Coperniq, and put right what is not wanted there.",
    ),
    Standing.IN_USE: (_STAYS, "Others use it: {other}.", "Roll those back first, then this import again."),
    Standing.CHANGED: (_STAYS, "Somebody has changed it in Coperniq since: {other}.", _BY_HAND),
    Standing.REFUSED: (_STAYS, "{other}", "Take away in Coperniq what uses it, then roll back again."),
}
_PLANNED = {
    Standing.DELETE: (
        "is to be deleted",
        "This import made it, and nothing uses it.",
        "Nothing: right before, it is compared with Coperniq.",
    ),
    Standing.WITHDRAW: ("is withdrawn", "It was not sent yet.", "Nothing: it will not be sent."),
}
_REPLAYED = (
    _STAYS,
    "It was in Coperniq before this replay, which updated it.",
    "A replay of {other}, by the mapping file of then brings its values back.",
)
"""Of a record that was there before, where the import is a replay."""
_NOT_REACHED = (_STAYS, "The rollback ended before its turn.", "Run `mep rollback {short}` again.")


@dataclass(frozen=True, slots=True)
class Record:
    """A record of an import, as a rollback finds or leaves it: a line of its report.

    Attributes:
        row: Its number in the file of the import.
        type: Of Coperniq.
        key: Its natural key.
        coperniq_id: Its id there; None for one that was not sent.
        became: What becomes of it.
        why: The reason, in a sentence.
        what_to_do: Whoever wants it gone.
        standing: The reason by which it is counted.
    """

    row: int
    type: str
    key: str
    coperniq_id: str | None
    became: str
    why: str
    what_to_do: str
    standing: Standing

    @property
    def cells(self) -> list[object]:
        """What the report says of it, by its columns."""
        return [getattr(self, column) for column in COLUMNS]


def of_fix_file(one: FixFile) -> tuple[str, str]:
    """Say what becomes of a fix file or replay when the import that it corrects is rolled back, and what to do."""
    if one.is_replay and not one.is_read:
        return "is not carried out any more, and fails", "Import the file again, with the mapping that it should have."
    if not one.is_read:
        return "is not read any more, and fails", "Correct the file of the import itself, and import that one again."
    return (
        "stays imported, with its records: what it is still to send is sent",
        f"Where that is not wanted, roll it back, too: `mep rollback {str(one.import_id)[:8]}`.",
    )


def planned(of: Import, placed: Iterable[Placed]) -> dict[Standing, list[Record]]:
    """Say of records what a rollback would do with them, by that."""
    said: dict[Standing, list[Record]] = {}
    for one in placed:
        said.setdefault(one.standing, []).append(_record(of, one, one.standing, one.other, _PLANNED))
    return {standing: said[standing] for standing in Standing if standing in said}


def left(of: Import, placed: Iterable[Placed], seen: Mapping[int, tuple[Standing, str]]) -> Iterator[Record]:
    """Say of records why a rollback has left them.

    Args:
        of: The import.
        placed: Its records after the rollback, as the database knows them.
        seen: What only Coperniq knew, by the row: why it left a record that the database would delete.
    """
    for one in placed:
        standing, other = one.standing, one.other
        if standing is Standing.DELETE and one.row in seen:
            standing, other = seen[one.row]
        yield _record(of, one, standing, other, {})


def _record(
    of: Import,
    one: Placed,
    standing: Standing,
    other: str | None,
    words: Mapping[Standing, tuple[str, str, str]],
) -> Record:
    became, why, what_to_do = words.get(standing) or _WORDS.get(standing) or _NOT_REACHED
    if standing is Standing.BEFORE and other is not None:
        became, why, what_to_do = _REPLAYED
    named = {"{slug}": of.slug, "{short}": str(of.id)[:8], "{other}": other or "Another import"}
    for place, name in named.items():
        why, what_to_do = why.replace(place, name), what_to_do.replace(place, name)
    return Record(
        one.row, of.coperniq_type, one.key, one.coperniq_id, became, why, what_to_do, standing
    )  # fmt: skip
