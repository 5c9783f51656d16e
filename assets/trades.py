"""The trades of contractors and the phases of their jobs, as the database's `trade_type` and `phase_type` have them."""

from __future__ import annotations

from typing import Literal, get_args

Trade = Literal[
    "hvac", "plumbing", "electrical", "solar", "fire_protection", "controls", "tud_market", "low_voltage", "roofing",
    "general_contractor",
]  # fmt: skip
Phase = Literal["sales", "design", "permit", "install", "commissioning", "om", "service"]

TRADES: tuple[Trade, ...] = get_args(Trade)
PHASES: tuple[Phase, ...] = get_args(Phase)
