"""What makes two customers one, how good that is on customers of whom it is known, and where they are looked for."""

from __future__ import annotations

import pytest

from assets.likeness import customers
from assets.likeness.customers import Likeness
from benchmarks import duplicates
from benchmarks.resemblances import populate

HOME = {"fullAddress": "12 Main St, Phoenix, AZ 85051"}
AWAY = {"fullAddress": "7 Elm St, Denver, CO 80202"}
PHONE, OTHER_PHONE = "+16025550101", "+16025550102"


def customer(
    name: str = "Ada Lovelace", email: str = "", phone: str = "", *sites: dict[str, str]
) -> customers.Customer:
    contact = {"name": name, "emails": [email] if email else [], "phones": [phone] if phone else []}
    return customers.read(contact, sites)


@pytest.mark.parametrize(
    ("other", "likeness"),
    [
        (
            customer("Lovelace, Ada", "b@example.org", "", HOME),
            Likeness(90, ("same name", "same address", "other e-mail")),
        ),
        (
            customer("A. Lovelace", "Ada@example.org", OTHER_PHONE, HOME, AWAY),
            Likeness(90, ("name alike", "same address", "other phone", "e-mail alike, elsewhere")),
        ),
        (customer("Ada Lovelace", "", PHONE, AWAY), Likeness(65, ("same name", "other address", "same phone"))),
        (
            customer("Ada Lovelace", "ada@EXAMPLE.com", PHONE, HOME),
            Likeness(100, ("same name", "same address", "same phone", "same e-mail")),
        ),
        (customer("Ada Lovelace", "b@example.org", OTHER_PHONE, AWAY), None),
        (customer("Ada Lovelace", "b@example.org", OTHER_PHONE), None),
        (customer("Byron Lovelace", "ada@example.com", PHONE, HOME), None),
    ],
)
def test_a_likeness_has_its_reasons_whichever_way_round(other: customers.Customer, likeness: Likeness | None) -> None:
    ada = customer("Ada Lovelace", "ada@example.com", PHONE, HOME)
    assert customers.compare(ada, other) == likeness
    assert customers.compare(other, ada) == likeness


def test_a_mailbox_that_anybody_has_makes_nobody_alike() -> None:
    one, other = (customer("Acme", f"info@{name}.com", "", HOME) for name in ("acme", "acme-hvac"))
    assert customers.compare(one, other) == Likeness(90, ("same name", "same address", "other e-mail"))


def test_of_a_landlord_some_addresses_are_looked_at() -> None:
    sites = [{"fullAddress": f"{number} Main St, Phoenix, AZ 85051"} for number in range(1, 500)]
    landlord = customers.read({"name": "Oak Homes"}, sites)
    assert len(landlord.addresses) == customers.MOST_ADDRESSES
    assert len(customers.blocks(landlord)) == 2 * customers.MOST_ADDRESSES


def test_what_is_offered_is_good_enough_on_customers_of_whom_it_is_known() -> None:
    """docs/duplicates.md has the numbers of other seeds, and larger ones; the floors are a little below those."""
    found = duplicates.score(populate(seed=3, customers=6_000))
    assert found.precision >= 0.92
    assert found.recall >= 0.91
    perfect = {"another e-mail", "St for Street, N for North", "last name first", "LLC left out", "the unit missing"}
    assert all(found.found[kind][0] == found.found[kind][1] > 0 for kind in perfect)
    assert found.found["family at one address"][0] == 0
    assert found.found["strangers"][0] == 0


def test_blocks_lead_to_nearly_all_that_is_alike() -> None:
    population = populate(seed=3, customers=6_000)
    people = [customers.read(person.contact, person.sites) for person in population.people]
    alike = {(one, other) for one, other in population.same if customers.compare(people[one], people[other])}
    missed = alike - duplicates.offered(population).keys()
    assert len(missed) <= 0.01 * len(alike)
