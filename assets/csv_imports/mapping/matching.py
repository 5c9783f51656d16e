"""How alike two headers are: the same words in other clothes, or one word with a slip of the pen.

What belongs here: comparing headers as text. What does not: which column feeds which field (`deciding`).
A match that is wrong sends a value into the wrong field without a word, one that is missed is a question to a person.
So a header made of properly spelled words is never taken for a misspelling of others, however near they are:
`Contract name` is not `Contact name`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from assets.catalogue import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SIMILAR = 0.85
"""The least likeness that counts as a match: one slip in seven letters."""
NEAR = 0.65
"""The least likeness that is worth naming to a person."""
SAME_WORDS = 0.95
"""How sure it is that headers of the same words mean the same, when only abbreviations and fillers differ."""
OTHER_ORDER = 0.9
"""The same, when the words stand in another order."""
_LONG_ENOUGH = 5
"""Letters of a word in which one slip still leaves no doubt which word is meant: of four, `tank` would be `task`."""

_LONGEST = 500
"""Characters of a header that are looked at: a row of data is asked whether it is a header, too."""
_REMEMBERED = 8192

_ABBREVIATIONS = {
    "acct": "account", "addr": "address", "addy": "address", "adr": "address", "amt": "amount", "appt": "appointment",
    "bldg": "building", "cust": "customer", "desc": "description", "descr": "description", "dt": "date",
    "equip": "equipment", "eqpt": "equipment", "exp": "expiration", "inv": "invoice", "loc": "location",
    "maint": "maintenance", "manuf": "manufacturer", "mfg": "manufacturer", "mfr": "manufacturer", "mob": "mobile",
    "nbr": "number", "nm": "name", "no": "number", "nr": "number", "num": "number", "#": "number",
    "org": "organization", "ph": "phone", "prop": "property", "pri": "primary", "proj": "project",
    "sched": "scheduled", "ser": "serial", "serv": "service", "svc": "service", "sys": "system", "tel": "telephone",
}  # fmt: skip
_FILLERS = frozenset(("a", "of", "the", "s", "mm", "dd", "yyyy", "yy", "required", "optional"))
_ENDINGS = "drs"
"""Letters by which `installed` differs from `installer` and `invoice` from `invoices`: grammar, and another meaning."""
_REAL_WORDS = frozenset((
    "abort", "activate", "aerial", "allocation", "assert", "basset", "bland", "border", "bother", "branch", "close",
    "compete", "complete", "contrast", "costume", "county", "course", "crate", "deferral", "deferred", "detail",
    "enable", "enjoy", "estate", "event", "filed", "filling", "folder", "grant", "house", "instill", "inverted",
    "issuing", "killing", "latent", "lower", "mobility", "modal", "modes", "modulo", "motel", "mount", "nodes", "older",
    "other", "parent", "patent", "patents", "phase", "plane", "planet", "plans", "plant", "plants", "plate", "polar",
    "portal", "precise", "preference", "preferred", "president", "prime", "prince", "privacy", "produce", "promise",
    "prone", "properly", "protect", "quite", "quota", "racing", "readline", "resource", "score", "skate", "slate",
    "slope", "smart", "source", "stale", "start", "stated", "statue", "statute", "stone", "storage", "store", "story",
    "suits", "surface", "territory", "through", "tissue", "tonal", "valve", "vocation", "votes", "while", "whole",
))  # fmt: skip
"""Words one letter away from one of the catalogue's that are words of their own."""


@lru_cache(_REMEMBERED)
def plain(header: str) -> str:
    """Return a header without what makes no difference: case, spaces and punctuation; signs that tell apart stay."""
    folded = unicodedata.normalize("NFKC", header[:_LONGEST]).casefold()
    return "".join(sign for sign in folded if sign.isalnum() or sign in "#$%")


@lru_cache(_REMEMBERED)
def words(header: str) -> tuple[str, ...]:
    """Split a header into words, abbreviations written out: `CustAddr_1` is customer, address, 1."""
    folded = unicodedata.normalize("NFKC", header[:_LONGEST])
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", folded)
    found: list[str] = re.findall(r"[^\W\d_]+|\d+|[#$%]", re.sub(r"\be[- ]mails?\b", "email", parted.casefold()))
    return tuple(_ABBREVIATIONS.get(word, word) for word in found if word not in _FILLERS)


@dataclass(frozen=True, slots=True)
class Index:
    """Names of fields, to be found by the words of their aliases in any order."""

    by_words: dict[tuple[str, ...], list[tuple[tuple[str, ...], str]]]

    @classmethod
    def of(cls, aliases: Mapping[str, Iterable[str]]) -> Index:
        """Index the aliases of each field."""
        made: dict[tuple[str, ...], list[tuple[tuple[str, ...], str]]] = {}
        for name, given in aliases.items():
            for alias in map(words, given):
                made.setdefault(tuple(sorted(alias)), []).append((alias, name))
        return cls(made)

    def alike(self, header: str) -> dict[str, float]:
        """Return the fields that a header may mean and how sure that is, from 0 to 1; nothing below `SIMILAR`.

        The same words, the same words in another order, or one word of them with one slip.
        """
        written = words(header)
        meant = _corrected(written)
        found: dict[str, float] = {}
        for alias, name in self.by_words.get(tuple(sorted(meant)), []) if meant else []:
            sure = SAME_WORDS if alias == meant else OTHER_ORDER
            if meant != written:
                sure = OSA.normalized_similarity("".join(written), "".join(alias)) if alias == meant else 0.0
            if sure >= SIMILAR:
                found[name] = max(sure, found.get(name, 0.0))
        return found


def nearest(header: str, aliases: Iterable[str]) -> float:
    """Return how near a header comes to any of several aliases, from 0 to 1: to show, not to decide."""
    ours = " ".join(words(header))
    return max((fuzz.token_sort_ratio(ours, " ".join(words(alias))) / 100 for alias in aliases), default=0.0)


def _corrected(written: tuple[str, ...]) -> tuple[str, ...]:
    """Return words with the one that nobody uses put right, where it is clear what is meant by it."""
    unknown = [word for word in written if word not in _vocabulary()]
    meant = list(_within_a_slip(unknown[0])) if len(unknown) == 1 else []
    if len(meant) != 1 or not _is_slip(unknown[0], meant[0]):
        return written
    return tuple(meant[0] if word == unknown[0] else word for word in written)


def _is_slip(word: str, meant: str) -> bool:
    if min(len(word), len(meant)) < _LONG_ENOUGH or not (word.isalpha() and meant.isalpha()):
        return False
    other_ending = word[:-1] == meant[:-1] or meant in (word[:-1], f"{word}{meant[-1]}")
    return meant.endswith("ss") or not (other_ending and (word[-1] in _ENDINGS or meant[-1] in _ENDINGS))


@lru_cache(_REMEMBERED)
def _within_a_slip(word: str) -> frozenset[str]:
    """Return the words of the vocabulary that a word may be a slip of; of two, neither is certain."""
    return frozenset(known for known in _vocabulary() if OSA.distance(word, known, score_cutoff=1) <= 1)


@cache
def _vocabulary() -> frozenset[str]:
    """Return the words that are no misspelling of another: those of the catalogue, and their neighbours."""
    targets = chain.from_iterable((*record_type.fields, *record_type.parts) for record_type in TYPES)
    named = chain.from_iterable((target.name, *target.aliases) for target in targets)
    return _REAL_WORDS.union(*map(words, named))
