"""Small pictures for the metadata of materializations: SVG in a `data:` URI, in Markdown.

What belongs here: drawing. What does not: what is drawn. Dagster's UI shows Markdown beside its label where it is
shorter than 1,000 characters, and behind a button where it is not; and it keeps it for every materialization. So the
pictures are drawn by hand: the same one by a charting library takes 16,000 characters.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from assets.markdown import SHOWN_AT_ONCE
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLOURS = ("teal", "orange", "crimson", "plum", "silver", "tan", "skyblue", "olive")
WIDTH = 600
HEIGHT = 80
LEFT = 190
"""Where bars begin, right of their names."""
WIDEST = 24
"""Of columns, where there are few."""
LINE = 16
NOTHING = "none"
"""What stands in the place of a picture of nothing."""
MOST_BARS = 10
NAME_CHARACTERS = 26


def bars(title: str, counted: Mapping[str, Mapping[str, int]]) -> str:
    """Draw a bar for each name, with a part for each status; the longest bars, as many as are shown at once.

    Args:
        title: Read out where pictures are not seen.
        counted: Numbers by status, by name. Every name has the statuses in the same order.
    """
    longest = sorted(counted.items(), key=lambda one: -sum(one[1].values()))
    drawn = NOTHING
    for shown in range(min(MOST_BARS, len(longest)), 0, -1):
        drawn = _image(title, _bars(longest, shown), LINE * (shown + 1 + (shown < len(longest))))
        if len(drawn) < SHOWN_AT_ONCE:
            break
    return drawn


def columns(title: str, said: str, slices: Sequence[Sequence[float]]) -> str:
    """Draw how numbers went over time: columns one behind the other, the first number of a slice before the second.

    Args:
        title: Read out where pictures are not seen.
        said: A line above the columns.
        slices: The numbers at each time, evenly spaced.
    """
    if not slices:
        return NOTHING
    top = max(map(max, slices)) or 1
    step = min(WIDTH // len(slices), WIDEST)
    drawn = [f"<text y='12'>{escape(said)}</text>"]
    for place in reversed(range(len(slices[0]))):
        path = "".join(
            f"M{at * step + step // 2} {HEIGHT}V{round(HEIGHT - one[place] / top * (HEIGHT - LINE))}"
            for at, one in enumerate(slices)
        )
        drawn.append(f"<path stroke='{COLOURS[0] if not place else 'silver'}' stroke-width='{step - 1}' d='{path}'/>")
    return _image(title, "".join(drawn), HEIGHT)


def _bars(counted: Sequence[tuple[str, Mapping[str, int]]], shown: int) -> str:
    most = sum(counted[0][1].values()) or 1
    totals = _added([of for _, of in counted])
    colours = dict(zip(totals, itertools.cycle(COLOURS), strict=False))
    legend = "".join(
        f"<tspan fill='{colours[status]}'>{escape(status)} {total:,} </tspan>"
        for status, total in totals.items()
        if total
    )
    names = [*(name for name, _ in counted[:shown]), *([f"and {len(counted) - shown} more"] * (shown < len(counted)))]
    drawn = [f"<text y='12'>{legend}</text>"]
    drawn += [f"<text y='{(line + 2) * LINE - 4}'>{escape(_short(name))}</text>" for line, name in enumerate(names)]
    parts: dict[str, str] = {}
    for line, (_, of) in enumerate(counted[:shown]):
        # Ends are placed by sums, so that rounding moves none; and few are not nothing.
        ends = [round(end / most * (WIDTH - LEFT)) for end in itertools.accumulate(of.values(), initial=0)]
        for (status, number), (begin, end) in zip(of.items(), itertools.pairwise(ends), strict=True):
            if number:
                parts[status] = f"{parts.get(status, '')}M{LEFT + begin} {(line + 2) * LINE - 8}h{max(end - begin, 1)}"
    drawn += [f"<path stroke='{colours[status]}' d='{path}'/>" for status, path in parts.items()]
    return f"<g stroke-width='11'>{''.join(drawn)}</g>"


def _added(several: Sequence[Mapping[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for one in several:
        for status, number in one.items():
            totals[status] = totals.get(status, 0) + number
    return totals


def _short(name: str) -> str:
    shown, half = printable(name), NAME_CHARACTERS // 2
    return shown if len(shown) <= NAME_CHARACTERS else f"{shown[: half - 1]}…{shown[-half:]}"


def _image(title: str, drawn: str, height: int) -> str:
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' "
        f"font-family='sans-serif' font-size='12' fill='gray'>{drawn}</svg>"
    )
    # % and # have a meaning in an address, and angle brackets around the address in Markdown.
    for character, code in (("%", "%25"), ("#", "%23"), ("\\", "%5C"), ("<", "\\<"), (">", "\\>")):
        svg = svg.replace(character, code)
    return f"![{title}](<data:image/svg+xml,{svg}>)"
