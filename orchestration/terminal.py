"""What a run says on a terminal: the lines that assets log, without Dagster's own events, which the UI keeps."""

from __future__ import annotations

import logging
import sys

import dagster as dg

from assets.observing import IS_PROGRESS


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        message = getattr(record, "dagster_meta", {}).get("orig_message", record.getMessage())
        return f"  {'' if record.levelno < logging.WARNING else record.levelname.lower() + ': '}{message}"


def _is_said_by_an_asset(record: logging.LogRecord) -> bool:
    """Leave out Dagster's events, and how far the work is: whoever started the run shows that (`screen.progress`)."""
    return getattr(record, "dagster_meta", {}).get("dagster_event") is None and not hasattr(record, IS_PROGRESS)


@dg.logger(config_schema={}, description="Prints what assets say of their progress, a line each.")
def console(_: dg.InitLoggerContext) -> logging.Logger:
    """Give a logger that writes to standard error."""
    logger = logging.Logger("mep", level=logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    handler.addFilter(_is_said_by_an_asset)
    logger.addHandler(handler)
    return logger
