"""Wiring: definitions, resources, settings, the command line. No business rules and no SQL of a concept."""

import os

# Polars reads these when it is first imported. A batch is too small to be worth splitting: with a thread for each core
# judging takes longer, and half as much CPU again, which PostgreSQL then lacks. What a batch took goes back at once.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")
