"""What each fault does to a request: whether it is carried out, when, and what the client learns of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from sandbox.coperniq.faults.answers import Results, bad_gateway, change, refusal, with_results
from sandbox.coperniq.faults.labels import json_object
from sandbox.coperniq.faults.script import Kind

if TYPE_CHECKING:
    from sandbox.coperniq.faults.exchange import App, Exchange
    from sandbox.coperniq.faults.injector import Fault


async def act(fault: Fault, exchange: Exchange, app: App) -> None:
    """Let a fault happen to a request of this server."""
    match fault.kind:
        case Kind.THROTTLE | Kind.THROTTLED | Kind.DAY_USED_UP | Kind.EXPIRED_KEY:
            await exchange.answer(refusal(fault, is_rest=exchange.is_rest))
        case Kind.BAD_GATEWAY:
            await exchange.answer(bad_gateway())
        case Kind.BAD_GATEWAY_AFTER:
            await exchange.carry_out(app)
            await exchange.answer(bad_gateway())
        case Kind.DROP | Kind.DROP_AFTER | Kind.HANG_AFTER | Kind.LATE:
            await _lose(fault, exchange, app)
        case Kind.REJECT:
            await _reject(fault, exchange, app)
        case Kind.TRUNCATE | Kind.SHORT | Kind.REORDER | Kind.FOREIGN:
            await exchange.answer(change(await exchange.carry_out(app), fault))


async def _lose(fault: Fault, exchange: Exchange, app: App) -> None:
    if fault.kind is Kind.LATE:
        await asyncio.sleep(fault.seconds)
    if fault.kind is not Kind.DROP:
        await exchange.carry_out(app)
    if fault.kind is Kind.HANG_AFTER:
        await exchange.wait_for_client(fault.seconds)
    await exchange.reset()


async def _reject(fault: Fault, exchange: Exchange, app: App) -> None:
    """Keep some inputs of a bulk mutation from the server; those that its document holds as text cannot be kept."""
    content = json_object(exchange.body)
    variables: dict[str, Any] = content.get("variables") or {}
    batches = {name: cast("list[Any]", variables[name]) for name in ("ids", "input") if variables.get(name)}
    size = min((len(batch) for batch in batches.values()), default=0)
    rejected = set(fault.chance.sample(range(size), min(fault.number, size)))
    kept = [index for index in range(size) if index not in rejected]
    content["variables"] = variables | {name: [batch[index] for index in kept] for name, batch in batches.items()}

    def put_back(results: Results) -> Results:
        carried = [{**result, "index": kept[result["index"]]} for result in results]
        refused = [_rejection(index, batches.get("input", [])[index:][:1]) for index in rejected]
        return sorted([*carried, *refused], key=lambda result: result["index"])

    if not rejected:
        await exchange.pass_on(app)
        return
    smaller = replace(exchange, body=json.dumps(content).encode())
    await exchange.answer(with_results(await smaller.carry_out(app), put_back))


def _rejection(index: int, refused: list[Any]) -> dict[str, Any]:
    """Refuse an input with an error that quotes it, as servers do."""
    quoted = f": {json.dumps(refused[0])}" if refused else ""
    error = {"code": "INVALID", "message": f"rejected by the sandbox's script of faults{quoted}", "field": None}
    return {"index": index, "id": None, "userErrors": [error]}
