"""An HTTP proxy that fails as networks, gateways and servers fail, on demand.

What belongs here: the ways to fail. Requests are told apart by their operation's name, so that a script can mean the
creates and leave look-ups alone.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast

import requests

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class Proxy(ThreadingHTTPServer):
    """Listens on loopback; `script` says what happens to the next requests.

    Actions: `pass`; before the request is passed on: `drop`, `reset`, `throttle` (429), `throttled` (200), `status N`;
    after it was carried out: `lose`, `late N` (passed on after N seconds, when nobody waits any more), `bad_gateway`,
    `truncate`, `cut` (a shorter body than announced), `delay N`; or a function that changes the JSON of the answer.

    Attributes:
        seen: Name and variables of each request.
        headers: What answers of `throttle`, `throttled` and `status` carry.
    """

    daemon_threads = False
    # All senders connect at once: where five of them fill the queue, the system resets the sixth, and it is looked up.
    request_queue_size = 128

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.url = f"http://127.0.0.1:{self.server_port}/graphql"
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.headers: dict[str, str] = {}
        self.connections: list[socket.socket] = []
        self._scripts: dict[str, deque[Any]] = defaultdict(deque)
        self._always: dict[str, Any] = {}
        self._refusals: dict[str, tuple[Callable[[dict[str, Any]], bool], bytes]] = {}
        self._lock = threading.Lock()

    def script(self, operation: str, *actions: Any) -> None:
        """Say what happens to the next requests of an operation, one action each; the ones after them pass."""
        self._scripts[operation].extend(actions)

    def always(self, operation: str, action: Any) -> None:
        """Say what happens to every request of an operation that no script is left for; `pass` ends it."""
        self._always[operation] = action

    def refuse(self, operation: str, when: Callable[[dict[str, Any]], bool], code: str = "BAD_USER_INPUT") -> None:
        """Refuse an operation's requests as a whole, where their variables are such."""
        error = {"errors": [{"message": "no", "extensions": {"code": code}}], "data": None}
        self._refusals[operation] = (when, json.dumps(error).encode())

    def requests(self, operation: str) -> list[dict[str, Any]]:
        """List the variables of an operation's requests."""
        return [variables for name, variables in self.seen if name == operation]

    def next_action(self, body: bytes) -> Any:
        """Note a request; give what is to happen to it, or the bytes to answer it with."""
        asked = json.loads(body)
        name, variables = asked["operationName"], asked["variables"]
        with self._lock:
            self.seen.append((name, variables))
            when, answer = self._refusals.get(name, (lambda _: False, b""))
            if when(variables):
                return answer
            return self._scripts[name].popleft() if self._scripts[name] else self._always.get(name, "pass")

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        # A session that was closed keeps its connections until it is collected.
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave together: apart, each answer would wait for an acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.proxy = cast("Proxy", self.server)
        self.proxy.connections.append(self.connection)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        action = self.proxy.next_action(body)
        if isinstance(action, bytes):
            self._answer(200, action)
            return
        name, _, number = action.partition(" ") if isinstance(action, str) else ("change", "", "")
        match name:
            case "drop" | "reset":
                self._hang_up(reset=name == "reset")
            case "throttle" | "status":
                self._answer(int(number or 429), b"<html>busy</html>", self.proxy.headers)
            case "throttled":
                error = {"errors": [{"message": "slow down", "extensions": {"code": "THROTTLED"}}]}
                self._answer(200, json.dumps(error).encode(), self.proxy.headers)
            case _:
                time.sleep(float(number) if name == "late" else 0)
                status, content = self._pass_on(body)
                time.sleep(float(number) if name == "delay" else 0)
                self._after(name, action, status, content)

    def _pass_on(self, body: bytes) -> tuple[int, bytes]:
        headers = {key: self.headers[key] for key in ("Authorization", "Content-Type")}
        answer = requests.post(self.proxy.upstream, data=body, headers=headers, timeout=30)
        return answer.status_code, answer.content

    def _after(self, name: str, action: Any, status: int, content: bytes) -> None:
        half = content[: len(content) // 2]
        match name:
            case "lose" | "late":
                self._hang_up()
            case "change":
                self._answer(status, json.dumps(action(json.loads(content))).encode())
            case "bad_gateway":
                self._answer(502, PAGE)
            case "truncate":
                self._answer(status, half)
            case "cut":
                self._answer(status, half, {"X-Cut": "yes"}, length=len(content))
                self._hang_up()
            case _:
                self._answer(status, content)

    def _answer(
        self, status: int, content: bytes, headers: dict[str, str] | None = None, length: int | None = None
    ) -> None:
        try:
            self.send_response(status)
            for key, value in (headers or {}).items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(length or len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()
        except OSError:  # who waited has given up
            self.close_connection = True

    def _hang_up(self, *, reset: bool = False) -> None:
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        pass
