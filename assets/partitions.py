"""The partition that imports and sending share: one contractor. Never a file or a row: those grow without end."""

import dagster as dg

CONTRACTORS = dg.DynamicPartitionsDefinition(name="contractor")
