"""Kubernetes: the values are ones that Dagster's chart knows, and say of runs what `dagster.yaml` says.

The chart itself is not on PyPI. Its names are written down here after helm/dagster/schema of dagster-io/dagster; what
the chart hands on to Dagster is judged by Dagster and dagster-k8s themselves.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from dagster._config import process_config, resolve_to_config_type
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster_k8s.job import UserDefinedDagsterK8sConfig
from dagster_k8s.launcher import K8sRunLauncher

from orchestration.settings import SECRETS
from tests.conftest import ROOT

PROCESS = {"image", "podSecurityContext", "securityContext", "resources"}
KNOWN = {
    "": {
        "global", "generatePostgresqlPasswordSecret", "postgresql", "dagsterWebserver", "dagsterDaemon",
        "dagster-user-deployments", "runLauncher", "telemetry", "additionalInstanceConfig",
    },
    "additionalInstanceConfig": {"concurrency"},
    "global": {"postgresqlSecretName"},
    "postgresql": {
        "enabled", "postgresqlHost", "postgresqlUsername", "postgresqlDatabase", "postgresqlScheme", "postgresqlParams",
        "service",
    },
    "dagsterWebserver": PROCESS | {"enableReadOnly"},
    "dagsterDaemon": PROCESS | {"runCoordinator", "runMonitoring", "runRetries", "sensors"},
    "dagster-user-deployments": {"enabled", "enableSubchart", "deployments"},
    "runLauncher": {"type", "config"},
    "telemetry": {"enabled"},
}  # fmt: skip
OF_A_DEPLOYMENT = PROCESS | {"name", "port", "codeServerArgs", "includeConfigInLaunchedRuns", "env", "envSecrets"}


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


def snaked(settings: dict[str, Any]) -> dict[str, Any]:
    return {snake(name): value for name, value in settings.items()}


def test_the_chart_knows_every_value(values: dict[str, Any]) -> None:
    assert set(values) == KNOWN[""]
    for name, value in values.items():
        if isinstance(value, dict):
            assert set(value) <= KNOWN[name], name
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    assert set(deployment) <= OF_A_DEPLOYMENT
    for image in (values["dagsterWebserver"], values["dagsterDaemon"], deployment):
        assert set(image["image"]) == {"repository", "tag", "pullPolicy"}


def test_dagster_k8s_takes_the_launcher_and_its_pods(values: dict[str, Any]) -> None:
    assert values["runLauncher"]["type"] == "K8sRunLauncher"
    given = snaked(values["runLauncher"]["config"]["k8sRunLauncher"])
    pods = snaked(given.pop("run_k8s_config"))
    kept = {"service_account_name": "dagster", "instance_config_map": "dagster", "dagster_home": "/opt", **given}
    judged = process_config(resolve_to_config_type(K8sRunLauncher.config_type()), {**kept, "run_k8s_config": pods})
    assert judged.success, judged.errors
    made = UserDefinedDagsterK8sConfig.from_dict(pods)
    assert made.pod_spec_config["security_context"]["run_as_non_root"] is True
    assert made.container_config["security_context"]["allow_privilege_escalation"] is False


def test_runs_are_kept_in_order_as_on_one_machine(values: dict[str, Any]) -> None:
    instance = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    queue = snaked(values["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"])
    judged = process_config(resolve_to_config_type(QueuedRunCoordinator.config_type()), queue)
    assert judged.success, judged.errors
    same = ("tag_concurrency_limits", "dequeue_use_threads", "dequeue_num_workers")
    assert {name: queue[name] for name in same} == {name: instance["run_queue"][name] for name in same}
    assert snaked(values["dagsterDaemon"]["runMonitoring"]) == instance["run_monitoring"]
    assert snaked(values["dagsterDaemon"]["runRetries"]) == instance["run_retries"]
    assert values["additionalInstanceConfig"] == {"concurrency": instance["concurrency"]}
    assert snaked(values["dagsterDaemon"]["sensors"]) == instance["sensors"]


def test_secrets_come_from_secrets(values: dict[str, Any]) -> None:
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    assert set(SECRETS).isdisjoint(deployment["env"])
    assert deployment["envSecrets"] == [{"name": "mep-pipeline"}]
    assert "postgresqlPassword" not in values["postgresql"]
    assert values["postgresql"]["postgresqlUsername"] == "mep_dagster"


def test_nobody_but_dagster_reaches_the_code_server(values: dict[str, Any]) -> None:
    policy = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "network-policy.yaml").read_text())
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    assert policy["spec"]["podSelector"]["matchLabels"] == {"deployment": deployment["name"]}
    (rule,) = policy["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": deployment["port"]}]
