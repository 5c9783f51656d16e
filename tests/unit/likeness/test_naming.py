"""Names of people and companies, as two offices write them."""

from __future__ import annotations

import pytest

from assets.likeness import naming
from assets.likeness.naming import NameLikeness

SAME, ALIKE, OTHER = NameLikeness.SAME, NameLikeness.ALIKE, NameLikeness.OTHER


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("Ada Lovelace", "ADA  LOVELACE", SAME),
        ("Ada Lovelace", "Lovelace, Ada", SAME),
        ("Mrs. Ada Lovelace", "Ada Lovelace", SAME),
        ("José Núñez", "Jose Nunez", SAME),
        ("Sean O'Brien", "Sean OBrien", SAME),
        ("Acme Plumbing, L.L.C.", "ACME Plumbing", SAME),
        ("The Acme Co.", "Acme", SAME),
        ("Robert Miller Jr.", "Robert Miller, Junior", SAME),
        ("Robert Miller", "Rob Miller", ALIKE),
        ("Robert Miller", "R. Miller", ALIKE),
        ("Robert Miller", "Robert Milller", ALIKE),
        ("Robert Miller", "Robert & Mary Miller", ALIKE),
        ("Christopher Featherstone", "Christopher Fetherstome", ALIKE),
        ("Robert Miller", "Mary Miller", OTHER),
        ("Robert Miller", "Robert", OTHER),
        ("Robert Miller", "Robert Miller Jr.", OTHER),
        ("Robert Miller Sr.", "Robert Miller Jr.", OTHER),
        ("Eric Miller", "Erica Miller", OTHER),
        ("Daniel Miller", "Danielle Miller", OTHER),
        ("Robert Miller", "Rob Milller", OTHER),
        ("Corner Diner #12", "Corner Diner #13", OTHER),
        ("Corner Diner", "Corner Diner 13", OTHER),
        ("Robert Miller", "Bob Miller", OTHER),
        ("Li Wu", "Lo Wu", OTHER),
        ("", "", OTHER),
        ("--", "?", OTHER),
        ("LLC", "LLC", SAME),
    ],
)
def test_names_compare_whichever_way_round(one: str, other: str, likeness: NameLikeness) -> None:
    assert naming.compare(naming.read(one), naming.read(other)) is likeness
    assert naming.compare(naming.read(other), naming.read(one)) is likeness
