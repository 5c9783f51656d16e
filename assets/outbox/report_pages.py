"""What a page of the report says in one language, ready to be laid out.

What belongs here: choosing and wording. What does not: counting (`report_figures`), the words themselves
(`report_words`, `spanish`, `repairs`), and the layout (`report.html.jinja`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from assets import catalogue
from assets.outbox import repairs, report_figures, spanish
from assets.outbox.report_words import say
from assets.text import minute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assets.outbox.report_figures import Cause, Column, Figures, Reason, Repaired

SHORT_ID = 8
"""Characters of an id that are enough to name an import."""
SHOWN_COLUMNS = 200
SHOWN_BARS = 6
SHOWN_CHARACTERS = 300
_BANDS = ("from_90", "from_80", "from_50", "below_50")
_SCORES = ("mean", "lowest", "highest")
_LOOKS = {
    **dict.fromkeys(report_figures.PENDING, "outlined"),
    **dict.fromkeys(report_figures.TO_CORRECT, "hatched"),
}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_ORDERS = {"MDY": "month_first", "DMY": "day_first"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: its length in percent of the longest, and how it looks: `solid`, `outlined` or `hatched`."""

    label: str
    records: int
    percent: float
    look: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table that counts rows; `under` is said below the first words, and `rows` below that on a screen."""

    what: str
    under: str
    records: int
    first_row: int
    rows: str = ""


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """How one column was read; each as it is shown."""

    header: str
    field: str | None
    said: str
    sure: str
    source: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that is worded on the page of a language; what is empty is not shown."""

    language: str
    say: Callable[..., str]
    headline: str
    tiles: list[tuple[str, int]]
    outcomes: list[Bar]
    causes: list[Line]
    cause_bars: list[Bar]
    refusals: list[Line]
    waits: list[Line]
    quality: str
    bands: list[Bar]
    repairs: list[Line]
    columns: list[ColumnLine]
    facts: list[tuple[str, str]]


def page(figures: Figures, language: str) -> Page:
    """Word the figures of an import in a language, `en` or `es`."""
    words = _Words(language, figures)
    causes = [words.cause(cause) for cause in figures.causes[: report_figures.SHOWN]]
    # Nobody is needed any more once every row is put right.
    now = "error" if figures.outcomes.get("error") else "corrected"
    score = figures.quality
    return Page(
        language=language,
        say=words.say,
        headline=words.headline(),
        tiles=words.tiles(),
        outcomes=_bars((words.say(name), number, name) for name, number in figures.outcomes.items() if number),
        causes=causes,
        cause_bars=_bars((words.wrong(cause)[0], cause.records, now) for cause in figures.causes[:SHOWN_BARS]),
        refusals=[words.reason(reason) for reason in figures.refusals],
        waits=[words.reason(reason) for reason in figures.waits],
        quality=words.say("quality_said", **{name: _score(getattr(score, name)) for name in _SCORES}),
        bands=_bars((words.say(band), getattr(score, band), "") for band in _BANDS),
        repairs=[words.repair(repaired) for repaired in figures.repaired],
        columns=[words.column(column) for column in figures.columns[:SHOWN_COLUMNS]],
        facts=words.facts(),
    )  # fmt: skip


class _Words:
    """Words of one language for the figures of one import."""

    def __init__(self, language: str, figures: Figures) -> None:
        self._language = language
        self._figures = figures
        self.say = partial(say, language)
        record_type = catalogue.BY_NAME.get(figures.of.coperniq_type or "")
        self._kinds = {field.name: field.kind for field in record_type.fields} if record_type else {}

    def headline(self) -> str:
        """Say in a sentence or two how the import stands."""
        of, count = self._figures.of, self._figures.count
        if of.status == "failed":
            left = count(report_figures.TO_CORRECT)
            return self.say("all_failed", count=left) if of.attempted else self.say("failed")
        if of.status == "rolled_back":
            return self.say("rolled_back")
        if of.status not in ("success", "partial_success"):
            return self.say("unfinished")
        said = [self.say("in_coperniq", sent=count(report_figures.SENT), attempted=of.attempted)]
        pending, to_correct = count(report_figures.PENDING), count(report_figures.TO_CORRECT)
        said += [self.say("left_pending", count=pending)] if pending else []
        said += [self.say("left_to_correct", count=to_correct)] if to_correct else []
        return " ".join(said if pending or to_correct else [*said, self.say("nothing_left")])

    def tiles(self) -> list[tuple[str, int]]:
        """Return the numbers that matter most; the first is the sum of the others."""
        count = self._figures.count
        groups = {
            "tile_sent": report_figures.SENT, "tile_pending": report_figures.PENDING,
            "tile_to_correct": report_figures.TO_CORRECT, "tile_settled": report_figures.SETTLED,
        }  # fmt: skip
        return [
            (self.say("tile_attempted"), count(report_figures.OUTCOMES)),
            *((self.say(label), count(group)) for label, group in groups.items()),
        ]

    def cause(self, cause: Cause) -> Line:
        """Word a cause: what is wrong, what to do, and which rule of which field says so."""
        about = [cause.field.replace(" ", ", ") if cause.field else self.say("whole_row")]
        about += [f"{self.say('rule')} {cause.rule}"] if cause.rule else []
        said = "".join(f"{part}. " for part in self.wrong(cause) if part).strip()
        return Line(_cut(said), " · ".join(about), cause.records, cause.first_row)

    def wrong(self, cause: Cause) -> tuple[str, str]:
        """Word what is wrong, and what to do; nothing is said to be done where only the field is known."""
        if cause.cause is None:
            key = "is_missing" if cause.rule == "not_nullable" else "is_wrong"
            return (self.say(key, field=cause.field) if cause.field else self.say("unknown_cause")), ""
        if self._language == "es":
            return spanish.translated(cause.cause, cause.rule)
        return cause.cause, spanish.action(cause.cause, cause.rule)

    def reason(self, reason: Reason) -> Line:
        """Word what rows wait for, or why they were refused: in the words of whoever said it."""
        return Line(_cut(reason.reason) or self.say("being_looked_up"), "", reason.records, reason.first_row)

    def repair(self, repaired: Repaired) -> Line:
        """Word a repair, and the field that it was made in."""
        kind = repairs.BY_NAME.get(repaired.kind or "")
        what = self.say("other_repair") if kind is None else kind.spanish if self._language == "es" else kind.english
        field = repaired.field or ("" if kind is None else self.say("no_field"))
        first, *others = repaired.first_rows
        rows = ", ".join(f"{row:,}" for row in repaired.first_rows)
        rows = self.say("in_rows", rows=rows + ", …" * (repaired.records > len(repaired.first_rows))) if others else ""
        return Line(what, field, repaired.records, first, rows)

    def column(self, column: Column) -> ColumnLine:
        """Word how a column was read."""
        said: list[str] = []
        if column.value is not None:
            said.append(self.say("for_every_row", value=_cut(column.value)))
        elif column.field in self._kinds:
            said.append(self.say(self._kinds[column.field]))
        elif column.field is None:
            said.append(self.say("kept_as_name" if column.part else "not_sent"))
        if column.part:
            said.append(column.part)
        if column.dates_order in _ORDERS:
            said.append(self.say(_ORDERS[column.dates_order]))
        known = column.confidence is not None and (column.field or column.part)
        return ColumnLine(
            _cut(column.header) or "—", column.field, " · ".join(said),
            f"{column.confidence:.0%}" if known else "—",
            self.say(f"by_{column.source}") if known and column.source else "",
        )  # fmt: skip

    def facts(self) -> list[tuple[str, str]]:
        """List what is known of the file, when it was read, and for whom."""
        of = self._figures.of
        read_as = of.read_as or {}
        delimiter = read_as.get("delimiter")
        facts = {
            "file_name": of.import_name,
            "file_hash": of.file_hash,
            "file_size": of.file_size_bytes is not None and self.say("bytes", count=of.file_size_bytes),
            "encoding": "encoding" in read_as and self._encoding(read_as),
            "delimiter": delimiter and (self.say(_DELIMITERS[delimiter]) if delimiter in _DELIMITERS else delimiter),
            "sheet": read_as.get("sheet"),
            "header_line": read_as.get("header_line"),
            "corrects": of.corrects,
            "corrected_by": ", ".join(of.corrected_by),
            "imported_by": of.imported_by,
            "created_at": minute(of.created_at),
            "started_at": of.started_at and minute(of.started_at),
            "completed_at": of.completed_at and minute(of.completed_at),
        }
        return [(self.say(key), _cut(str(fact))) for key, fact in facts.items() if fact]

    def _encoding(self, read_as: Mapping[str, object]) -> str:
        name, confidence = str(read_as["encoding"]), read_as.get("confidence")
        if not isinstance(confidence, int | float):
            return name
        return self.say("certain", name=name, percent=f"{confidence * 100:.0f}")


def _bars(rows: Iterable[tuple[str, int, str]]) -> list[Bar]:
    """Draw each number against the longest; few are not nothing."""
    listed = list(rows)
    most = max((number for _, number, _ in listed), default=0) or 1
    return [
        Bar(label, number, max(round(number / most * 99.5, 1), 0.6) if number else 0.0, _LOOKS.get(name, "solid"))
        for label, number, name in listed
    ]


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
