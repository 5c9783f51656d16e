"""What a message says of alerts, in the JSON that Slack's incoming webhooks take and others understand.

What belongs here: the form of a message. What does not: words of causes (`causes`), SQL (`store`) and HTTP (`webhook`).
Everything that came from outside is text and nothing else: no link, mention or command can be made of a file's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.alerts.causes import ADVICE, Cause
from assets.counting import counted
from assets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assets.alerts.causes import Kept

SHOWN = 10
"""Alerts that one message spells out at most; it counts the others."""
SAID = 500
"""Characters of what happened: escaped they are five times as many, and Slack takes 3,000 of a block."""


@dataclass(frozen=True, slots=True)
class Told:
    """An alert with its links.

    Attributes:
        run: Address of the run in Dagster's UI.
        fix_file: Where the file lies in which its rows are to be corrected.
    """

    alert: Kept
    run: str | None = None
    fix_file: str | None = None


def message(told: Sequence[Told], more: int = 0) -> dict[str, Any]:
    """Write the message about alerts of one cause.

    Args:
        told: The alerts that it spells out, at most `SHOWN`.
        more: How many more there are.
    """
    advice = ADVICE[Cause(told[0].alert.cause)]
    lines = [_paragraph(each) for each in told]
    if more:
        lines.append(f"… and {counted(more, 'more alert')}: `mep alerts` lists them.")
    besides = len(told) - 1 + more
    short = f"{advice.title}: {_said(told[0])}"
    return {
        "text": f"{short} (and {besides:,} more)" if besides else short,
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": advice.title}},
            *({"type": "section", "text": _text(line)} for line in lines),
            {"type": "context", "elements": [_text(f"*What to do:* {escaped(advice.to_do)}")]},
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(text: str) -> str:
    """Return text in which Slack sees no markup of links, mentions and commands."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text(said: str) -> dict[str, Any]:
    # Verbatim: an address in a file's name does not become a link.
    return {"type": "mrkdwn", "text": said, "verbatim": True}


def _said(told: Told) -> str:
    return escaped(one_line(told.alert.said, SAID))


def _paragraph(told: Told) -> str:
    alert = told.alert
    facts = [
        *([counted(alert.records, "row")] if alert.records is not None else []),
        f"since {alert.first_seen_at:%Y-%m-%d %H:%M} UTC",
        *([f"<{escaped(told.run)}|open the run>"] if told.run else []),
        *([f"fix file: `{escaped(told.fix_file)}`"] if told.fix_file else []),
    ]
    return f"{f'*{escaped(alert.slug)}*: ' if alert.slug else ''}{_said(told)}\n{' · '.join(facts)}"
