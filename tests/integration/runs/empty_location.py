"""A code location with nothing in it."""

import dagster as dg

defs = dg.Definitions()
