"""Keys and phones in the database: the same as Python's, and the same whatever the locale."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

import polars as pl
import psycopg
import pytest

from assets.csv_imports.values.phones import to_e164
from assets.names import normalise
from orchestration import migrations
from tests.conftest import MIGRATIONS

if TYPE_CHECKING:
    from sandbox.postgres import Cluster
    from tests.integration.database.seed import Ids

Connection = psycopg.Connection[Any]

SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
# What Unicode got after version 14, whose table the database has.
NEWER = {"\u1c89", "\u1c8a", *map(chr, [*range(0xA7CB, 0xA7D0), 0xA7D2, 0xA7D4, *range(0xA7DA, 0xA7DD), 0xA7F1])}
LETTERS = [
    letter
    for letter in map(chr, range(1, 0x10000))
    if letter not in NEWER
    and unicodedata.name(letter, "").startswith((*SCRIPTS, "FULLWIDTH LATIN", "KELVIN", "ANGSTROM", "OHM", "MICRO"))
]
WHITE_SPACE = [space for space in map(chr, range(1, 0x10000)) if space.isspace()]

TEXTS = [
    "", "   ", "STRASSE Straße", "ΣΊΣΥΦΟΣ σίσυφος", "ſtreet µm", "ЁЛКА  ёлка", "İstanbul ISTANBUL",
    "O’Brien\u00a0& Söhne", "n\u0303 Ñ", "zero\u200bwidth", "日本 ＡＢＣ", "100% _x_ \\ ' \" $1", "ﬁre ŉ ǰ",
]  # fmt: skip
PHONES = {
    "2125550100": "+12125550100",
    "(212) 555-0100": "+12125550100",
    "212.555.0100": "+12125550100",
    "1-212-555-0100": "+12125550100",
    "+1 212 555 0100": "+12125550100",
    " 212\u00a0555\u20130100 ": "+12125550100",
    "212-555-0100 x12": "+12125550100",
    "212-555-0100 ext. 5": "+12125550100",
    "212-555-0100, Ext 5": "+12125550100",
    "212-555-0100 extension 5": "+12125550100",
    "212-555-0100 #5": "+12125550100",
    "Mobile: 212-555-0100": "+12125550100",
    "+44 20 7946 0958": "+442079460958",
    "+49 (30) 1234567": "+49301234567",
    "555-1234": None,
    "112-555-0100": None,
    "012-555-0100": None,
    "212-155-0100": None,
    "+1 212 155 0100": None,
    "22125550100": None,
    "+123": None,
    "+2125550100123456": None,
    "212 Main St 555 0100": None,
    "john@example.com": None,
    "": None,
}


def keys(connection: Connection, texts: list[str]) -> list[str]:
    """Normalise texts in the database."""
    query = "SELECT normalise_key(text) FROM unnest(%s::text[]) WITH ORDINALITY AS t (text, n) ORDER BY n"
    return [key for (key,) in connection.execute(query, [texts])]


def python_key(text: str) -> str:
    return " ".join(text.casefold().split())


def test_every_letter_folds_as_in_python(connection: Connection) -> None:
    found = dict(zip(LETTERS, keys(connection, LETTERS), strict=True))
    assert {letter: key for letter, key in found.items() if key != python_key(letter)} == {}
    assert len(LETTERS) > 1500


def test_white_space_is_what_python_splits_at(connection: Connection) -> None:
    texts = [f"{space}{space}Main{space}St.\u00e9 {space}" for space in WHITE_SPACE]
    assert keys(connection, texts) == [python_key(text) for text in texts]
    assert len(WHITE_SPACE) > 25


@pytest.mark.parametrize("text", TEXTS)
def test_texts_normalise_as_in_python(connection: Connection, text: str) -> None:
    assert keys(connection, [text]) == [python_key(text)]


@pytest.mark.parametrize(("text", "phone"), PHONES.items())
def test_phones_are_written_in_e164(connection: Connection, text: str, phone: str | None) -> None:
    assert connection.execute("SELECT normalise_phone(%s)", [text]).fetchone() == (phone,)


def test_the_pipeline_has_the_same_rules(connection: Connection) -> None:
    assert keys(connection, TEXTS) == normalise(pl.Series(TEXTS)).to_list()
    assert dict(zip(PHONES, to_e164(pl.Series(list(PHONES))), strict=True)) == PHONES


@pytest.mark.parametrize(
    ("kind", "data", "key"),
    [
        ("Contact", {"name": "John", "email": "John@Example.com "}, "john@example.com"),
        ("Contact", {"name": "J", "emails": [" ", "B@x.com", "a@x.com"], "phones": ["212-555-0100"]}, "b@x.com"),
        ("Contact", {"name": "J", "emails": [], "phones": ["n/a", "212-555-0100 x2"]}, "+12125550100"),
        ("Contact", {"name": "J", "phone": "2125550100"}, "+12125550100"),
        ("Contact", {"name": " John  SMITH ", "phone": "555-1234"}, "john smith"),
        ("Contact", {"title": "Owner"}, None),
        ("Site", {"fullAddress": "1 Main  St", "clientId": "(212) 555-0100"}, "1 main st | +12125550100"),
        ("Site", {"fullAddress": "1 Main St"}, "1 main st | "),
        ("Site", {"fullAddress": "", "clientId": None}, None),
        ("Asset", {"serialNumber": "SN-1", "siteId": "s", "name": "n"}, "sn-1"),
        ("Asset", {"serialNumber": " ", "siteId": "1 Main St", "name": "Boiler"}, "1 main st | boiler"),
        ("Asset", {"serialNumber": 4711}, "4711"),
        ("Task", {"siteId": "S", "title": "Fix", "startDate": "2025-01-31"}, "s | fix | 2025-01-31t00:00:00z"),
        ("Task", {"title": "Fix", "startDate": "2025-01-31T08:00:00Z"}, " | fix | 2025-01-31t08:00:00z"),
        ("System", {"siteId": "2125550100", "name": "PV"}, "2125550100 | pv"),
        (
            "ServicePlanInstance",
            {"servicePlanId": "Gold", "clientId": "A@x.com", "startDate": "2025-01-31"},
            "gold | a@x.com | 2025-01-31",
        ),
        (
            "FinancialDocument",
            {"clientId": 7, "type": "Invoice", "title": "No. 1", "issueDate": "2025-01-31"},
            "7 | invoice | no. 1 | 2025-01-31",
        ),
        ("FinancialDocument", {}, None),
    ],
)
def test_record_keys(connection: Connection, ids: Ids, kind: str, data: dict[str, Any], key: str | None) -> None:
    text = json.dumps(data)
    assert connection.execute("SELECT coperniq_record_key(%s, %s)", [kind, text]).fetchone() == (key,)

    found = connection.execute(
        """
        WITH begun AS (SELECT create_csv_import(%s, 'x.csv', %s) AS id)
        SELECT add_csv_import_record(id, 1, %s) FROM begun
        """,
        [ids["contractor"], kind, text],
    ).fetchone()
    assert found is not None
    stored = connection.execute("SELECT record_key FROM csv_import_records WHERE id = %s", found).fetchone()
    assert stored == (key,)


def test_an_unknown_type_has_no_key(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="no type Client"):
        connection.execute("SELECT coperniq_record_key('Client', '{}')")


def test_keys_do_not_depend_on_the_locale(postgres: Cluster) -> None:
    """A database whose locale knows no letters beyond ASCII folds them all the same."""
    name = "locale_c"
    with psycopg.connect(postgres.url(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'".encode())
        with psycopg.connect(postgres.url(name), autocommit=True, prepare_threshold=None) as conn:
            migrations.up(conn, MIGRATIONS)
            assert conn.execute("SELECT lower('É')").fetchone() == ("É",)
            assert keys(conn, ["ÉCOLE\u00a0Ärzte", "ΣΊΣΥΦΟΣ"]) == ["école ärzte", "σίσυφοσ"]
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
