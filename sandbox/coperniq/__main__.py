"""The command line of the Coperniq stand-in: arguments, socket, signals, log.

Nothing heavy is imported before the arguments are known to be good.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import logging
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.coperniq.database import StoreError
from sandbox.coperniq.faults.script import ScriptError, parse_script, read_script

if TYPE_CHECKING:
    from types import FrameType

    from sandbox.coperniq.faults.script import Kind, Script

DEFAULT_KEYS = {"sandbox-key": 112}
_SHUTDOWN_SECONDS = 5


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; give the exit code."""
    options = _parse(arguments)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        with _listen(options.host, options.port) as listener:
            _serve(listener, options.store, dict(options.key or DEFAULT_KEYS), _script(options))
    except (OSError, StoreError, ScriptError) as error:
        print(f"coperniq sandbox: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(listener: socket.socket, path: Path, keys: dict[str, int], script: Script) -> None:
    import uvicorn

    from sandbox.coperniq.app import create_app
    from sandbox.coperniq.contract import load_schema, record_types
    from sandbox.coperniq.faults.connections import TrackedProtocol
    from sandbox.coperniq.faults.wrapper import FaultyServer
    from sandbox.coperniq.rest.kinds import REST_TYPES
    from sandbox.coperniq.store import Store

    schema = load_schema()
    store = Store(path, {**record_types(schema), **REST_TYPES})
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    async def log_fault(number: int, key: str, label: str, kind: Kind) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(worker, store.log_fault, number, keys.get(key), label, kind)

    try:
        config = uvicorn.Config(
            FaultyServer(create_app(schema, store, keys, worker), script, log_fault, store.next_request()),
            http=TrackedProtocol,
            access_log=False,
            lifespan="off",
            ws="none",
            log_config=None,
            log_level=logging.WARNING,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        host, port = listener.getsockname()[:2]
        print(f"http://{f'[{host}]' if ':' in host else host}:{port}/graphql", flush=True)
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        worker.shutdown()
        store.close()


def _listen(host: str, port: int) -> socket.socket:
    """Bind before the server starts, so that port 0 can be told and a port in use is one line, not a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return listener


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.coperniq",
        description="A stand-in for Coperniq on loopback: executes the GraphQL contract on a store of its own. Prints "
        "its URL when it listens, and a line for each operation to standard error.",
    )
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--store", type=Path, required=True, help="the file of the records; made when there is none")
    parser.add_argument(
        "--key",
        type=_key,
        action="append",
        metavar="KEY=COMPANY",
        help="an API key and the company it belongs to; may be repeated (default: sandbox-key=112)",
    )
    faults = parser.add_argument_group("faults", "see sandbox/coperniq/faults/script.py; POST /faults sets others")
    faults.add_argument("--faults", type=Path, metavar="FILE", help="a script of faults, as JSON")
    faults.add_argument("--seed", type=int, help="chooses what the script leaves to chance")
    faults.add_argument("--latency-ms", type=float, help="of every request")
    faults.add_argument("--rate", type=float, help="requests a second for each key (default: no limit)")
    faults.add_argument("--daily", type=int, help="requests a rolling day for each key (default: no limit)")
    return parser.parse_args(arguments)


def _script(options: argparse.Namespace) -> Script:
    names = ("seed", "latency_ms", "rate", "daily")
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    return read_script(options.faults, given) if options.faults else parse_script(json.dumps(given))


def _loopback(value: str) -> str:
    address = "127.0.0.1" if value == "localhost" else value
    try:
        is_loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise argparse.ArgumentTypeError(f"{value} is not a loopback address; the sandbox listens on no other")
    return address


def _port(value: str) -> int:
    if not value.isdecimal() or int(value) > 65535:
        raise argparse.ArgumentTypeError(f"{value} is not a port")
    return int(value)


def _key(value: str) -> tuple[str, int]:
    key, _, company = value.rpartition("=")
    if not key.strip() or not company.isdecimal():
        raise argparse.ArgumentTypeError("give a key and the number of its company, such as sandbox-key=112")
    return key.strip(), int(company)


def _exit(_number: int, _frame: FrameType | None) -> None:
    """Exit cleanly: before the server runs, and when it hands the signal on after it has shut down."""
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
