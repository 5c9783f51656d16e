"""How alike the names of two customers are, people's and companies'.

What belongs here: reading a name into words, and holding the words of two against each other. What does not: what that
is worth beside an address or a phone number (`customers`).

Nicknames that are no beginning of the name (Bob for Robert) are not known: a list of them is never whole, and a name
that is on it wrongly would pair members of one family.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import OSA

_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"['’.]")
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "the", "and"})
_COMPANY_FORMS = frozenset(
    {
        "llc", "inc", "incorporated", "ltd", "limited", "corp", "corporation", "co", "company", "plc", "lp", "llp",
        "pllc", "pc",
    }
)  # fmt: skip
_GENERATIONS = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "iii": "iii", "iv": "iv"}
_SHORTENED = 3
"""So many letters may stand for a first name that begins with them: Rob for Robert."""
_WOMENS_ENDINGS = ("a", "le", "na", "ne")
"""What makes a woman's name of a man's is neither a slip nor a longer form: Erica, Danielle, Simone."""


class NameLikeness(StrEnum):
    """How alike two names are."""

    SAME = "same name"
    ALIKE = "name alike"
    OTHER = "other name"


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it compares: its words in the order of the alphabet, without titles and companies' forms.

    Attributes:
        words: Case-folded, without accents.
        generation: What tells a father from a son of the same name; empty where nothing does.
    """

    words: tuple[str, ...]
    generation: str = ""


def read(text: str) -> Name:
    """Read a name, whichever way round it is written."""
    words = _WORD.findall(_JOINED.sub("", plain(text)))
    # What is nothing but a form or a title is somebody's name after all.
    kept = [word for word in words if word not in _TITLES | _COMPANY_FORMS and word not in _GENERATIONS] or words
    generation = next((_GENERATIONS[word] for word in words[1:] if word in _GENERATIONS), "")
    return Name(tuple(sorted(kept)), generation)


def plain(text: str) -> str:
    """Return text case-folded and without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def compare(one: Name, other: Name) -> NameLikeness:
    """Say how alike two names are.

    Every word of the shorter name must be found in the longer one: as it is, misspelled, shortened or as an initial.
    The surname alone makes nobody the same, and a number in a name tells apart what else is called the same.
    """
    if not one.words or not other.words or one.generation != other.generation:
        return NameLikeness.OTHER
    if one.words == other.words:
        return NameLikeness.SAME
    shorter, longer = sorted((one.words, other.words), key=len)
    if _numbers(shorter) != _numbers(longer) or (len(shorter) == 1 and len(longer) > 1):
        return NameLikeness.OTHER
    left, exact = list(longer), 0
    for word in sorted(shorter, key=len, reverse=True):
        found = min(left, key=lambda known: _difference(word, known))
        difference = _difference(word, found)
        if difference > 1:
            return NameLikeness.OTHER
        left.remove(found)
        exact += difference == 0
    # Two words that are both only alike are two people more often than one with two slips.
    return NameLikeness.ALIKE if exact or len(shorter) == 1 else NameLikeness.OTHER


def is_misspelled(one: str, other: str) -> bool:
    """Say whether a word may be another, misspelled: one slip, two in long words; never in a word with a figure."""
    shorter, longer = sorted((len(one), len(other)))
    slips = 2 if shorter >= 8 else 1
    if shorter < 3 or longer < 4 or OSA.distance(one, other, score_cutoff=slips) > slips:
        return False
    return not any(character.isdigit() for character in one + other)


def _numbers(words: tuple[str, ...]) -> set[str]:
    return {word for word in words if any(character.isdigit() for character in word)}


def _difference(one: str, other: str) -> int:
    """Return 0 for the same word, 1 for one that may be meant, 2 for another."""
    if one == other:
        return 0
    short, long = sorted((one, other), key=len)
    if long.removeprefix(short) in _WOMENS_ENDINGS:
        return 2
    begins = long.startswith(short) and (len(short) == 1 or len(short) >= _SHORTENED)
    return 1 if begins or is_misspelled(one, other) else 2
