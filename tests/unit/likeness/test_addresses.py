"""Addresses, as two offices write them."""

from __future__ import annotations

import pytest

from assets.likeness import addresses
from assets.likeness.addresses import Address, AddressLikeness

SAME, ALIKE, UNIT, OTHER = AddressLikeness
HOME = "12 North Main Street, Phoenix, AZ 85051"


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        (HOME, "12 N. MAIN ST, Phoenix, AZ 85051-1234, USA", SAME),
        (HOME, "12 North Main Street, Unit 4, Phoenix, AZ 85051", SAME),
        (HOME, "12 North Main Street # 4, Phoenix, AZ 85051", SAME),
        ("7 Sixth Ave, Fort Worth, TX 76101", "7 6th Avenue, Ft. Worth, TX 76101", SAME),
        ("Homer Spit Road, Homer, AK 99603", "Homer Spit Rd, Homer, AK 99603", SAME),
        (HOME, "12 Main Street, Phoenix, AZ 85051", ALIKE),
        (HOME, "12 North Main, Phoenix, AZ 85051", ALIKE),
        (HOME, "12 North Mian Street, Phoenix, AZ 85051", ALIKE),
        (HOME, "12 North Main Street, Phoenix, AZ", ALIKE),
        (HOME, "12 North Main Street, Phoenix AZ 85051", SAME),
        (HOME, "12 North Main Street, Phoenix, AZ 85057", ALIKE),
        ("12 Mian Street, Phoenix, AZ", "12 Main Street, Phoenix, AZ", ALIKE),
        ("12 Elm St Apt 3, Mesa, AZ 85203", "12 Elm St Apt 4, Mesa, AZ 85203", UNIT),
        (HOME, "14 North Main Street, Phoenix, AZ 85051", OTHER),
        (HOME, "12 South Main Street, Phoenix, AZ 85051", OTHER),
        (HOME, "12 North Main Avenue, Phoenix, AZ 85051", OTHER),
        (HOME, "12 North Main Street, Denver, CO 80202", OTHER),
        (HOME, "12 North Main Street", OTHER),
        ("7 6th Avenue, Mesa, AZ 85203", "7 7th Avenue, Mesa, AZ 85203", OTHER),
        ("Homer Spit Road, Homer, AK 99603", "Homer Spot Road, Homer, AK 99603", OTHER),
        ("", "", OTHER),
    ],
)
def test_addresses_compare_whichever_way_round(one: str, other: str, likeness: AddressLikeness) -> None:
    first, second = (addresses.read({"fullAddress": each}) for each in (one, other))
    assert addresses.compare(first, second) is likeness
    assert addresses.compare(second, first) is likeness


def test_the_fields_of_a_site_come_before_its_whole_address() -> None:
    site = {"fullAddress": "HQ", "street": "1 St Charles Ave", "city": "Saint Louis", "zipcode": "63101-2222"}
    assert addresses.read(site) == Address("1", "", "st charles", "ave", "", "stlouis", "63101")


@pytest.mark.parametrize("text", ["12", "#", ",,,", "North", "Avenue", "St, St, St", "١٢ شارع", "\u202e12 Main\x00"])
def test_any_text_is_read(text: str) -> None:
    read = addresses.read({"fullAddress": text, "city": None})
    assert addresses.compare(read, read) in AddressLikeness
