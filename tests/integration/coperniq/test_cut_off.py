"""A request of a machine that is cut off from the network: it does not arrive after it has been looked for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assets.coperniq.deliver import SETTLE_SECONDS
from sandbox.coperniq.ledger import operations
from tests.conftest import ROOT
from tests.machines.network import NEEDED, is_possible, running_network
from tests.machines.services import running_coperniq

SENDER = """
import sys
from assets.catalogue import CONTACT
from assets.coperniq.client import CoperniqClient
client = CoperniqClient(sys.argv[1], sys.argv[2], int(sys.argv[3]))
def send(name):
    said = client.create(CONTACT, [{"name": name, "emails": [f"{name}@example.com"]}])
    print(said.outcome.name, flush=True)
send("early")
input()
send("late")
"""
RESENT_SECONDS = 8.0
"""In which TCP would have sent a request again that has been under way for `SETTLE_SECONDS`."""


@pytest.mark.skipif(not is_possible(), reason=NEEDED)
def test_a_request_that_was_cut_off_never_arrives_after_it_was_looked_for(tmp_path: Path) -> None:
    with running_network(1) as network, running_coperniq(tmp_path / "coperniq.sqlite", network, {}) as coperniq:
        (host,) = network.hosts
        command = [sys.executable, "-c", SENDER, coperniq.url, coperniq.key, str(coperniq.company_id)]
        with host.start(command, dict(os.environ), ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sender:
            assert sender.stdin is not None
            assert sender.stdout is not None
            assert sender.stdout.readline() == b"DONE\n"
            host.cut()
            sender.stdin.write(b"\n")
            sender.stdin.flush()
            time.sleep(SETTLE_SECONDS)
            host.mend()
            assert sender.stdout.readline() == b"OPEN\n"
            time.sleep(RESENT_SECONDS)
        carried_out = [value["name"] for one in operations(coperniq.store) for value in one.values]
    assert carried_out == ["early"]
