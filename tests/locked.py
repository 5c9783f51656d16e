"""Say whether what is installed is what was locked: run as `python -m tests.locked` by `make check`, without a network.

What belongs here: the lock file against `pyproject.toml`, and the environment against the lock file. What does not:
known vulnerabilities, which take a database that a closed network has not (docs/security.md says how to look them up).
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import sysconfig
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "mep-pipeline"
TOOLS = {PROJECT, "pip", "setuptools"}
"""What an environment has besides: the project, and what `python -m venv` puts there."""


def locked(text: str) -> list[tuple[str, Requirement, int]]:
    """Read a lock file: name, requirement and hashes of each; a name may come once for each Python."""
    found: list[tuple[str, Requirement, int]] = []
    for block in re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE)):
        if block.strip():
            requirement = Requirement(block.partition(" \\\n")[0].strip())
            hashes = len(re.findall(r"--hash=sha256:[0-9a-f]{64}(?:\s|$)", block))
            found.append((canonicalize_name(requirement.name), requirement, hashes))
    return found


def faults_of_lock(text: str, project: str) -> Iterator[str]:
    """Say what is wrong with a lock file: loose, without hashes, from a named index, or not what the project asks for.

    Args:
        text: The lock file.
        project: `pyproject.toml`.
    """
    if re.search(r"https?://|--(extra-)?index-url|--find-links", text):
        yield "requirements.lock names where packages come from: make it with --no-emit-index-url (`make lock`)"
        return
    lock = locked(text)
    for name, requirement, hashes in lock:
        if not re.fullmatch(r"==[^*,]+", str(requirement.specifier)):
            yield f"requirements.lock pins {name} to no version: run `make lock`"
        if not hashes:
            yield f"requirements.lock has no hash of {name}: run `make lock`"
    asked = tomllib.loads(project)["project"]
    extras = [one for extra in asked["optional-dependencies"].values() for one in extra]
    for written in [*asked["dependencies"], *extras]:
        requirement = Requirement(written)
        name = canonicalize_name(requirement.name)
        versions = [_version(found) for other, found, _ in lock if other == name]
        if not versions or not all(requirement.specifier.contains(version) for version in versions):
            yield f"requirements.lock does not have what pyproject.toml asks for ({written}): run `make lock`"


def faults_of_environment(text: str, installed: list[Distribution]) -> Iterator[str]:
    """Say what is installed otherwise than it was locked, missing, not locked at all, or changed since."""
    wanted = {
        name: _version(requirement)
        for name, requirement, _ in locked(text)
        if requirement.marker is None or requirement.marker.evaluate()
    }
    there = {canonicalize_name(one.name): one for one in installed}
    for name in sorted(wanted.keys() - there.keys()):
        yield f"{name} is locked but not installed: run `make install`"
    for name in sorted(there.keys() - wanted.keys() - TOOLS):
        yield f"{name} is installed but not locked: add it to pyproject.toml, or delete .venv and run `make install`"
    for name in sorted(wanted.keys() & there.keys()):
        if there[name].version != wanted[name]:
            yield f"{name} {there[name].version} is installed, {wanted[name]} is locked: run `make install`"
        yield from _changed(name, there[name])


def _version(requirement: Requirement) -> str:
    return next(iter(requirement.specifier)).version


def _changed(name: str, installed: Distribution) -> Iterator[str]:
    """Name the files of a distribution that are not as its archive, whose hash was checked, brought them."""
    if installed.files is None:
        yield f"{name} has no list of its files: delete .venv and run `make install`"
    for file in installed.files or ():
        if file.hash is None:
            continue
        path = Path(str(file.locate()))
        digest = hashlib.new(file.hash.mode, path.read_bytes()).digest() if path.is_file() else b""
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            yield f"{file} of {name} was changed or removed after it was installed: delete .venv and run `make install`"


def main() -> None:
    """Print every fault, and end with 1 when there is one."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    installed = list(distributions(path=[sysconfig.get_path("purelib")]))
    faults = [
        *faults_of_lock(text, (ROOT / "pyproject.toml").read_text(encoding="utf-8")),
        *faults_of_environment(text, installed),
    ]
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main()
