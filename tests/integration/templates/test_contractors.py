"""Presets: whose templates follow which trades and phases, and whose are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.contractors import store as contractors
from assets.contractors.presets import UnknownPreset
from assets.trades import PHASES, TRADES

if TYPE_CHECKING:
    from tests.integration.templates.conftest import Office

OFFICE = ("acme", "Acme", "office@acme.example")


def enabled(office: Office) -> list[str]:
    return office.one("SELECT templates_enabled FROM mep_contractor_configs WHERE slug = 'acme'")


def names(office: Office, where: str) -> list[str]:
    return office.one(
        f"SELECT coalesce(array_agg(name ORDER BY name), '{{}}') FROM templates WHERE is_active AND {where}"
    )


def test_trades_and_phases_are_those_of_the_database(office: Office) -> None:
    values = "SELECT enum_range(NULL::{})::text[]"
    assert office.one(values.format("trade_type")) == list(TRADES)
    assert office.one(values.format("phase_type")) == list(PHASES)


def test_a_preset_decides_about_trades_markets_phases_and_templates(office: Office) -> None:
    office.samples()
    office.sync()
    assert contractors.add(office.conn, *OFFICE, [], "plumbing_service")
    assert office.one("SELECT trades, markets, phases, preset_used FROM mep_contractor_configs") == (
        ["plumbing"], ["residential", "commercial"], ["sales", "install", "service"], "plumbing_service",
    )  # fmt: skip
    assert enabled(office) == names(office, "trade = 'plumbing'")
    assert not contractors.add(office.conn, *OFFICE, [], "plumbing_service")


def test_trades_that_are_given_count_instead(office: Office) -> None:
    office.samples()
    office.sync()
    contractors.add(office.conn, *OFFICE, ["hvac", "solar"], "hvac_residential")
    wanted = names(office, "trade IN ('hvac', 'solar') AND phase IN ('sales', 'design', 'install', 'service', 'om')")
    assert enabled(office) == wanted
    assert "solar_lead" in wanted
    assert "solar_commissioning" not in wanted


def test_another_preset_replaces_the_first(office: Office) -> None:
    office.samples()
    office.sync()
    contractors.add(office.conn, *OFFICE, [], "plumbing_service")
    assert contractors.add(office.conn, *OFFICE, [], "solar_residential")
    assert enabled(office) == names(office, "trade = 'solar'")


def test_a_sync_enables_what_is_new_and_takes_out_what_is_retired(office: Office) -> None:
    contractors.add(office.conn, *OFFICE, [], "plumbing_service")
    assert enabled(office) == []
    gone = office.put("leak")
    office.put("other", trade="solar")
    office.sync()
    assert contractors.enable_templates(office.conn) == 1
    assert enabled(office) == ["leak"]
    gone.unlink()
    office.put("drain")
    office.sync()
    assert contractors.enable_templates(office.conn) == 1
    assert enabled(office) == ["drain"]
    assert contractors.enable_templates(office.conn) == 0


@pytest.mark.parametrize("preset", [None, "a preset of the front end"])
def test_what_was_chosen_by_hand_is_left_alone(office: Office, preset: str | None) -> None:
    office.put("leak")
    office.sync()
    contractors.add(office.conn, *OFFICE, ["plumbing"])
    office.conn.execute("UPDATE mep_contractor_configs SET templates_enabled = '{mine}', preset_used = %s", [preset])
    assert contractors.enable_templates(office.conn) == 0
    assert enabled(office) == ["mine"]


def test_phases_that_a_contractor_chose_narrow_its_preset(office: Office) -> None:
    office.samples()
    office.sync()
    contractors.add(office.conn, *OFFICE, [], "hvac_residential")
    office.conn.execute("UPDATE mep_contractor_configs SET phases = '{sales}'")
    contractors.enable_templates(office.conn)
    assert enabled(office) == names(office, "trade = 'hvac' AND phase = 'sales'")
    office.conn.execute("UPDATE mep_contractor_configs SET phases = '{}', trades = '{}'")
    contractors.enable_templates(office.conn)
    assert enabled(office) == names(
        office, "trade = 'hvac' AND phase IN ('sales', 'design', 'install', 'service', 'om')"
    )


def test_an_unknown_preset_registers_nobody(office: Office) -> None:
    with pytest.raises(UnknownPreset, match="choose one of hvac_residential"):
        contractors.add(office.conn, *OFFICE, [], "hvac")
    assert contractors.every(office.conn) == []


def test_the_guides_contractor_gets_the_templates_of_its_trades(office: Office) -> None:
    office.samples()
    office.sync()
    office.conn.execute(
        """
        INSERT INTO mep_contractor_configs (
            contractor_name, contractor_email, trades, markets, phases, preset_used, slug
        ) VALUES (
            'ABC', 'john@abcheating.com', '{hvac,plumbing}', '{residential}', '{sales,install,service}',
            'hvac_residential', 'acme'
        )
        """
    )
    contractors.enable_templates(office.conn)
    wanted = names(office, "trade IN ('hvac', 'plumbing') AND phase IN ('sales', 'install', 'service')")
    assert enabled(office) == wanted
