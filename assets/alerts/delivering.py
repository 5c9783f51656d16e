"""Delivering alerts: what is due goes to the webhook, a message for each cause.

What belongs here: the order of things. What does not: SQL (`store`), the form of a message (`messages`), HTTP
(`webhook`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from assets.alerts import store
from assets.alerts.messages import SHOWN, Told, message
from assets.outbox import paths

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from psycopg import Connection

    from assets.alerts.causes import Kept
    from assets.alerts.webhook import Refused, Webhook

AT_ONCE = 500
"""Alerts of one cause that one message is about."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the links of a message lead.

    Attributes:
        ui: Address of Dagster's UI.
        outbox: The folder of what is handed back.
        run_of: Names the last run of a contractor, for alerts that were found outside a run; None where there is none.
    """

    ui: str
    outbox: Path
    run_of: Callable[[str], str | None]

    def told(self, alert: Kept) -> Told:
        """Return an alert with its links; that to the fix file only where there is one."""
        run = alert.run_id or (self.run_of(alert.slug) if alert.slug else None)
        fix_file = None
        if alert.kind == "import" and alert.slug:
            fix_file = paths.folder(self.outbox, alert.slug, UUID(alert.subject)) / paths.FIX_FILE
        return Told(
            alert,
            f"{self.ui}/runs/{run}" if run else None,
            str(fix_file) if fix_file and fix_file.is_file() else None,
        )


def deliver(conn: Connection[Any], webhook: Webhook, places: Places) -> tuple[int, Refused | None]:
    """Deliver what is due; return how many alerts went out, and why it ended before the last, if it did.

    Each goes out at least once: one whose process dies between the webhook's answer and the note of it goes out again.

    Args:
        conn: In autocommit mode.
        webhook: Where to.
        places: Where links lead.
    """
    sent = 0
    while claimed := store.claim(conn, AT_ONCE):
        refused = webhook.post(message([places.told(alert) for alert in claimed[:SHOWN]], len(claimed[SHOWN:])))
        if refused is not None:
            return sent, refused
        store.mark_sent(conn, [alert.id for alert in claimed])
        sent += len(claimed)
    return sent, None
