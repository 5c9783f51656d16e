"""Reading pages of Coperniq to their end, over failures that pass.

What belongs here: when a page is asked for again, and when reading is given up. What does not: what the pages are for
(`checking`, `rolling_back`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assets.coperniq.deliver import ATTEMPTS, FIRST_PAUSE_SECONDS, KeyRefused
from assets.coperniq.replies import LONGEST_PAUSE_SECONDS, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assets.catalogue import RecordType
    from assets.coperniq.replies import Reply
    from assets.coperniq.transport import Transport

PASSES = (Outcome.THROTTLED, Outcome.NOT_CARRIED_OUT, Outcome.OPEN)


def pages(
    client: Transport, record_type: RecordType, where: dict[str, Any], sleep: Callable[[float], None]
) -> Iterator[Reply]:
    """Yield every reply, failed ones too, going on behind the last page. Where the last one failed, the end is missing.

    Args:
        client: For the company that is read.
        record_type: Of the records.
        where: Which of them, as `Transport.find` takes it.
        sleep: Waits for seconds.

    Raises:
        KeyRefused: When Coperniq refuses the key.
    """
    after: str | None = None
    failures = 0
    while True:
        failed: Reply | None = None
        for reply in client.find(record_type, where, after):
            yield reply
            if reply.data is None:
                failed = reply
                break
            failures, after = 0, reply.data.get("pageInfo", {}).get("endCursor")
        if failed is None:
            return
        if failed.outcome is Outcome.UNAUTHORISED:
            raise KeyRefused(f"Coperniq refuses the API key ({failed.code}): set COPERNIQ_API_KEY to a valid one.")
        failures += 1
        pause = max(FIRST_PAUSE_SECONDS * 2 ** (failures - 1), failed.retry_after or 0.0)
        if failed.outcome not in PASSES or failures >= ATTEMPTS or pause > LONGEST_PAUSE_SECONDS:
            return
        sleep(pause)
