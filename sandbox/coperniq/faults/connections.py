"""The server's connections by their peer, so that a fault can break one: ASGI itself has no word for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import MutableMapping

_OPEN: dict[tuple[str, int], asyncio.Transport] = {}


class TrackedProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """uvicorn's protocol of HTTP, with its connections remembered."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the connection."""
        self._peer = _peer(transport.get_extra_info("peername"))
        _OPEN[self._peer] = cast("asyncio.Transport", transport)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        _OPEN.pop(self._peer, None)
        super().connection_lost(exc)


def reset(scope: MutableMapping[str, Any]) -> None:
    """Break the connection that a request came by, without a word."""
    transport = _OPEN.get(_peer(scope["client"]))
    if transport is not None:
        transport.abort()


def _peer(address: Any) -> tuple[str, int]:
    return address[0], address[1]
