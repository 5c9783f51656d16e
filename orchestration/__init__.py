"""Wiring: definitions, resources, settings, the command line. No business rules and no SQL of a concept."""

import contextlib
import ctypes
import os

# Polars reads these when it is first imported. A batch is too small to be worth splitting: with a thread for each core
# judging takes longer, and half as much CPU again, which PostgreSQL then lacks. What a batch took is kept for a second,
# for the next one: to give it back at once and ask again costs a third of the CPU of judging.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:1000,muzzy_decay_ms:0")

# glibc would soon keep buffers of many megabytes, in pieces, instead of giving them back: 40 MB more at the peak.
_M_MMAP_THRESHOLD = -3
with contextlib.suppress(AttributeError, OSError, TypeError):  # not every system has glibc
    ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1 << 18)
