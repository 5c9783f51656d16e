"""The check of dependencies finds what is loose, missing, added, of another version, and changed on the disk."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.locked import faults_of_environment, faults_of_lock

HASH = f"--hash=sha256:{'0' * 64}"
LOCK = (
    f"# made by uv\none==1.0 \\\n    {HASH} \\\n    {HASH}\n    # via two\n"
    f"two==2.5 ; python_version >= '3' \\\n    {HASH}\n"
)
OTHER = f"two==2.4 ; sys_platform == 'never' \\\n    {HASH}\n"
PROJECT = '[project]\ndependencies = ["two>=2,<3"]\n[project.optional-dependencies]\nx = ["One[more]>=1"]\n'


def install(folder: Path, name: str, version: str) -> None:
    content = f"VERSION = '{version}'\n".encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (folder / f"{name}.py").write_bytes(content)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text(f"{name}.py,sha256={digest},{len(content)}\n{info.name}/RECORD,,\n")


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    install(tmp_path, "one", "1.0")
    install(tmp_path, "two", "2.5")
    install(tmp_path, "pip", "1")
    return tmp_path


def installed(folder: Path) -> list[Distribution]:
    return list(distributions(path=[str(folder)]))


def test_the_projects_own_lock_is_good() -> None:
    text, project = (ROOT / "requirements.lock").read_text(), (ROOT / "pyproject.toml").read_text()
    assert list(faults_of_lock(text, project)) == []


def test_what_is_as_it_was_locked_is_good(environment: Path) -> None:
    assert list(faults_of_lock(LOCK, PROJECT)) == []
    assert list(faults_of_environment(LOCK + OTHER, installed(environment))) == []


@pytest.mark.parametrize(
    ("lock", "project", "said"),
    [
        (LOCK.replace("one==1.0", "one>=1.0"), PROJECT, "pins one to no version"),
        (LOCK.replace("two==2.5", "two==2.*"), PROJECT, "pins two to no version"),
        (re.sub(r"(two.*) \\\n.*", r"\1", LOCK), PROJECT, "has no hash of two"),
        (LOCK + "--index-url https://example.com/simple\n", PROJECT, "names where packages come from"),
        (LOCK, PROJECT.replace("two>=2,<3", "two>=3"), "does not have what pyproject.toml asks for (two>=3)"),
        (LOCK, PROJECT.replace("One[more]", "three"), "does not have what pyproject.toml asks for (three>=1)"),
    ],
)
def test_a_lock_that_leaves_something_open_is_named(lock: str, project: str, said: str) -> None:
    assert said in next(faults_of_lock(lock, project))


def test_an_environment_that_differs_is_named(environment: Path) -> None:
    install(environment, "added", "1")
    (environment / "one.py").write_text("import os\n")
    lock = LOCK.replace("two==2.5", "two==2.6") + f"three==3 \\\n    {HASH}\n"
    assert list(faults_of_environment(lock, installed(environment))) == [
        "three is locked but not installed: run `make install`",
        "added is installed but not locked: add it to pyproject.toml, or delete .venv and run `make install`",
        "one.py of one was changed or removed after it was installed: delete .venv and run `make install`",
        "two 2.5 is installed, 2.6 is locked: run `make install`",
    ]
    (environment / "two.py").unlink()
    assert "two.py of two was changed or removed" in list(faults_of_environment(LOCK, installed(environment)))[-1]
