"""Files to import: contacts, six columns, one row in 25 with a mistake."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FIRST = ("Ann", "Bob", "Cid", "Dora", "Eve", "Finn", "Gus", "Hana", "Ivo", "Jane")
LAST = ("Smith", "Jones", "O'Neil", "García", "Lee", "Brown", "Miller", "Davis")
BAD_EVERY = 25


def contacts(folder: Path, rows: int, seed: int = 1, *, bad: bool = True) -> Path:
    """Write a file of contacts, unless it is there; the same arguments give the same bytes."""
    path = folder / f"contacts-{rows}-{seed}{'' if bad else '-good'}.csv"
    if not path.exists():
        draft = path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.write("name,email,phone,title,source,notes\n")
            chance = random.Random(seed)
            file.writelines(_contact(number, seed, chance, bad=bad) for number in range(rows))
        draft.rename(path)
    return path


def _contact(number: int, seed: int, chance: random.Random, *, bad: bool) -> str:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    name, at = f"{first} {last} {number}", "@"
    if bad and number % (2 * BAD_EVERY) == 7:
        at = "@@"
    elif bad and number % BAD_EVERY == 7:
        name = ""
    email = f"{first.lower()}.{seed}.{number}{at}example{number % 97}.com"
    phone = f"({chance.randint(212, 219)}) {chance.randint(220, 899)}-{chance.randint(0, 9999):04d}"
    return f'{name},{email},{phone},Owner,"Web, referral",Call before {chance.randint(1, 12)} pm\n'
