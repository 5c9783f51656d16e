"""What stands before Coperniq on this machine's address: `python -m tests.machines.edge ADDRESS PORT`.

It takes what is sent and passes it on to the sandbox, which listens on loopback alone and soon closes idle connections;
those to senders stay open, as a real edge keeps them for minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

from sandbox.postgres import HOST


async def serve(address: str, port: int) -> None:
    """Serve until this process is killed; say so when it listens."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = inwards = answers = None
        while data := await reader.read(1 << 16):
            if behind is None or inwards is None or behind.at_eof():
                behind, inwards = await asyncio.open_connection(HOST, port)
                answers = asyncio.create_task(carry(behind, writer))
            inwards.write(data)
        if answers is not None:
            answers.cancel()
        writer.close()

    server = await asyncio.start_server(connected, address, port)
    print("listening", flush=True)
    await server.serve_forever()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes in one direction, until there are no more."""
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
