"""Presets: what there are, and that they are made of trades and phases that the database knows."""

from __future__ import annotations

import pytest

from assets.contractors import presets
from assets.contractors.presets import UnknownPreset
from assets.trades import PHASES, TRADES


def test_the_presets_of_the_guide_are_there() -> None:
    assert {"hvac_residential", "full_mep", "hvac_commercial", "plumbing_service"} <= presets.every().keys()


def test_a_preset_has_the_phases_of_all_its_trades_in_order() -> None:
    preset = presets.named("plumbing_service")
    assert (list(preset.templates), preset.phases) == (["plumbing"], ["sales", "install", "service"])


def test_every_preset_offers_something_for_every_trade() -> None:
    offers = presets.offers()
    assert {(offer["preset"], offer["trade"]) for offer in offers} == {
        (name, trade) for name in presets.every() for trade in TRADES
    }
    for offer in offers:
        assert isinstance(offer["phases"], list)
        assert set(offer["phases"]) <= set(PHASES)
        assert offer["phases"]


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownPreset) as caught:
        presets.named("hvac_residental")
    assert str(caught.value).startswith('There is no preset "hvac_residental": choose one of hvac_residential, ')
