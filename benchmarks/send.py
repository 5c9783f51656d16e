"""One sending in a process of its own, as `python -m benchmarks.send DATABASE COPERNIQ KEY COMPANY`: prints JSON.

The process sends what a run of the pipeline sends, under the limits that PostgreSQL keeps, Dagster included, so that
its memory is a run's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from contextlib import closing
from typing import Any

import orchestration.definitions  # noqa: F401 - for the memory that it takes
from assets import catalogue, leases
from assets.contractors import store as contractors
from assets.coperniq.client import CoperniqClient
from assets.coperniq.deliver import Delivery
from assets.coperniq.limits import KeyLimits
from assets.coperniq.store import Scope
from assets.database import Database
from benchmarks.load import SLUG, peak_memory


def main() -> None:
    """Send what is ready of some types; print seconds, CPU seconds, peak memory, requests and records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("coperniq")
    parser.add_argument("key")
    parser.add_argument("company", type=int)
    parser.add_argument("--types", default=",".join(catalogue.BY_NAME))
    parser.add_argument("--per-second", type=int, default=0)
    parser.add_argument("--per-day", type=int, default=0)
    arguments = parser.parse_args()
    database = Database(arguments.url)
    limits = KeyLimits(database, arguments.key, arguments.per_second, arguments.per_day)
    client = CoperniqClient(arguments.coperniq, arguments.key, arguments.company, limits=limits)
    with closing(limits), closing(client):
        used, began = time.process_time(), time.perf_counter()
        sent = {name: send(database, client, name) for name in arguments.types.split(",")}
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
    records = sum((Counter(of_type["records"]) for of_type in sent.values()), Counter[str]())
    requests = sum(of_type["requests"] for of_type in sent.values())
    print(
        json.dumps(
            {
                "seconds": seconds, "cpu": cpu, "peak_mb": peak_memory(), "requests": requests, "records": records,
                "types": sent,
            }
        )
    )  # fmt: skip


def send(database: Database, client: CoperniqClient, type_name: str) -> dict[str, Any]:
    """Send the records of one type, as its asset does."""
    began = time.perf_counter()
    with database.connect() as conn:
        contractor = contractors.get(conn, SLUG)
        scope = Scope(contractor.id, catalogue.BY_NAME[type_name])
        with leases.held(database, contractor.id, "bench") as lease:
            done = Delivery(conn, client, lease, scope, "bench", lambda line: print(line, file=sys.stderr)).run()
    return {
        "seconds": time.perf_counter() - began, "records": done.records, "requests": done.requests,
        "stopped": done.stopped,
    }  # fmt: skip


if __name__ == "__main__":
    main()
