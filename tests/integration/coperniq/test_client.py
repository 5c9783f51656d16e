"""The client against real sockets: how a connection can fail, and that the key goes nowhere else."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from assets import catalogue
from assets.coperniq.client import CoperniqClient
from assets.coperniq.replies import Outcome, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World

CONTACT = catalogue.BY_NAME["Contact"]
PEOPLE = [{"name": "Ada", "emails": ["ada@example.com"]}]


def ask(url: str, key: str = "secret-key", timeouts: tuple[float, float] = (0.3, 0.3)) -> Reply:
    client = CoperniqClient(url, key, 112, timeouts)
    reply = client.create(CONTACT, PEOPLE)
    client.close()
    return reply


@contextlib.contextmanager
def listener(backlog: int = 8) -> Iterator[tuple[socket.socket, str]]:
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as server:
        yield server, f"http://127.0.0.1:{server.getsockname()[1]}/graphql"


def answering(server: socket.socket, answer: bytes) -> threading.Thread:
    """Answer the next request with these bytes, and hang up."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            while not connection.recv(65536).endswith(b"}"):
                pass
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_a_port_where_nobody_listens(tmp_path: Path) -> None:
    with listener() as (_, url):
        pass
    reply = ask(url)
    assert (reply.outcome, reply.status, reply.code) == (Outcome.NOT_CARRIED_OUT, None, "ConnectionError")
    assert reply.message == "Coperniq cannot be reached (ConnectionError)."


def test_a_host_that_does_not_take_connections() -> None:
    with listener(backlog=0) as (_, url), contextlib.ExitStack() as stack:
        port = int(url.rsplit(":", 1)[1].split("/")[0])
        for _ in range(4):  # until the queue is full, nobody notices that nothing is accepted
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(("127.0.0.1", port))
        reply = ask(url)
    assert (reply.outcome, reply.code) == (Outcome.NOT_CARRIED_OUT, "ConnectTimeout")


def test_a_host_that_takes_the_request_and_says_nothing() -> None:
    with listener() as (_, url):
        reply = ask(url)
    assert (reply.outcome, reply.code) == (Outcome.OPEN, "ReadTimeout")
    assert 250 < reply.elapsed_ms < 3000


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}", b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"dat",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nxxxx",
    ],
    ids=["nothing", "half a head", "half a body", "no HTTP", "half a chunk", "no gzip"],
)  # fmt: skip
def test_an_answer_that_breaks_off(answer: bytes) -> None:
    with listener() as (server, url):
        thread = answering(server, answer)
        reply = ask(url)
        thread.join()
    assert (reply.outcome, reply.results) == (Outcome.OPEN, {})


def test_a_host_that_does_not_speak_tls() -> None:
    """It may have understood: what is no fault of the certificate can happen after the request has left, too."""
    with listener() as (_, url):
        reply = ask(url.replace("http:", "https:"))
    assert reply.outcome is Outcome.OPEN


@pytest.mark.parametrize("url", ["", "coperniq.example/graphql", "ftp://127.0.0.1/graphql", "http://", "http://[::1/x"])
def test_what_is_no_url(url: str) -> None:
    assert ask(url).outcome is Outcome.NOT_CARRIED_OUT


def test_the_key_is_not_taken_where_a_redirect_points() -> None:
    with listener() as (server, url), listener() as (other, elsewhere):
        other.settimeout(0.2)
        head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n"
        thread = answering(server, head.encode())
        reply = ask(url)
        thread.join()
        assert (reply.outcome, reply.status) == (Outcome.OPEN, 307)
        with pytest.raises(TimeoutError):
            other.accept()


def test_the_environment_has_no_say_in_where_the_key_goes(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with listener() as (_, elsewhere):
        monkeypatch.setenv("HTTP_PROXY", elsewhere)
        monkeypatch.setenv("http_proxy", elsewhere)
        client = world.client()
        reply = client.create(CONTACT, PEOPLE)
        client.close()
    assert (reply.outcome, len(reply.results)) == (Outcome.DONE, 1)


@pytest.mark.parametrize(
    ("key", "outcome"), [("llave ñ", "unauthorised"), ("ключ", "unauthorised"), ("a\nb", "not_carried_out")]
)
def test_a_key_that_cannot_be_one_is_refused_and_not_quoted(world: World, key: str, outcome: str) -> None:
    reply = ask(world.url, key, (2.0, 2.0))
    assert reply.outcome.value == outcome
    assert key not in f"{reply}{CoperniqClient(world.url, key, 1)!r}"


def test_a_search_reads_every_page(world: World, proxy: Proxy) -> None:
    world.enter("Contact", *({"name": f"P{n}", "emails": [f"p{n}@x.example"]} for n in range(100)))
    world.enter("Contact", *({"name": f"Q{n}", "emails": [f"q{n}@x.example"]} for n in range(100)))
    world.enter("Contact", {"name": "R", "emails": ["r@x.example"]})
    client = world.client()
    pages = [reply.data["nodes"] for reply in client.find(CONTACT, {}) if reply.data]
    client.close()
    assert [len(page) for page in pages] == [100, 100, 1]
    assert len({node["id"] for page in pages for node in page}) == 201


def test_a_search_ends_with_the_page_that_failed(world: World, proxy: Proxy) -> None:
    world.enter("Contact", *({"name": f"P{n}", "emails": [f"p{n}@x.example"]} for n in range(100)))
    world.enter("Contact", {"name": "R", "emails": ["r@x.example"]})
    proxy.script("Find", "pass", "bad_gateway")
    client = world.client()
    assert [reply.outcome for reply in client.find(CONTACT, {})] == [Outcome.DONE, Outcome.OPEN]
    client.close()
