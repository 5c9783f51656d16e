"""Reading pages of Coperniq to their end, over failures that pass.

What belongs here: when a page is asked for again, and when reading is given up. What does not: what the pages are for
(`checking`, `rolling_back`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assets.coperniq.deliver import KeyRefused
from assets.coperniq.pacing import Pacing
from assets.coperniq.replies import Outcome
from assets.leases import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assets.coperniq.replies import Reply
    from assets.coperniq.transport import Transport
    from assets.record_types import RecordType

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
    pacing = Pacing(1)
    while True:
        failed: Reply | None = None
        for reply in client.find(record_type, where, after):
            yield _paused(client, reply)
            if reply.data is None:
                failed = reply
                break
            pacing.note([True])
            after = reply.data.get("pageInfo", {}).get("endCursor")
        if failed is None:
            return
        if failed.outcome is Outcome.UNAUTHORISED:
            raise KeyRefused(failed)
        pause = pacing.pause(failed) if failed.outcome in PASSES else None
        if pause is None:
            return
        sleep(pause)


def _paused(client: Transport, reply: Reply) -> Reply:
    """Let nothing more leave where the day's requests are used up, and say until when; return other replies as is."""
    if reply.outcome is not Outcome.EXHAUSTED or not reply.retry_after:
        return reply
    free = client.wire.now() + timedelta(seconds=reply.retry_after)
    client.wire.pause(free)
    return replace(reply, message=f"{reply.message} Requests are free again at {in_words(free)}.")
