"""Hosts on a network: namespaces whose cables end in a bridge, on which this machine has an address, too.

What belongs here: making them, running something on one, pulling its cable. What does not: what runs there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

IP = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
NEEDED = "hosts need root and `ip`: run as root, and install it, e.g. `apt-get install iproute2`, as .ci/run does"
NAMES_OF_HOSTS = Path("/etc/netns")


@dataclass(frozen=True)
class Host:
    """A host: a network namespace with one cable.

    Attributes:
        name: Of the namespace.
        cable: The end that is plugged into the bridge.
    """

    name: str
    cable: str

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, **streams: Any
    ) -> subprocess.Popen[bytes]:
        """Start a process on the host, in a session of its own."""
        return subprocess.Popen(
            [IP or "ip", "netns", "exec", self.name, *command], cwd=folder, env=environment, start_new_session=True,
            **streams,
        )  # fmt: skip

    def kill_all(self) -> None:
        """End every process on the host at once, as a power cut does."""
        for pid in _ip("netns", "pids", self.name).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def cut(self) -> None:
        """Pull the cable: packets are lost, and nobody is told."""
        _ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        """Plug it in again."""
        _ip("link", "set", self.cable, "up")


@dataclass(frozen=True)
class Network:
    """A network: this machine's address on it, which hosts call `localhost`, its range, and the hosts."""

    address: str
    range: str
    hosts: tuple[Host, ...]


def is_possible() -> bool:
    """Say whether this process may make hosts."""
    if IP is None or os.geteuid() != 0:
        return False
    probe = f"mep-probe-{os.getpid()}"
    made = subprocess.run([IP, "netns", "add", probe], capture_output=True, check=False).returncode == 0
    if made:
        _ip("netns", "del", probe)
    return made


@contextlib.contextmanager
def running_network(number_of_hosts: int) -> Generator[Network, None, None]:
    """Make a bridge with so many hosts, while the context lasts.

    On a host, `localhost` is this machine: settings take a plain http:// address for nobody else.
    """
    tag = os.getpid() % 10_000
    prefix = f"10.{200 + tag % 50}.{tag // 50 % 250}"
    bridge, address = f"mepbr{tag}", f"{prefix}.1"
    hosts = tuple(Host(f"mep-{tag}-{letter}", f"mep{tag}{letter}") for letter in "abcdef"[:number_of_hosts])
    with contextlib.ExitStack() as made:
        _ip("link", "add", bridge, "type", "bridge")
        made.callback(_ip, "link", "del", bridge)
        _ip("addr", "add", f"{address}/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for number, host in enumerate(hosts, 2):
            names = NAMES_OF_HOSTS / host.name
            made.callback(shutil.rmtree, names, ignore_errors=True)
            names.mkdir(parents=True)
            (names / "hosts").write_text(f"{address} localhost\n")
            _ip("netns", "add", host.name)
            made.callback(_ip, "netns", "del", host.name)
            made.callback(host.kill_all)
            _ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.name)
            made.callback(_ip, "link", "del", host.cable)
            _ip("link", "set", host.cable, "master", bridge, "up")
            for command in (["addr", "add", f"{prefix}.{number}/24", "dev", "eth0"], ["link", "set", "eth0", "up"],
                            ["link", "set", "lo", "up"]):  # fmt: skip
                _ip("-n", host.name, *command)
        yield Network(address, f"{prefix}.0/24", hosts)


def _ip(*arguments: str) -> str:
    done = subprocess.run([IP or "ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr.strip()}"
    return done.stdout
