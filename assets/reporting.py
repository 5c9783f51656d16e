"""What every materialization says of itself, under the same labels for every asset: counts, speed, errors, a picture.

What belongs here: the labels and how they are shown. What does not: counting, and drawing (`charts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from assets import markdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ERRORS = "commonest errors"
CHART = "chart"


def report(
    of: str, counts: Mapping[str, int], seconds: float, chart: str, errors: Sequence[tuple[str, int]] = ()
) -> dict[str, dg.MetadataValue[Any]]:
    """Make metadata of what a materialization did; Dagster draws the numbers over time.

    Args:
        of: What was counted, in the plural, such as `records`.
        counts: By status.
        seconds: That it took.
        chart: A picture in Markdown.
        errors: In words, with how many had each, the commonest first.
    """
    total = sum(counts.values())
    return {
        of: dg.MetadataValue.int(total),
        **{status: dg.MetadataValue.int(number) for status, number in counts.items()},
        f"{of} per second": dg.MetadataValue.float(round(total / seconds, 1) if total and seconds else 0.0),
        CHART: dg.MetadataValue.md(chart),
        ERRORS: dg.MetadataValue.md(markdown.first(("error", of), errors)),
    }
