"""The measures of possible duplicates: precision and recall on customers of whom it is known who is one, and speed.

Whatever is offered and is no pair of one customer counts against precision, whoever the two are.
"""

from __future__ import annotations

import csv
import math
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from assets.contractors import store as contractors
from assets.csv_imports import importing, registering
from assets.csv_imports import store as imports
from assets.csv_imports.local_inbox import LocalInbox
from assets.database import Database
from assets.likeness import customers as likeness
from assets.likeness.searching import Comparison
from benchmarks import resemblances
from benchmarks.measures import Bench, Row

if TYPE_CHECKING:
    from pathlib import Path

    from assets.likeness.customers import Likeness
    from assets.likeness.searching import Compared
    from benchmarks.customers import Person
    from benchmarks.resemblances import Pair, Population

SEEDS = (11, 12, 13, 14, 15)
"""The threshold and the weights were chosen on seeds 1 and 2."""
CUSTOMERS = 12_000
SIZES = (25_000, 100_000)
ADDRESS = {"Address": "street", "City": "city", "State": "state", "Zip": "zipcode"}


@dataclass(frozen=True)
class Score:
    """How good what is offered is.

    Attributes:
        precision: The share of what is offered that is one customer.
        recall: The share of all pairs of one customer that is offered.
        found: Of each kind of pair, how many were offered, and of how many; of strangers there is no such number.
    """

    precision: float
    recall: float
    found: dict[str, tuple[int, int]]


def offered(population: Population) -> dict[Pair, Likeness]:
    """Return the pairs that a contractor with these customers is offered."""
    people = [likeness.read(person.contact, person.sites) for person in population.people]
    members: dict[str, list[int]] = defaultdict(list)
    for number, person in enumerate(people):
        for block in likeness.blocks(person):
            members[block].append(number)
    pairs = {
        pair for block in members.values() if len(block) <= likeness.LARGEST_BLOCK for pair in combinations(block, 2)
    }
    compared = {(one, other): likeness.compare(people[one], people[other]) for one, other in pairs}
    return {pair: found for pair, found in compared.items() if found is not None}


def score(population: Population) -> Score:
    """Hold what is offered against what is known."""
    pairs = offered(population).keys()
    right = pairs & population.same.keys()
    kinds = population.same | population.alike
    found = Counter(kinds.get(pair, "strangers") for pair in pairs)
    of = Counter(kinds.values())
    return Score(
        len(right) / len(pairs),
        len(right) / len(population.same),
        {kind: (found[kind], of[kind]) for kind in (*resemblances.SAME, *resemblances.ALIKE, "strangers")},
    )


def quality(bench: Bench) -> list[Row]:
    """Measure how good what is offered is."""
    scores = [score(resemblances.populate(seed, CUSTOMERS)) for seed in SEEDS]
    rows = [
        Row(f"possible duplicates: {what}, {len(SEEDS)} seeds of {CUSTOMERS:,} customers", goal, _range(of))
        for what, goal, of in (
            ("what is offered and is one customer (precision)", "≥ 0.90", [one.precision for one in scores]),
            ("what is one customer and is offered (recall)", "≥ 0.90", [one.recall for one in scores]),
        )
    ]
    for kind in scores[0].found:
        found, of = (sum(one.found[kind][place] for one in scores) for place in (0, 1))
        bench.say(f"{kind}: {found} of {of}")
        goal = "all" if kind in resemblances.SAME else "none"
        rows.append(Row(f"offered: {kind}", goal, f"{found} of {of}" if of else f"{found}"))
    return rows


def speed(bench: Bench) -> list[Row]:
    """Measure how the time goes with the number of customers, half of whom come when the other half is there."""
    shown: list[str] = []
    for size in SIZES:
        population = resemblances.populate(size, 2 * size)
        with bench.server.database() as url, Database(url).connect() as conn:
            contractors.add(conn, "bench", "bench", "bench@example.com", ["hvac"])
            contractor = contractors.get(conn, "bench").id
            took: list[Compared] = []
            seconds = 0.0
            for half in (0, 1):
                path = _file(bench.folder / f"customers-{size}-{half}.csv", population.people[half::2])
                registering.register_files(conn, contractor, LocalInbox(path.parent), [path], "bench", retry=False)
                for found in imports.unfinished(conn, contractor):
                    importing.read_import(conn, contractor, LocalInbox(path.parent), found, lambda _: None)
                conn.execute("ANALYZE")
                began = time.perf_counter()
                took.append(Comparison(conn, contractor, seconds=math.inf).run())
                seconds = time.perf_counter() - began
        shown.append(
            f"{size:,}: {seconds:.1f} s, {seconds / size * 1e6:.0f} µs each, {took[-1].pairs:,} pairs compared, "
            f"{took[-1].offered:,} offered"
        )
        bench.say(shown[-1])
    what = "customers that come, compared with as many that are there, and with each other"
    return [Row(what, "linear", "; ".join(shown))]


MEASURES = {"duplicates": lambda bench: [*quality(bench), *speed(bench)]}


def _range(values: list[float]) -> str:
    return f"{min(values):.3f}-{max(values):.3f}"


def _file(path: Path, people: list[Person]) -> Path:
    """Write customers as an office exports them, each with its first address."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Customer Name", "Email", "Phone", *(f"Service {part}" for part in ADDRESS)))
        for person in people:
            site = person.sites[0] if person.sites else {}
            told = (person.name, *person.emails[:1], person.phones[0] if person.phones else "")
            writer.writerow((*told, *(site.get(field, "") for field in ADDRESS.values())))
    return path
