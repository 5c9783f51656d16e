"""What importing and sending cost, measured: against a bare COPY, other loaders, and what the limits of a key allow.

`make bench` runs all of it; `python -m benchmarks --help` says how to run a part, or smaller. Not part of the tests.
"""
