"""Which address is meant, and where it stands in a text: itself, and no longer one that begins or ends like it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from assets.erasing import erasing
from assets.erasing.erasing import ErasingError
from tests.integration.erasing.person import Person, bring

if TYPE_CHECKING:
    from tests.integration.forms.desk import Desk


@pytest.mark.parametrize(
    "given", ["", "ann", "ann@", "@b", "a b@c.example", '"a"@b.example', "a\\@b", "x" * 400 + "@y"]
)
def test_what_is_no_address_is_refused(desk: Desk, given: str) -> None:
    with pytest.raises(ErasingError, match=r"^That is no e-mail address"):
        erasing.address(desk.world.conn, given)


@pytest.mark.parametrize(
    "given", ["%@%", ".*@stays.example", "_ob@stays.example", "ob@stays.example", "bob@stays.exampl"]
)
def test_an_address_stands_for_itself_alone(desk: Desk, given: str) -> None:
    bring(desk.world, "Contact.csv", Person("zzjon").contacts()[:2])
    of = erasing.address(desk.world.conn, given)
    assert [one for one in erasing.find(desk.world.conn, of) if one.whose.id == desk.world.contractor] == []


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("call\nann@b.example", "call\nann@b.example"), ("call\nnann@b.example", "call\n[erased]"),
        ("C:\\nann@b.example", "C:\\[erased]"), ("nann@b.example", "[erased]"), ("xnann@b.example", "xnann@b.example"),
    ],
)  # fmt: skip
def test_a_letter_of_an_escape_is_none_of_an_address(desk: Desk, said: str, left: str) -> None:
    found = desk.world.conn.execute(
        "SELECT regexp_replace(%s, email_pattern('nann@b.example'), '[erased]', 'gi')", [json.dumps(said)]
    ).fetchone()
    assert found is not None
    assert json.loads(found[0]) == left
