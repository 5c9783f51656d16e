"""What a turn under the limits of a key costs: `python -m benchmarks.limits`.

A day that is all but full, so that every period of it is added up; no limit for a second, so that nobody waits.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import psycopg

from assets.coperniq.limits import KeyLimits
from assets.database import Database
from benchmarks import server
from benchmarks.__main__ import FOLDER

TURNS = 4_000
KEY = "measured"
SHAPES = ((1, 1), (1, 16), (4, 1), (4, 16))


def main() -> None:
    """Measure on the server of the benchmarks, or on a migrated database of yours."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.limits", description=__doc__)
    parser.add_argument("--url", help="a database with the migrations, perhaps through a pooler")
    url = parser.parse_args().url
    if url:
        measure(url)
        return
    with server.running(FOLDER) as running, running.database() as made:
        measure(made)


def measure(url: str) -> None:
    """Print milliseconds for each turn, by how many processes and threads take turns at once."""
    fill_the_day(url)
    for processes, threads in SHAPES:
        began = time.perf_counter()
        running = [
            multiprocessing.Process(target=take, args=(url, threads, TURNS // processes // threads))
            for _ in range(processes)
        ]
        for process in running:
            process.start()
        for process in running:
            process.join()
        print(
            f"{processes} processes x {threads:2} threads: {(time.perf_counter() - began) / TURNS * 1000:.2f} ms a turn"
        )


def fill_the_day(url: str) -> None:
    """Write requests into every period of the last day."""
    with psycopg.connect(url, prepare_threshold=None) as conn:
        name = sha256(KEY.encode()).hexdigest()
        conn.execute("INSERT INTO coperniq_api_keys (key_hash) VALUES (%s) ON CONFLICT DO NOTHING", [name])
        conn.execute(
            """
            INSERT INTO coperniq_api_requests
            SELECT %s, date_bin('5 minutes', now(), 'epoch') - number * INTERVAL '5 minutes', 17
            FROM generate_series(0, 288) AS number
            ON CONFLICT DO NOTHING
            """,
            [name],
        )


def take(url: str, threads: int, turns: int) -> None:
    """Take turns in threads."""
    limits = KeyLimits(Database(url), KEY, 0, 100_000_000)
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda _: [limits.take() for _ in range(turns)], range(threads)):
            pass
    limits.close()


if __name__ == "__main__":
    main()
