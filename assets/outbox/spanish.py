"""What is wrong with rows, in Spanish: a sentence for each rule, beside the English one that the rule itself has.

What belongs here: words of rules. What does not: the English ones (`csv_imports.judging.sentences`), the page's own
words (`report_words`), and repairs, whose words in both languages stand with them (`repairs`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assets.csv_imports.judging import sentences
from assets.record_types import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

SENTENCES: dict[str, str] = {
    "not_nullable": "Falta {header}. Agréguelo",
    "one_of": "{headers} están todos vacíos. Agregue al menos uno",
    Kind.EMAILS: '{header} "{value}" no es una dirección de correo. Corríjala',
    Kind.PHONES: '{header} "{value}" no es un número de teléfono con código de área. Corríjalo',
    "scientific": '{header} "{value}" fue acortado por Excel y quizá perdió sus últimos dígitos. '
    "Escriba el número entero",
    "formula_error": '{header} "{value}" es el error de una fórmula de Excel. Escriba lo que debería ser',
    Kind.ZIP: '{header} "{value}" no es un código postal. Corríjalo',
    "lost_zero": '{header} "{value}" es demasiado corto para un código postal: quizá Excel quitó un cero inicial. '
    "Escríbalo entero",
    Kind.DATE: '{header} "{value}" no es una fecha como 03/14/2026. Corríjala',
    Kind.DATETIME: '{header} "{value}" no es una fecha como 03/14/2026. Corríjala',
    Kind.NUMBER: '{header} "{value}" no es un número en cifras. Corríjalo',
    Kind.INTEGER: '{header} "{value}" no es un número entero en cifras. Corríjalo',
    Kind.BOOLEAN: '{header} "{value}" no es ni sí ni no. Escriba yes o no',
    "too_long": '{header} "{value}" es más largo de lo que puede ser un nombre (500 bytes). Acórtelo',
    "year": '{header} "{value}" no está en los años 1900 a 2100. Corríjalo',
    "not_negative": '{header} "{value}" es negativo. Corríjalo',
    "months": '{header} "{value}" no está entre 1 y 600 meses. Corríjalo',
    "allowed": '{header} "{value}" no es uno de {other}{hint}. Corríjalo',
    "own": '{header} "{value}": {other}. Corríjalo',
    "placeholder": '{header} "{value}" parece un relleno; se envía como está',
    "negative_amount": '{header} "{value}" es negativo; se envía como está',
    "huge_amount": '{header} "{value}" es más de mil millones; se envía como está',
    "period": '{header} "{value}" es anterior a "{other}"; se envía como está',
    "future": '{header} "{value}" está en el futuro; se envía como está',
    "state": '{header} "{value}" no es un estado o provincia de Estados Unidos o Canadá{hint}; se envía como está',
    "zip_state": '{header} "{value}" no queda en "{other}"; se envía como está',
}
"""By rule, with the same names in braces as the English sentence has."""
RECORDS: dict[str, tuple[str, str, str]] = {
    "The row has too few cells": (
        "Align its columns", "La fila tiene muy pocas celdas", "Alinee sus columnas"),
    "The row has too many cells": (
        "Align its columns", "La fila tiene demasiadas celdas", "Alinee sus columnas"),
    "The row is empty": ("Fill it in or delete it", "La fila está vacía", "Complétela o bórrela"),
    "The row holds bytes that are not text": (
        "Type the garbled characters again", "La fila contiene bytes que no son texto",
        "Escriba otra vez los caracteres dañados"),
    "The row repeats the header": ("Delete it", "La fila repite el encabezado", "Bórrela"),
    "The row is longer than 16,777,216 characters": (
        "Shorten it", "La fila tiene más de 16,777,216 caracteres", "Acórtela"),
    "The row has a quote that is not closed": (
        "Close or remove the quote", "La fila tiene una comilla que no se cierra", "Cierre o quite la comilla"),
    "The row has a quote in the middle of a quoted cell": (
        "Double or remove the quote", "La fila tiene una comilla en medio de una celda entrecomillada",
        "Duplique o quite la comilla"),
    "A parent is ambiguous: two records have that name": (
        "Name one of them", "El registro al que se refiere es ambiguo: dos registros tienen ese nombre",
        "Nombre uno de los dos"),
    "The key is another record's": ("Change it", "La clave es la de otro registro", "Cámbiela"),
    "It names no row that it corrects": (
        "Put back what stood there", "No indica ninguna fila que corrija", "Ponga otra vez lo que había allí"),
    "The contact of the row is an error": (
        "Correct the contact", "El contacto de la fila tiene un error", "Corrija el contacto"),
}  # fmt: skip
"""Causes that are no rule's of a field: what to do, what is wrong in Spanish, and what to do in Spanish."""

_AND = " and "
"""Stands between two headers."""


def translated(cause: str, rule: str | None) -> tuple[str, str]:
    """Return a cause in Spanish, and what to do; the words of a contractor's own rule stay as they were written."""
    if cause in RECORDS:
        _, what, action = RECORDS[cause]
        return what, action
    if rule not in SENTENCES:
        return cause, "Corríjalo"
    what, action = sentences.split(SENTENCES[rule])
    if rule == "own":
        return cause, action or ""
    found = _pattern(sentences.SENTENCES[rule]).fullmatch(cause)
    return (_filled(sentences.without_values(what), found.groupdict()) if found else cause), action or ""


def action(cause: str, rule: str | None) -> str:
    """Return what to do about a cause, in English."""
    if cause in RECORDS:
        return RECORDS[cause][0]
    return (rule in sentences.SENTENCES and sentences.split(sentences.SENTENCES[rule])[1]) or "Correct it"


def _pattern(sentence: str) -> re.Pattern[str]:
    """Return what finds the names of columns and lists in a cause of a rule."""
    what = sentences.without_values(sentences.split(sentence)[0]).replace("{hint}", "")
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(what)), re.DOTALL)


def _filled(what: str, found: Mapping[str, str]) -> str:
    """Put what was found into a sentence; what a cause does not name, it leaves out."""
    names = {**found}
    if names.get("headers", "").count(_AND) == 1:  # more of them: one is a header's own
        names["headers"] = names["headers"].replace(_AND, " y ")
    return re.sub(r"\{(\w+)\}", lambda name: names.get(name[1], ""), what)
