"""The ASGI application around the server: numbers every request, lets its fault happen, and serves `/faults`.

* `GET /faults`: `{"script": …, "requests": {label: count}, "faults": {kind: count}}`, since the script was set.
* `POST /faults`: sets another script, which starts at its beginning with counts and limits of its own.

Neither these nor `/health` are requests that a fault, a limit or latency can meet.
"""

from __future__ import annotations

import asyncio
import itertools
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from sandbox.coperniq.faults.acts import act
from sandbox.coperniq.faults.exchange import Exchange
from sandbox.coperniq.faults.injector import Injector
from sandbox.coperniq.faults.labels import label_of
from sandbox.coperniq.faults.script import ScriptError, parse_script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.coperniq.faults.exchange import App, Receive, Scope, Send
    from sandbox.coperniq.faults.script import Kind, Script

    Log = Callable[[int, str, str, Kind], Awaitable[None]]


class FaultyServer:
    """Stand between the wire and a server."""

    def __init__(self, app: App, script: Script, log: Log, first: int = 1) -> None:
        """Take the server and what shall happen to its requests.

        Args:
            app: The server; it finds a request's number in `scope["state"]["number"]`.
            script: What happens, until another one is posted.
            log: Writes down number, key, label and kind of a fault, before it happens.
            first: The number of the first request.
        """
        self._app = app
        self._log = log
        self._numbers = itertools.count(first)
        self._injector = Injector(script)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] == "/health":
            await self._app(scope, receive, send)
            return
        exchange = await Exchange.read(scope, receive, send)
        if scope["path"] == "/faults":
            await self._control(exchange)(scope, receive, send)
        else:
            await self._serve(exchange)

    async def _serve(self, exchange: Exchange) -> None:
        scope, injector = exchange.scope, self._injector
        number = next(self._numbers)
        scope.setdefault("state", {})["number"] = number
        label = label_of(scope["method"], scope["path"], exchange.body)
        fault = injector.meet(label, exchange.key)
        half = injector.latency() / 2
        if half:
            await asyncio.sleep(half)
            exchange.delay(half)
        if fault is None:
            await exchange.pass_on(self._app)
            return
        await self._log(number, exchange.key, label, fault.kind)
        await act(fault, exchange, self._app)

    def _control(self, exchange: Exchange) -> JSONResponse:
        method = exchange.scope["method"]
        if method not in ("GET", "POST"):
            return JSONResponse({"error": "GET or POST"}, HTTPStatus.METHOD_NOT_ALLOWED)
        if method == "POST":
            try:
                self._injector = Injector(parse_script(exchange.body))
            except ScriptError as error:
                return JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        injector = self._injector
        script = injector.script.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return JSONResponse({"script": script, "requests": injector.requests, "faults": injector.faults})
