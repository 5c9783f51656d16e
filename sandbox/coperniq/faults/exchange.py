"""One HTTP request on its way through the faults: read whole, carried out or not, answered or not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.coperniq.faults import connections
from sandbox.coperniq.faults.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Message = MutableMapping[str, Any]
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass
class Exchange:
    """Hold a request, and the means to answer it.

    Attributes:
        is_whole: False when the client went away before the body's end.
    """

    scope: Scope
    receive: Receive
    send: Send
    body: bytes
    is_whole: bool

    @classmethod
    async def read(cls, scope: Scope, receive: Receive, send: Send) -> Exchange:
        """Read a request to its end."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return cls(scope, receive, send, bytes(body), is_whole=False)
            body += message.get("body", b"")
            if not message.get("more_body", False):
                return cls(scope, receive, send, bytes(body), is_whole=True)

    @property
    def is_rest(self) -> bool:
        """Say which of the two faces was asked."""
        return self.scope["path"].startswith("/v1/")

    @property
    def key(self) -> str:
        """Return the API key as it was given."""
        headers = dict(self.scope["headers"])
        given = headers.get(b"x-api-key") or headers.get(b"authorization", b"").partition(b" ")[2]
        return given.decode("latin-1").strip()

    def delay(self, seconds: float) -> None:
        """Let whatever is answered start so much later."""
        send = self.send

        async def late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(seconds)
            await send(message)

        self.send = late

    async def pass_on(self, app: App, send: Send | None = None) -> None:
        """Let the server answer by itself."""
        await app(self.scope, self._replay(), send or self.send)

    async def carry_out(self, app: App) -> Answer:
        """Let the server do its work, and keep its answer."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.pass_on(app, keep)
        start, *rest = messages
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        return Answer(start["status"], b"".join(message.get("body", b"") for message in rest), headers)

    async def answer(self, answer: Answer) -> None:
        """Send an answer."""
        headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": answer.body})

    async def reset(self) -> None:
        """Break the connection, and wait until it is broken: uvicorn answers by itself for an application that ends."""
        connections.reset(self.scope)
        await self._client_gone()

    async def wait_for_client(self, seconds: float) -> None:
        """Wait, but no longer than the client does."""
        try:
            await asyncio.wait_for(self._client_gone(), seconds)
        except TimeoutError:
            return

    async def _client_gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def _replay(self) -> Receive:
        messages: list[Message] = [{"type": "http.request", "body": self.body, "more_body": not self.is_whole}]

        async def receive() -> Message:
            return messages.pop() if messages else await self.receive()

        return receive
