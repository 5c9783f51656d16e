"""When views are rebuilt without being asked: a while after there is new data.

What belongs here: that condition, and the sensor that looks at it. What does not: the nightly rebuilding (`schedules`),
and what rebuilding is (`assets.analytics`).
"""

from __future__ import annotations

import dagster as dg

EVERY_QUARTER_HOUR = "*/15 * * * *"
LOOK_SECONDS = 60

AFTER_NEW_DATA = (
    # However many contractors' runs bring data, dbt starts once for all of them.
    dg.AutomationCondition.any_deps_updated().since_last_handled()
    & dg.AutomationCondition.cron_tick_passed(EVERY_QUARTER_HOUR)
    & ~dg.AutomationCondition.in_progress()
).with_label("a quarter of an hour with new data is over")


def rebuilt_after_new_data(analytics: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """Give the views the condition under which they are rebuilt; their tests are run with them."""
    return analytics.map_asset_specs(lambda spec: spec.replace_attributes(automation_condition=AFTER_NEW_DATA))


def rebuilder(analytics: dg.AssetsDefinition) -> dg.AutomationConditionSensorDefinition:
    """Make the sensor that rebuilds views whose condition holds."""
    return dg.AutomationConditionSensorDefinition(
        "rebuild_after_new_data",
        target=dg.AssetSelection.assets(analytics),
        minimum_interval_seconds=LOOK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Rebuild the views and test the data with dbt, at most once in a quarter of an hour.",
    )
