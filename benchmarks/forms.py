"""The measure of forms: signed-in contractors fill and submit them at the same time, through a pool of connections.

A session is a contractor's front end: it creates a draft, fills it, submits it, each in a transaction of its own with
the token's claims, and thinks in between. What a transaction takes counts from its call, waiting for the pool included.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from assets.database import Database
from assets.templates import syncing
from benchmarks.measures import Bench, Row
from orchestration.settings import ROOT
from tests.pooler import running_pooler

if TYPE_CHECKING:
    from psycopg import AsyncConnection

SESSIONS = 200
CONNECTIONS = 20
SECONDS = 60
THINKING = 1.0
"""Mean seconds between two transactions of a session."""
ANSWERS = {"customerName": "Ada", "email": "ada@example.com", "requestType": "Repair", "urgency": "Planned"}
_SIGN_IN = "SELECT set_config('request.jwt.claims', %s, true), set_config('role', 'authenticated', true)"
_CREATE = "SELECT create_form_submission(%s, %s, 'Lead', '{}', 'tech@example.com')"
_FILL = "UPDATE mep_form_submissions SET form_data = %s WHERE id = %s RETURNING id"
_SUBMIT = "SELECT submit_form_submission(%s)"
_STAND = """
    SELECT s.id, s.form_data ->> 'problem', s.status = 'submitted'
        AND (SELECT count(*) = 2 FROM mep_template_usage AS u WHERE u.submission_id = s.id)
    FROM mep_form_submissions AS s
"""


@dataclass
class Seen:
    """What the sessions saw: seconds of each transaction, what each form said last, and errors."""

    took: list[float] = field(default_factory=list[float])
    said: dict[UUID, str] = field(default_factory=dict[UUID, str])
    errors: list[Exception] = field(default_factory=list[Exception])


def forms(bench: Bench) -> list[Row]:
    """Measure how long transactions of many sessions take, and whether what was said is what stands there."""
    with bench.server.database() as url, Database(url).connect() as conn:
        syncing.sync(conn, ROOT / "templates", lambda _: None)
        (template,) = conn.execute("SELECT id FROM templates WHERE name = 'lead_intake'").fetchone() or (None,)
        contractors = conn.execute(
            "INSERT INTO mep_contractor_configs (contractor_name, contractor_email)"
            " SELECT 'Contractor ' || n, n || '@example.com' FROM generate_series(1, %s) AS n"
            " RETURNING id, contractor_email",
            [SESSIONS],
        ).fetchall()
        with running_pooler(url, CONNECTIONS) as pooler:
            seen = asyncio.run(_everybody(pooler.url(url), template, contractors))
        stand = {form: said if whole else None for form, said, whole in conn.execute(_STAND)}
    took = sorted(seen.took)
    lost = sum(stand.get(form) != said for form, said in seen.said.items()) + len(stand.keys() ^ seen.said.keys())
    measured = f"p95 {took[len(took) * 95 // 100] * 1000:.0f} ms, p99 {took[len(took) * 99 // 100] * 1000:.0f} ms"
    what = f"forms of {SESSIONS} contractors at once over {CONNECTIONS} connections, {SECONDS} s"
    return [
        Row(what, "p95 ≤ 50 ms", f"{measured}; {len(took):,} transactions, {THINKING:g} s of thinking between two"),
        Row(
            "errors, and forms that are lost, doubled or counted otherwise than once",
            "0, 0",
            f"{len(seen.errors)}, {lost}; {len(seen.said):,} forms",
        ),
    ]


async def _everybody(url: str, template: Any, contractors: list[tuple[UUID, str]]) -> Seen:
    seen, end = Seen(), time.monotonic() + SECONDS
    await asyncio.gather(*(_work(url, template, contractor, email, end, seen) for contractor, email in contractors))
    return seen


async def _work(url: str, template: UUID, contractor: UUID, email: str, end: float, seen: Seen) -> None:
    claims = json.dumps({"role": "authenticated", "email": email})
    async with await psycopg.AsyncConnection.connect(url, prepare_threshold=None) as conn:
        await asyncio.sleep(random.uniform(0, 3 * THINKING))
        while time.monotonic() < end:
            said = str(random.random())
            try:
                form = await _call(conn, claims, seen, _CREATE, template, contractor)
                await _call(conn, claims, seen, _FILL, Jsonb(ANSWERS | {"problem": said}), form)
                await _call(conn, claims, seen, _SUBMIT, form)
            except psycopg.Error as error:
                seen.errors.append(error)
                return
            seen.said[form] = said


async def _call(conn: AsyncConnection[Any], claims: str, seen: Seen, query: str, *values: object) -> Any:
    began = time.perf_counter()
    async with conn.transaction():
        await conn.execute(_SIGN_IN, [claims])
        row = await (await conn.execute(query.encode(), values)).fetchone()
    seen.took.append(time.perf_counter() - began)
    await asyncio.sleep(random.uniform(0.5, 1.5) * THINKING)
    return row and row[0]


MEASURES = {"forms": forms}
