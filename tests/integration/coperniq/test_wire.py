"""The wire under both transports: a connection of its own for each thread, kept for all that the thread sends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from assets.coperniq.wire import Answered

if TYPE_CHECKING:
    from tests.integration.coperniq.proxy import Proxy
    from tests.integration.coperniq.world import World

THREADS, REQUESTS = 4, 5


def test_each_thread_keeps_a_session_of_its_own(world: World, proxy: Proxy) -> None:
    client, answers = world.client(), list[object]()
    together = threading.Barrier(THREADS)

    def ask() -> None:
        for _ in range(REQUESTS):
            together.wait(20)
            query = {"operationName": "Ask", "variables": {}, "query": "query Ask { __typename }"}
            answers.append(client.wire.request("POST", proxy.url, json=query))

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(client.wire._sessions) == THREADS
    client.close()
    assert [type(answer) for answer in answers] == [Answered] * THREADS * REQUESTS
    assert len(proxy.connections) == THREADS
