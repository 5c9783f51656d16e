"""Deciding which column feeds which field, from a file's headers and what is known of the contractor.

What belongs here: the ways to find a field, in their order. What does not: the decision's shape (`decision`), how alike
two headers are (`matching`), what to say where none is alike enough (`nearest`), and where an override or an earlier
choice is kept (`overrides`, `choices`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from assets.csv_imports.mapping.decision import (
    Choice,
    Constant,
    Earlier,
    Mapping,
    Transformation,
    UnmappableFile,
    Validation,
)
from assets.csv_imports.mapping.matching import Index, plain
from assets.csv_imports.mapping.nearest import unmappable
from assets.record_types import Kind
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping as Dict
    from collections.abc import Sequence, Set

    from assets.csv_imports.mapping.overrides import Override
    from assets.record_types import Field, RecordType


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a contractor's columns of one type, beside their headers.

    Attributes:
        override: What a person decided.
        earlier: What former imports made of a header, by the header as `matching.plain` writes it.
        decided: Where rows of an import come again, the field or part that a person had decided on for a column of it,
            by its very header; None for one that is not sent.
    """

    override: Override | None = None
    earlier: Dict[str, Earlier] = field(default_factory=dict[str, Earlier])
    decided: Dict[str, str | None] = field(default_factory=dict[str, "str | None"])


NOTHING = Known()


def map_headers(record_type: RecordType, headers: list[str], known: Known = NOTHING) -> Mapping:
    """Decide which column feeds which field.

    In this order: the contractor's override, for rows that come again what it was when they came first, the exact
    camelCase name, an alias of the catalogue, this contractor's earlier choice, likeness. What is less alike than
    `matching.SIMILAR` is not guessed.

    Raises:
        UnmappableFile: When nothing can fill a required field; it names the headers that come nearest.
    """
    mapping = decide(record_type, headers, known)
    lacking = missing(mapping)
    if lacking:
        raise UnmappableFile(unmappable(mapping, lacking))
    return mapping


def fits(record_type: RecordType, cells: list[str], known: Known = NOTHING) -> bool:
    """Say whether a record is a header of that type: something fills every required field."""
    return not missing(decide(record_type, cells, known))


def missing(mapping: Mapping) -> list[tuple[str, ...]]:
    """Return the required fields that nothing can fill; fields of which one is enough stand together."""
    record_type = mapping.record_type
    lacking: list[tuple[str, ...]] = [(name,) for name in record_type.required if not mapping.feeds(name)]
    if record_type.one_of and not any(mapping.feeds(name) for name in record_type.one_of):
        lacking.append(record_type.one_of)
    return lacking


def decide(
    record_type: RecordType, headers: list[str], known: Known = NOTHING, kept: Set[int] = frozenset()
) -> Mapping:
    """Decide as `map_headers` does, but give what was found where a required field is missing.

    Args:
        record_type: The type.
        headers: The file's headers.
        known: What is known of the contractor's columns.
        kept: Columns that another type keeps for itself.
    """
    mapping = _decided(record_type, headers, known, {}, kept)
    lacking = missing(mapping)
    for name in record_type.required if lacking else ():
        # A column that has another use in most files, such as the unit of a building, is all that this one has.
        places = [place for place in _at_last(record_type.field(name), headers, mapping) if place not in kept]
        if (name,) in lacking and places:
            other = _decided(record_type, headers, known, {places[0]: name}, kept)
            if len(missing(other)) < len(lacking):
                return other
    return mapping


def _at_last(target: Field, headers: list[str], mapping: Mapping) -> list[int]:
    """Return the columns that may stand for a field at last, unless a person or an exact name decided on them."""
    settled = {place for place, choice in mapping.choices.items() if choice.source in ("override", "name")}
    order = {plain(alias): rank for rank, alias in reversed(list(enumerate(target.at_last)))}
    found = [(order[plain(h)], place) for place, h in enumerate(headers) if plain(h) in order and place not in settled]
    return [place for _, place in sorted(found)]


def _decided(
    record_type: RecordType, headers: list[str], known: Known, reserved: dict[int, str], kept: Set[int]
) -> Mapping:
    free = {place: header for place, header in enumerate(headers) if place not in kept}
    made = _Decision(Mapping(record_type, headers), free)
    if known.override:
        _take_over(made, known.override)
    _choose(made, {place: known.decided[h] for place, h in made.free.items() if h in known.decided}, Choice("override"))
    for target in record_type.fields:
        exact = [place for place, header in made.free.items() if header == target.name]
        made.take(target.name, exact, Choice("name"))
    for place, name in reserved.items():
        made.take(name, [place], Choice("alias"))
    for target in (*record_type.fields, *record_type.parts):
        made.take(target.name, _fitting(made.free, (target.name, *target.aliases)), Choice("alias"))
    _remember(made, known.earlier)
    _resemble(made)
    for target in record_type.fields:
        composed = any(not composition.instead for composition in made.mapping.compositions(target.name))
        if target.at_last and target.name not in made.mapping.columns and not composed:
            made.take(target.name, _fitting(made.free, target.at_last), Choice("alias"))
    _imply(made.mapping)
    return made.mapping


@dataclass(slots=True)
class _Decision:
    """A mapping on its way, and the columns that are still free."""

    mapping: Mapping
    free: dict[int, str]

    def takes_several(self, name: str) -> bool:
        target = next((field for field in self.mapping.record_type.fields if field.name == name), None)
        return target is not None and (target.kind.is_list or target.kind is Kind.REFERENCE)

    def wants(self, name: str) -> bool:
        return self.takes_several(name) or name not in self.mapping.columns

    def take(self, name: str, places: Sequence[int], choice: Choice) -> None:
        """Let columns feed a field or part: all of them, or the first one where the field takes no more."""
        for place in places if self.takes_several(name) else places[:1]:
            if self.wants(name):
                del self.free[place]
                self.mapping.columns.setdefault(name, []).append(place)
                self.mapping.choices[place] = choice


def _fitting(free: dict[int, str], aliases: Sequence[str]) -> list[int]:
    order = {plain(alias): rank for rank, alias in reversed(list(enumerate(aliases)))}
    found = [(order[plain(header)], place) for place, header in free.items() if plain(header) in order]
    return [place for _, place in sorted(found)]


def _take_over(made: _Decision, override: Override) -> None:
    mapping, content = made.mapping, override.content
    mapping.override = override.sha256
    for column in content.columns:
        equal = [place for place, header in made.free.items() if header == column.header]
        places = equal or [place for place, header in made.free.items() if plain(header) == plain(column.header)]
        if not places:
            shown = printable(column.header)[:60]
            mapping.notes.append(f'The mapping file names the column "{shown}", which this file does not have.')
            continue
        if column.field is None:
            mapping.choices[places[0]] = Choice("override")
            del made.free[places[0]]
            continue
        made.take(column.field, places[:1], Choice("override"))
        if column.transform:
            mapping.transformations[places[0]] = [Transformation(s.rule, s.params) for s in column.transform]
    mapping.validations += rules_of(override)
    mapping.constants |= {name: Constant(value) for name, value in content.defaults.items()}
    mapping.allowed.update(content.allowed)
    dated = [target.name for target in mapping.record_type.fields if target.kind in (Kind.DATE, Kind.DATETIME)]
    dates = content.dates
    mapping.orders.update(dict.fromkeys(dated, dates) if isinstance(dates, str) else dates)
    if content.phones:
        mapping.country = content.phones.country


def rules_of(override: Override) -> list[Validation]:
    """Return the contractor's own rules; they hold for a field whatever column feeds it."""
    return [
        Validation(column.field, column.check.regex, column.check.sql, column.message)
        for column in override.content.columns
        if column.field and column.check
    ]


def _choose(made: _Decision, chosen: Dict[int, str | None], choice: Choice) -> None:
    """Let free columns feed the field or part that was chosen for each, or none."""
    mapping = made.mapping
    targets = {target.name for target in (*mapping.record_type.fields, *mapping.record_type.parts)}
    for place, name in chosen.items():
        if name is None:
            mapping.choices[place] = choice
            del made.free[place]
        elif name in targets:
            made.take(name, [place], choice)


def _remember(made: _Decision, earlier: Dict[str, Earlier]) -> None:
    """Take this contractor's earlier choices, and the order in which an earlier file wrote its dates."""
    mapping = made.mapping
    found = {place: earlier.get(plain(header), Earlier()) for place, header in made.free.items()}
    _choose(made, {place: one.target for place, one in found.items() if one.chosen}, Choice("earlier"))
    for target in mapping.record_type.fields:
        for place in mapping.columns.get(target.name, [])[:1]:
            order = earlier.get(plain(mapping.headers[place]), Earlier()).order
            if order and target.kind in (Kind.DATE, Kind.DATETIME):
                mapping.earlier_orders[target.name] = order


def _resemble(made: _Decision) -> None:
    """Take the columns whose header is like that of one field and no other, the surest first.

    Every field is compared, those that have their column as well: what is most like one of them means that one.
    """
    found: list[tuple[float, str, int]] = []
    for place, header in made.free.items():
        alike = _index(made.mapping.record_type).alike(header)
        best = max(alike.values(), default=0.0)
        names = [name for name, likeness in alike.items() if likeness == best]
        found += [(best, name, place) for name in names if len(names) == 1]
    for likeness, name, place in sorted(found, key=lambda match: (-match[0], match[2])):
        rivals = [match for match in found if match[:2] == (likeness, name)]
        if made.takes_several(name) or (len(rivals) == 1 and made.wants(name)):
            made.take(name, [place], Choice("similar", round(likeness, 2)))


@cache
def _index(record_type: RecordType) -> Index:
    targets = (*record_type.fields, *record_type.parts)
    return Index.of({target.name: (target.name, *target.aliases) for target in targets})


def _imply(mapping: Mapping) -> None:
    """Take what a header says about every row of its file, first of all the header of the type's own title."""
    first = mapping.columns.get(mapping.record_type.required[0], [])
    places = sorted(range(len(mapping.headers)), key=lambda place: place not in first)
    for place in places:
        for name, alias, value in mapping.record_type.implied:
            if name not in mapping.columns and plain(mapping.headers[place]) == plain(alias):
                mapping.constants.setdefault(name, Constant(value, place))
