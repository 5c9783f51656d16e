"""What a run's requests to Coperniq show in figures, from the audit log: how long they took.

What belongs here: questions to the log. What does not: writing it (`store`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from assets.counting import counted

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

    from assets.coperniq.store import Scope

SLICES = 28


@dataclass(frozen=True, slots=True)
class Latencies:
    """How long requests took, in milliseconds: in all, and over time as pairs of the median and the longest."""

    requests: int
    median: float
    late: float
    longest: float
    over_time: list[list[float]]

    def __str__(self) -> str:
        """Say the numbers."""
        return (
            f"{counted(self.requests, 'request')}, median {self.median:,.0f} ms, 95% within {self.late:,.0f} ms, "
            f"longest {self.longest:,.0f} ms"
        )


def latencies(conn: Connection[Any], scope: Scope, by: str, since: datetime) -> Latencies | None:
    """Return how long the requests of a run took for a type, in slices of as many each; None where there were none."""
    with conn.cursor(row_factory=class_row(Latencies)) as cursor:
        found = cursor.execute(
            """
            WITH requests AS (
                SELECT api_response_time_ms AS took, ntile(%(slices)s) OVER (ORDER BY started_at, id) AS slice
                FROM coperniq_sync_log
                WHERE contractor_config_id = %(contractor)s AND entity_type = %(type)s AND performed_by = %(by)s
                  AND started_at >= %(since)s AND api_response_time_ms IS NOT NULL
            ),
            slices AS (
                SELECT slice, percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS median, max(took) AS longest
                FROM requests GROUP BY slice
            )
            SELECT count(*) AS requests, percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS median,
                   percentile_cont(0.95) WITHIN GROUP (ORDER BY took) AS late, max(took) AS longest,
                   (SELECT json_agg(json_build_array(median, longest) ORDER BY slice) FROM slices) AS over_time
            FROM requests HAVING count(*) > 0
            """,
            {**scope.parameters, "by": by, "since": since, "slices": SLICES},
        ).fetchone()
    return found
