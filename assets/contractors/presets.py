"""Presets: kinds of contractors as data (`presets.yaml`), with the templates that each is given.

What belongs here: what a preset says. What does not: whose templates follow it (`store`).
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

from pydantic import TypeAdapter

from assets.errors import PipelineError
from assets.trades import TRADES, Phase, Trade
from assets.yaml_shape import Shape, Text
from assets.yaml_text import parse


class UnknownPreset(PipelineError):
    """Name the presets that there are."""


class Preset(Shape):
    """A kind of contractor.

    Attributes:
        description: Who that is.
        markets: Which it serves.
        templates: The phases of the templates that it is given, by trade.
    """

    description: Text
    markets: list[Literal["residential", "commercial", "industrial"]]
    templates: dict[Trade, list[Phase]]

    @property
    def phases(self) -> list[Phase]:
        """The phases of all its trades."""
        return list(dict.fromkeys(phase for phases in self.templates.values() for phase in phases))


@cache
def every() -> dict[str, Preset]:
    """Return the presets by name."""
    text = resources.files("assets.contractors").joinpath("presets.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Preset]).validate_python(parse(text)[1])


def named(name: str) -> Preset:
    """Return the preset of that name.

    Raises:
        UnknownPreset: When there is none.
    """
    found = every().get(name)
    if found is None:
        raise UnknownPreset(f'There is no preset "{name[:80]}": choose one of {", ".join(every())}.')
    return found


def offers() -> list[dict[str, object]]:
    """Return what each preset offers for each trade there is, as rows."""
    return [
        {
            "preset": name,
            "trade": trade,
            "phases": preset.templates.get(trade, preset.phases),
            "is_own": trade in preset.templates,
        }
        for name, preset in every().items()
        for trade in TRADES
    ]
