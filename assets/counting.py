"""How many there are of something, in a sentence.

What belongs here: singular and plural. What does not: what is counted, and the rest of the sentence.
"""

from __future__ import annotations


def counted(number: int, one: str, several: str = "") -> str:
    """Say how many there are: `1 record waits`, `4,812 records wait`.

    Args:
        number: How many.
        one: What is said of one.
        several: What is said of none or several; as of one with an s behind it, where it is not given.
    """
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
