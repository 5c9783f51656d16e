"""The files of `deploy/`, read."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())


@pytest.fixture(scope="session")
def values() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text())
