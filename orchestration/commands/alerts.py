"""`mep alerts`: what somebody has to hear of, and whether it was told. Thin: calls, prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from assets.text import minute
from orchestration.console import json_option, migrated_database, print_json

if TYPE_CHECKING:
    from assets.alerts.causes import Kept

MOST = 100


@click.command()
@click.option("--all", "closed", is_flag=True, help="Also those that are over.")
@click.option("--most", type=click.IntRange(min=1), default=MOST, help="How many to list.")
@json_option
def alerts(most: int, *, closed: bool, as_json: bool) -> None:
    """List the alerts that are open, the latest first, and whether they were posted to MEP_ALERT_WEBHOOK.

    What lasts is open until it is over, what happened once for a week (docs/alerts.md).

    Settings: DATABASE_URL, MEP_ALERT_WEBHOOK.

    \b
    mep alerts
    mep alerts --all --most 20
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from assets.alerts import store
    from assets.alerts.causes import ADVICE, Cause
    from assets.counting import counted

    with migrated_database() as conn:
        found = store.every(conn, closed=closed, most=most)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        advice, rows = ADVICE[Cause(one.cause)], f" ({counted(one.records, 'row')})" if one.records else ""
        click.echo(f"{minute(one.first_seen_at)}  {advice.title}{f', {one.slug}' if one.slug else ''}: {_state(one)}")
        click.echo(f"    {one.said}{rows}")
        click.echo(f"    {advice.to_do}")
    if not found:
        click.echo("There is no alert." if closed else "No alert is open.")


def _state(one: Kept) -> str:
    told = f"told {minute(one.sent_at)}" if one.sent_at else f"not told, tried {one.attempts:,} times"
    return f"{told}, over since {minute(one.closed_at)}" if one.closed_at else told
