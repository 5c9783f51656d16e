"""Pairs of customers of whom it is known whether they are one: what makes one look like two, and two like one.

What belongs here: the kinds of pairs, and a population that has them all. What does not: making a customer
(`customers`), and measuring (`duplicates`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.customers import DIRECTIONS, FIRST_NAMES, Maker, Person, abbreviated, rewritten

if TYPE_CHECKING:
    from collections.abc import Callable

Pair = tuple[int, int]

_NICKNAMES = {
    "Robert": "Bob", "William": "Bill", "James": "Jim", "Richard": "Dick", "Margaret": "Peggy", "Elizabeth": "Betty",
    "Michael": "Mike", "Edward": "Ted", "Joseph": "Joe", "Daniel": "Dan", "Christopher": "Chris", "Matthew": "Matt",
    "Jennifer": "Jen", "Patricia": "Pat", "Thomas": "Tom", "Steven": "Steve", "Timothy": "Tim", "Jeffrey": "Jeff",
    "Deborah": "Deb", "Katherine": "Kate",
}  # fmt: skip
_LIKE_NAMED = (
    ("John", "Joan"), ("Eric", "Erica"), ("Daniel", "Danielle"), ("Robert", "Roberta"), ("Andrew", "Andrea"),
    ("Carol", "Carolyn"), ("Jean", "Joan"), ("Paul", "Paula"), ("Mary", "Mark"), ("Christian", "Christina"),
)  # fmt: skip


@dataclass
class Population:
    """Customers, and which of them belong together.

    Attributes:
        people: All of them.
        same: Pairs that are one customer, by what makes them look like two.
        alike: Pairs that are not, by what makes them look like one.
    """

    people: list[Person] = field(default_factory=list["Person"])
    same: dict[Pair, str] = field(default_factory=dict[Pair, str])
    alike: dict[Pair, str] = field(default_factory=dict[Pair, str])


def populate(seed: int, customers: int) -> Population:
    """Make so many customers, of whom one in ten comes again and one in fifteen has somebody only like him."""
    made = Population()
    maker = Maker(random.Random(seed))
    kinds = [*SAME, *ALIKE]
    for number in range(customers * 5 // 6):
        person = maker.person() if maker.rng.random() < 0.7 else maker.company()
        made.people.append(person)
        if number % 5 == 0:
            kind = kinds[number // 5 % len(kinds)]
            pairs, make = (made.same, SAME[kind]) if kind in SAME else (made.alike, ALIKE[kind])
            first, second = make(maker, person)
            made.people[-1] = first
            made.people.append(second)
            pairs[len(made.people) - 2, len(made.people) - 1] = kind
    return made


def _moved_email(make: Maker, one: Person) -> tuple[Person, Person]:
    return one, make.again(one)


def _surname(make: Maker, one: Person) -> tuple[Person, Person]:
    *before, last = one.name.split()
    return one, make.again(one, name=" ".join([*before, make.slip(last)]))


def _first_name(make: Maker, one: Person) -> tuple[Person, Person]:
    first, *after = one.name.split()
    return one, make.again(one, name=" ".join([make.slip(first), *after]))


def _street_slip(make: Maker, one: Person) -> tuple[Person, Person]:
    number, *words = one.sites[0]["street"].split()
    place = next(place for place, word in enumerate(words) if word not in DIRECTIONS)
    words[place] = make.slip(words[place])
    return one, make.again(one, sites=[rewritten(one.sites[0], street=" ".join([number, *words]))])


def _abbreviated(make: Maker, one: Person) -> tuple[Person, Person]:
    return one, make.again(one, sites=[rewritten(one.sites[0], street=abbreviated(one.sites[0]["street"]))])


def _unit_missing(make: Maker, one: Person) -> tuple[Person, Person]:
    street = one.sites[0]["street"].split(",")[0]
    one.sites = [rewritten(one.sites[0], street=f"{street}, Suite {make.rng.randrange(100, 400)}")]
    return one, make.again(one, sites=[rewritten(one.sites[0], street=street)])


def _zip_missing(make: Maker, one: Person) -> tuple[Person, Person]:
    return one, make.again(one, sites=[rewritten(one.sites[0], zipcode="")])


def _swapped(make: Maker, one: Person) -> tuple[Person, Person]:
    one = make.person()
    first, last = one.name.split()
    return one, make.again(one, name=f"{last}, {first}")


def _initial(make: Maker, one: Person) -> tuple[Person, Person]:
    one = make.person()
    first, last = one.name.split()
    return one, make.again(one, name=f"{first[0]}. {last}")


def _nickname(make: Maker, one: Person) -> tuple[Person, Person]:
    one = make.person()
    first, last = make.rng.choice([*_NICKNAMES]), one.name.split()[-1]
    one.name = f"{first} {last}"
    return one, make.again(one, name=f"{_NICKNAMES[first]} {last}")


def _household(make: Maker, one: Person) -> tuple[Person, Person]:
    one = make.person()
    first, last = one.name.split()
    return one, make.again(one, name=f"{first} & {make.rng.choice(FIRST_NAMES)} {last}")


def _company_form(make: Maker, one: Person) -> tuple[Person, Person]:
    one = make.company()
    return one, make.again(one, name=one.name.rsplit(" ", 1)[0])


def _moved_house(make: Maker, one: Person) -> tuple[Person, Person]:
    return one, make.again(one, phones=one.phones, sites=[make.site()])


def _no_address(make: Maker, one: Person) -> tuple[Person, Person]:
    return one, make.again(one, phones=one.phones, sites=[])


def _two_slips(make: Maker, one: Person) -> tuple[Person, Person]:
    one, other = _surname(make, one)
    site = rewritten(_street_slip(make, one)[1].sites[0], zipcode=make.rng.choice([one.sites[0]["zipcode"], ""]))
    other.sites = [rewritten(site, street=abbreviated(site["street"]))]
    return one, other


def _family(make: Maker, one: Person) -> tuple[Person, Person]:
    one = make.person()
    first, last = one.name.split()
    other = make.person(last)
    while other.name.split()[0] == first:
        other = make.person(last)
    other.sites, other.phones = one.sites, make.rng.choice([one.phones, other.phones])
    return one, other


def _like_named(make: Maker, one: Person) -> tuple[Person, Person]:
    one, other = _family(make, make.person())
    first, second = make.rng.choice(_LIKE_NAMED)
    one.name, other.name = (f"{name} {one.name.split()[-1]}" for name in (first, second))
    return one, other


def _father_and_son(make: Maker, one: Person) -> tuple[Person, Person]:
    one = make.person()
    return one, make.again(one, name=f"{one.name} {make.rng.choice(('Jr', 'III'))}")


def _namesake(make: Maker, one: Person) -> tuple[Person, Person]:
    one = make.person()
    return one, make.again(one, phones=[make.phone()], sites=[make.site()])


def _neighbour(make: Maker, one: Person) -> tuple[Person, Person]:
    other = make.person(one.name.split()[-1] if make.rng.random() < 0.5 else None)
    number, street = one.sites[0]["street"].split(" ", 1)
    other.sites = [rewritten(one.sites[0], street=f"{int(number) + 2} {street}")]
    return one, other


def _same_building(make: Maker, one: Person) -> tuple[Person, Person]:
    street = one.sites[0]["street"].split(",")[0]
    other = make.person()
    one.sites = [rewritten(one.sites[0], street=f"{street}, Apt 3")]
    other.sites = [rewritten(one.sites[0], street=f"{street}, Apt 14")]
    return one, other


def _chain(make: Maker, one: Person) -> tuple[Person, Person]:
    one = make.company()
    domain = one.emails[0].partition("@")[2]
    one.emails = [f"store{make.rng.randrange(100, 500)}@{domain}"]
    phones = one.phones if make.rng.random() < 0.3 else [make.phone()]
    return one, Person(one.name, [f"store{make.rng.randrange(500, 900)}@{domain}"], phones, [make.site()])


def _numbered(make: Maker, one: Person) -> tuple[Person, Person]:
    one = make.company()
    one.name = f"{one.name} #{make.rng.randrange(10, 50)}"
    near = [rewritten(one.sites[0], street=one.sites[0]["street"].split(",")[0])]
    return one, make.again(one, name=f"{one.name.partition('#')[0]}#{make.rng.randrange(50, 99)}", sites=near)


def _landlord(make: Maker, one: Person) -> tuple[Person, Person]:
    landlord = make.company()
    landlord.sites = [one.sites[0], *(make.site() for _ in range(30))]
    return one, landlord


def _next_owner(make: Maker, one: Person) -> tuple[Person, Person]:
    other = make.person()
    other.sites = one.sites
    return one, other


SAME: dict[str, Callable[[Maker, Person], tuple[Person, Person]]] = {
    "another e-mail": _moved_email, "a slip in the last word of the name": _surname,
    "a slip in the first word of the name": _first_name, "a slip in the street": _street_slip,
    "St for Street, N for North": _abbreviated, "the unit missing": _unit_missing, "the zip code missing": _zip_missing,
    "last name first": _swapped, "an initial": _initial, "a nickname": _nickname, "a couple's name": _household,
    "LLC left out": _company_form, "moved house, same phone": _moved_house, "no address, same phone": _no_address,
    "slips in name and street, abbreviated": _two_slips,
}  # fmt: skip
ALIKE: dict[str, Callable[[Maker, Person], tuple[Person, Person]]] = {
    "family at one address": _family, "family with like first names": _like_named,
    "father and son": _father_and_son, "the same name elsewhere": _namesake, "neighbours": _neighbour,
    "two in one building": _same_building, "stores of a chain": _chain, "numbered stores": _numbered,
    "landlord and tenant": _landlord, "the next owner": _next_owner,
}  # fmt: skip
