"""`make chaos`: play rounds of chaos and print what happened; end with 1 at the first that breaks a promise."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.rounds import arena


def main() -> int:
    """Play the rounds."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="how many (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="chooses files, faults and moments (default: %(default)s)")
    options = parser.parse_args()
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="mep-chaos-", ignore_cleanup_errors=True) as folder,
        arena(Path(folder), options.seed, options.first + options.rounds) as field,
    ):
        for number in range(options.first, options.first + options.rounds):
            try:
                field.play(number)
            except AssertionError as error:
                print(f"round {number} of seed {options.seed} failed: {error}", file=sys.stderr)
                print(field.figures.line(), file=sys.stderr)
                return 1
            print(f"round {number}: {time.monotonic() - began:,.0f} s; {field.figures.line()}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
