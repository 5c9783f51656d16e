"""How the counting of usage could be wrong: one broken rule each, of a trigger, a function, or what dbt runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.analytics.usage import Built


def changed(built: Built, old: str, new: str) -> Built:
    """Break the statements that dbt runs."""
    assert any(old in each for each in built.roll_up + built.refresh)
    return replace(
        built,
        roll_up=tuple(each.replace(old, new) for each in built.roll_up),
        refresh=tuple(each.replace(old, new) for each in built.refresh),
    )


def without_trigger(name: str) -> Callable[[Built], Built]:
    return lambda built: replace(
        built, damage=f"ALTER TABLE mep_template_usage DISABLE TRIGGER mep_template_usage_queue_{name}"
    )


def in_function(name: str, old: str, new: str) -> Callable[[Built], Built]:
    """Break a function of the database; whether `old` stands in it, is asserted there."""
    damage = f"""
        DO $damage$
        DECLARE definition TEXT := pg_get_functiondef('public.{name}'::regproc);
        BEGIN
            ASSERT position($x${old}$x$ IN definition) > 0;
            EXECUTE replace(definition, $x${old}$x$, $x${new}$x$);
        END $damage$
    """
    return lambda built: replace(built, damage=damage)


def forgetting(built: Built) -> Built:
    """Remove the pairs of which no event is left."""
    forget = "DELETE FROM template_usage_rollup WHERE events = 0"
    return replace(built, roll_up=(*built.roll_up, forget), refresh=(*built.refresh, forget))


def undrained(built: Built) -> Built:
    """Leave the queue as it is."""
    return changed(built, 'DELETE FROM "public"."template_usage_changes"', "SELECT FROM template_usage_changes")


def drained_apart(built: Built) -> Built:
    """Empty the queue in a statement of its own."""
    return replace(built, roll_up=(*undrained(built).roll_up, "DELETE FROM template_usage_changes"))


BROKEN: dict[str, Callable[[Built], Built]] = {
    "added events are not queued": without_trigger("added"),
    "altered events are not queued": without_trigger("altered"),
    "removed events are not queued": without_trigger("removed"),
    "removed events are not looked after": in_function("queue_template_usage", "c_sign < 0", "false"),
    "an event set earlier counts as added": in_function(
        "queue_altered_template_usage", "bool_and(e.sign < 0)", "false"
    ),
    "a time alone is no change": in_function(
        "queue_altered_template_usage", "OR sum(e.sign * e.time_spent_seconds) <> 0", ""
    ),
    "a date alone is no change": in_function(
        "queue_altered_template_usage",
        "OR max(e.timestamp) FILTER (WHERE e.sign < 0) <> max(e.timestamp) FILTER (WHERE e.sign > 0)",
        "",
    ),
    "the last use is kept for ever": lambda built: changed(
        built, "WHEN changes.is_recounted THEN changes.last_used_at", "WHEN false THEN NULL"
    ),
    "the function keeps the last use": in_function("get_contractor_template_stats", "bool_or(u.recount)", "false"),
    "a pair that is not rolled up is not new": in_function(
        "mark_new_template_usage", "NEW.is_new := NOT EXISTS", "NEW.is_new := false AND NOT EXISTS"
    ),
    "the queue is emptied apart": drained_apart,
    "the queue outlives a full refresh": lambda built: replace(built, refresh=undrained(built).refresh),
}
