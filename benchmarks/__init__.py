"""What importing costs, measured: against a bare COPY, against other loaders, by size, and in memory.

`make bench` runs all of it; `python -m benchmarks --help` says how to run a part, or smaller. Not part of the tests.
"""
