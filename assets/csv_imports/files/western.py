"""How far a text reads as Western text: which of its letters stand where Western words have them.

What belongs here: telling text that was decoded well from text that was not. What does not: decoding (`encodings`).
"""

from __future__ import annotations

import re
from itertools import chain

_WORD = re.compile(r"[^\W\d_]+")
_TYPOGRAPHY = frozenset("’‘“”–—…•€£¢°ºª½¼¾®©™×·«»¿¡§±²³µ´\xa0\xad")
_SIGNS = "°ºª½¼¾®©™×¿¡§±¹²³µ£€¢¥"
_TOKEN = re.compile(rf"(?:[^\W\d_]|[{_SIGNS}])+")
# A sign that opens or closes a word, as in `¿Qué`, `°F` and `m²`; in the middle of one nobody writes it.
_EDGED = re.compile(r"[¿¡°§µ½¼¾×±]?([^\W\d_¹²³½¼¾ºª]*)[²³ºª°®©™]?")
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "áéíóúüñ", "àâæçéèêëîïôœùûüÿ", "äöüßé", "àáâãçéêíóôõúü", "àèéìíîòóùú", "æøåéäö", "åäöéšž", "ëïéèöü",
        "àçèéíïòóúü",
    )
)  # fmt: skip
"""The letters beyond ASCII of Spanish, French, German, Portuguese, Italian, Danish, Swedish, Dutch and Catalan."""
# French has `œ` as in `cœur` and `œil`, Portuguese `õ` as in `Camões`; elsewhere they stand for Polish and Hungarian.
_MISPLACED = re.compile("œ(?![uidnst])|õ(?!e)")
_SEVERAL_BYTES = ("cp932", "gb18030", "big5", "cp949")


def plausibility(text: str) -> float:
    """Return the share of the characters beyond ASCII that stand where Western text has them."""
    return _share(text, {
        place
        for word in _WORD.finditer(text)
        if not word[0].isascii() and _is_western(word[0])
        for place in range(*word.span())
    })  # fmt: skip


def certainty(text: str) -> float:
    """Return the share of the characters beyond ASCII that stand in words of which one Western language has them all.

    What is Polish, Czech or Turkish has the same bytes as plausible words; no language has all the letters of one.
    """
    doubtful = {
        place
        for word in _TOKEN.finditer(text)
        if not word[0].isascii() and not _is_of_one_language(word[0])
        for place in range(*word.span())
    }
    in_words = set(chain.from_iterable(range(*word.span()) for word in _WORD.finditer(text)))
    return _share(text, in_words, doubtful)


def may_be_east_asian(data: bytes) -> bool:
    """Say whether bytes are text of an East Asian encoding: most of its characters then stand side by side.

    In Western text a letter beyond ASCII seldom has a neighbour of its kind.
    """
    for name in _SEVERAL_BYTES:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        runs = [len(run) for run in re.findall(r"[^\x00-\x7f]+", text)]
        if sum(run for run in runs if run > 1) * 2 > sum(runs):
            return True
    return False


def _share(text: str, plausible: set[int], doubtful: set[int] | frozenset[int] = frozenset()) -> float:
    strange = [place for place, character in enumerate(text) if not character.isascii()]
    good = sum(place not in doubtful and (place in plausible or text[place] in _TYPOGRAPHY) for place in strange)
    return good / len(strange) if strange else 0.0


def _is_western(word: str) -> bool:
    ascii_letters = sum(map(str.isascii, word))
    if len(word) > 2 and ascii_letters * 2 < len(word):  # 'où' and 'Åå' are words
        return False
    return word.isupper() or not any(letter.isupper() and not letter.isascii() for letter in word[1:])


def _is_of_one_language(word: str) -> bool:
    edged = _EDGED.fullmatch(word)
    if edged is None:
        return set(word) <= set(_SIGNS)
    if _MISPLACED.search(edged[1].lower()):
        return False
    letters = {letter for letter in edged[1].lower() if not letter.isascii()}
    return any(letters <= alphabet for alphabet in _ALPHABETS)
