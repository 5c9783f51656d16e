"""The report as a page: hostile text stays text, everybody can read it, and it needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import string
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from assets.outbox import report, report_pages, report_words
from assets.outbox.report_figures import OUTCOMES
from assets.record_types import Kind
from tests.reports import EVERY, HOSTILE, LONG, MIXED, UGLIEST, UNREADABLE

if TYPE_CHECKING:
    from assets.outbox.report_figures import Figures

FIXES = ["fix.csv", "fix.xlsx"]
VOID = {"meta", "input"}
AA_TEXT, AA_GRAPHICS = 4.5, 3.0
MOST_BYTES = 2_000_000


class Page(HTMLParser):
    """The elements of a page in their order, each with its attributes and where it stands; and its text."""

    def __init__(self, figures: Figures, fixes: list[str] = FIXES) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(report.render(figures, fixes))
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, list(self._open)))
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def tags(self, *names: str) -> list[str]:
        return [tag for tag, *_ in self.elements if tag in names]

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes, _ in self.elements if name == tag]


def names_in(words: str) -> set[str]:
    return {name for _, name, *_ in string.Formatter().parse(words) if name}


@pytest.fixture(params=EVERY, scope="module")
def page(request: pytest.FixtureRequest) -> Page:
    return Page(EVERY[request.param])


def test_hostile_text_is_text() -> None:
    page = Page(UGLIEST)
    elements = {tag for tag, *_ in page.elements}
    assert not elements & {"script", "img", "iframe", "object", "embed", "link", "base", "form"}
    assert [name for _, attributes, _ in page.elements for name in attributes if name.startswith("on")] == []
    assert "style" not in {name for _, attributes, _ in page.elements for name in attributes}
    assert HOSTILE.replace("\u202e", "\\u202e") in page.text
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text


def test_what_is_linked_lies_beside_it() -> None:
    assert {attributes["href"] for attributes in Page(UGLIEST).attributes("a")} == set(FIXES)
    assert Page(MIXED, []).attributes("a") == []


def test_its_policy_allows_its_own_style_and_nothing_else(page: Page) -> None:
    (policy,) = [one["content"] for one in page.attributes("meta") if "http-equiv" in one]
    style = re.search(r"<style>(.*)</style>", report.render(UNREADABLE, []), re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\((?!#)|@import|https?:", style[1])


def test_tables_name_their_rows_and_columns(page: Page) -> None:
    assert len(page.tags("caption")) == len(page.tags("table"))
    for tag, attributes, inside in page.elements:
        if tag == "th":
            assert attributes["scope"] == ("col" if "thead" in inside else "row")
        assert tag != "td" or "tbody" in inside


def test_charts_are_said_in_words_and_numbers(page: Page) -> None:
    charts = [one for one in page.attributes("svg") if one.get("role") == "img"]
    for chart in charts:
        ids = [one.get("id") for tag, one, _ in page.elements if tag in ("title", "desc")]
        assert set(chart["aria-labelledby"].split()) <= set(ids)
    assert [one for one in page.attributes("svg") if "role" not in one and one.get("aria-hidden") != "true"] == []


def test_a_chart_shows_each_number_and_how_it_stands_without_colour() -> None:
    page = Page(MIXED)
    looks = [one["class"] for one in page.attributes("rect") if one.get("class") != "track"]
    assert {"solid", "outlined", "hatched"} == set(looks)
    assert "Created in Coperniq: 352; Updated in Coperniq: 30; Same as an earlier row: 6; " in page.text


@pytest.mark.parametrize(("outcome", "look"), [("error", "hatched"), ("corrected", "solid")])
def test_causes_look_as_if_somebody_were_needed_while_somebody_is(outcome: str, look: str) -> None:
    figures = replace(UGLIEST, outcomes={outcome: 3})
    assert {bar.look for bar in report_pages.page(figures, "en").cause_bars} == {look}


def test_headings_are_in_order(page: Page) -> None:
    levels = [int(tag[1]) for tag in page.tags("h1", "h2", "h3", "h4")]
    assert levels.count(1) == len(report_words.LANGUAGES)
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_ids_are_unique(page: Page) -> None:
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_each_language_is_named_where_it_stands(page: Page) -> None:
    assert page.attributes("html") == [{"lang": "en"}]
    assert [one["lang"] for one in page.attributes("article")] == list(report_words.LANGUAGES)
    assert [one["lang"] for one in page.attributes("label")] == list(report_words.LANGUAGES)


@pytest.mark.parametrize("key", sorted(report_words.WORDS))
def test_words_are_there_in_both_languages(key: str) -> None:
    english, spanish = report_words.WORDS[key]
    assert english
    assert spanish
    assert names_in(english) == names_in(spanish)


def test_there_are_words_for_every_kind_outcome_and_source() -> None:
    sources = ("name", "alias", "earlier", "similar", "override")
    needed = {*Kind, *OUTCOMES, *(f"by_{source}" for source in sources)}
    assert needed - set(report_words.WORDS) == set()


def test_a_long_list_keeps_the_page_small() -> None:
    assert len(report.render(UGLIEST, FIXES).encode()) < MOST_BYTES
    assert LONG[:50].replace("\u202e", "\\u202e") in Page(UGLIEST).text


def test_a_file_that_could_not_be_read_says_why() -> None:
    page = Page(UNREADABLE, [])
    assert "Contact.csv is no table: it is a PDF. Export it again as CSV." in page.text
    assert page.tags("table", "figure") == []


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def schemes() -> list[dict[str, str]]:
    """Give the colours of the page by light, by night and on paper, by name."""
    style = re.search(r"<style>(.*)</style>", report.render(UNREADABLE, []), re.DOTALL)
    assert style
    blocks = re.findall(r":root \{(.*?)\}", style[1], re.DOTALL)
    return [dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block)) for block in blocks]


def test_everything_is_coloured_by_these_colours() -> None:
    style = re.search(r"<style>(.*)</style>", report.render(UNREADABLE, []), re.DOTALL)
    assert style
    elsewhere = re.sub(r":root \{.*?\}", "", style[1], flags=re.DOTALL)
    assert not re.search(r"(?<!url\()#[0-9a-f]{3,8}\b|rgb|hsl", elsewhere.replace("#en", "").replace("#es", ""))
    assert [sorted(scheme) for scheme in schemes()] == [["accent", "line", "page", "pale", "quiet", "text"]] * 3


@pytest.mark.parametrize("scheme", schemes(), ids=["light", "dark", "print"])
@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ("text", "page", AA_TEXT), ("text", "pale", AA_TEXT), ("quiet", "page", AA_TEXT), ("accent", "page", AA_TEXT),
        ("accent", "pale", AA_TEXT), ("accent", "pale", AA_GRAPHICS),
    ],
)  # fmt: skip
def test_contrast_is_that_of_wcag_aa(scheme: dict[str, str], one: str, other: str, least: float) -> None:
    assert contrast(scheme[one], scheme[other]) >= least
