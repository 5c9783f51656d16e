"""The measures of sending, against the sandbox in a process of its own, on the same machine.

What a record costs is given as CPU of each of the three processes, because here they share the cores.
"""

from __future__ import annotations

import contextlib
import csv
import math
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from assets import catalogue
from assets.contractors import store as contractors
from assets.database import Database
from benchmarks import files, records
from benchmarks.load import SLUG
from benchmarks.measures import Bench, Row, run
from tests.coperniq_server import SandboxHandle, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Generator

BATCH = 100
LATENCY_MS = 100
PER_SECOND = 100
COUNTED_DAY = 1_000_000
"""Requests that a day may have where it is counted and is not to run out."""
FEW_REQUESTS = 100
WAITING = 100


def sending(bench: Bench) -> list[Row]:
    """Measure sending under the limit of a key and without one, each beside a plain loop of one request a row."""
    file = files.contacts(bench.folder, bench.send, bad=False)
    slow = {"latency_ms": LATENCY_MS, "rate": PER_SECOND}
    limits = ("--per-second", str(PER_SECOND), "--per-day", str(COUNTED_DAY))
    paced, plain_slow = _pair(bench, file, slow, limits)
    free, plain = zip(*(_pair(bench, file, {}, ()) for _ in range(bench.pairs)), strict=True)
    batches = math.ceil(bench.send / BATCH)
    floor = batches / PER_SECOND
    rates = sorted(bench.send / one["seconds"] for one in free)
    rate, plain_rate = statistics.median(rates), statistics.median(plain)
    loop = "a plain loop of one `requests.post` a row, in one session"
    return [
        Row(
            f"{bench.send:,} contacts sent with {LATENCY_MS} ms of latency at {PER_SECOND} requests/s of the key, all "
            "of it written back, against the time that the limit alone takes",
            "≤ 1.15 ×",
            f"{paced['seconds'] / floor:.2f} ×: {paced['seconds']:.1f} s against {floor:.1f} s; {_costs(paced)}",
        ),
        Row("requests in all for a full batch, there", "≤ 1.02", f"{paced['requests'] / batches:.3f}"),
        Row(
            f"the same without limit and latency, {bench.pairs} times",
            "≥ 8,000 records/s",
            f"{rate:,.0f} records/s ({rates[0]:,.0f}-{rates[-1]:,.0f}); {_costs(free[-1])}",
        ),
        Row(
            f"{loop}, without latency, after each of them",
            "",
            f"{plain_rate:,.0f} records/s over {bench.plain:,} rows; ours is {rate / plain_rate:.0f} × that",
        ),
        Row(
            f"{loop}, with {LATENCY_MS} ms",
            "",
            f"{plain_slow:.1f} records/s over {bench.plain:,} rows; {bench.send:,} rows would take "
            f"{bench.send / plain_slow / 60:,.0f} minutes (extrapolated), ours took {paced['seconds']:.1f} s",
        ),
    ]


def queued(bench: Bench) -> list[Row]:
    """Measure the memory of a process that sends a few records of few, and of many that are ready or wait."""
    few = FEW_REQUESTS * BATCH
    peaks = {number: _sent_of(bench, number) for number in (2 * few, bench.stock)}
    shown = ", ".join(f"{number:,} records: {peak:.0f} MB" for number, peak in peaks.items())
    what = f"peak memory of the process that sends {few:,} records, half of all being contacts and half their sites"
    return [Row(f"{what}, Dagster included", "bounded", shown)]


def starting(bench: Bench) -> list[Row]:
    """Measure a run that finds next to nothing to send, by how much was sent before."""
    took: dict[int, tuple[float, float]] = {}
    for stock in (bench.stock // 100, bench.stock):
        with _coperniq({}) as coperniq, bench.server.database() as url:
            _hold(bench, url, {record_type.name: "synced" for record_type in catalogue.TYPES}, stock)
            contact = files.contacts(bench.folder, 1, seed=2, bad=False)
            bench.load(url, _sites_of(contact), "--enter")
            nothing = _send(bench, url, coperniq)
            bench.load(url, contact, "--enter")
            became = _send(bench, url, coperniq)
        if nothing["records"] or became["records"] != {"created": WAITING + 1}:
            raise SystemExit(f"{WAITING} sites were to wait, then to go: {nothing['records']}, {became['records']}.")
        took[stock] = nothing["seconds"], became["seconds"]
    goal = "≤ 1 s"
    shown = [", ".join(f"{stock:,} sent: {both[step]:.2f} s" for stock, both in took.items()) for step in (0, 1)]
    return [
        Row(f"a run of all seven types: {WAITING} sites wait for a contact that is nowhere", goal, shown[0]),
        Row("the next one: it sends that contact, and then the sites", goal, shown[1]),
    ]


MEASURES = {"sending": sending, "queued": queued, "starting": starting}


def _pair(bench: Bench, file: Path, faults: dict[str, Any], limits: tuple[str, ...]) -> tuple[dict[str, Any], float]:
    """Send a file, and then its first rows by the plain loop; give what the first took, and the second's rows/s."""
    with _coperniq(faults) as coperniq, bench.server.database() as url:
        bench.load(url, file, "--enter")
        bench.server.checkpoint()
        sent = _send(bench, url, coperniq, "--types", "Contact", *limits)
        if sent["records"] != {"created": bench.send} or coperniq.injected():
            raise SystemExit(f"Not all was sent, or not at once: {sent['records']}, {coperniq.injected()}.")
    with _coperniq(faults) as coperniq:
        plain = run(
            [sys.executable, "-m", "benchmarks.plain", coperniq.url, coperniq.key, str(coperniq.company_id), str(file),
             str(min(bench.plain, bench.send))]
        )["seconds"]  # fmt: skip
    bench.say(f"plain loop: {bench.plain / plain:,.1f} records/s")
    return sent, bench.plain / plain


def _sent_of(bench: Bench, number: int) -> float:
    """Give the peak memory of sending a few of so many records."""
    with _coperniq({}) as coperniq, bench.server.database() as url:
        _hold(bench, url, {"Contact": "ready", "Site": "waiting"}, number)
        return _send(bench, url, coperniq, "--types", "Contact,Site", "--per-day", str(FEW_REQUESTS))["peak_mb"]


def _hold(bench: Bench, url: str, states: dict[str, str], number: int) -> None:
    """Have a contractor hold so many records, as many of each type."""
    with Database(url).connect() as conn:
        contractors.add(conn, SLUG, SLUG, f"{SLUG}@example.com", ["hvac"])
        contractor = contractors.get(conn, SLUG).id
        for type_name, state in states.items():
            bench.say(f"making {number // len(states):,} records: {type_name}, {state}")
            records.add(conn, contractor, type_name, state, number // len(states))
        conn.execute("VACUUM ANALYZE")
    bench.server.checkpoint()


def _sites_of(contact: Path) -> Path:
    """Write a file of sites that name the first contact of a file."""
    with contact.open(encoding="utf-8", newline="") as file:
        email = next(csv.DictReader(file))["email"]
    path = contact.with_name("sites.csv")
    rows = [f'"{number} Late Street, Austin, TX 78701",{email}\n' for number in range(WAITING)]
    path.write_text("".join(["fullAddress,clientId\n", *rows]), encoding="utf-8")
    return path


def _send(bench: Bench, url: str, coperniq: SandboxHandle, *options: str) -> dict[str, Any]:
    """Send in a process of its own; give what it says, and the CPU seconds of all three."""
    process = psutil.Process(coperniq.process.pid)
    before = bench.server.cpu(), sum(process.cpu_times()[:2])
    command = [sys.executable, "-m", "benchmarks.send", url, coperniq.url, coperniq.key, str(coperniq.company_id)]
    sent = run([*command, *options])
    sent |= {"postgres": bench.server.cpu() - before[0], "sandbox": sum(process.cpu_times()[:2]) - before[1]}
    records_sent = sum(sent["records"].values())
    bench.say(f"sent {records_sent:,} records in {sent['seconds']:.2f} s, {sent['peak_mb']:.0f} MB at most")
    return sent


def _costs(sent: dict[str, Any]) -> str:
    of_each = {"sending process": "cpu", "PostgreSQL": "postgres", "sandbox": "sandbox"}
    number = sum(sent["records"].values())
    shown = ", ".join(f"{who} {sent[key] / number * 1e6:.0f}" for who, key in of_each.items())
    return f"CPU of a record, µs: {shown}"


@contextlib.contextmanager
def _coperniq(faults: dict[str, Any]) -> Generator[SandboxHandle]:
    with tempfile.TemporaryDirectory() as folder, running_sandbox(Path(folder) / "store.db", faults=faults) as coperniq:
        yield coperniq
