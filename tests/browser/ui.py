"""The UI of a copy of the project: what tests bring into it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.ui import ENDED, Ui, tagged, until
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.pipeline.project import Project


REPOSITORY = {"repositoryLocationName": "mep_pipeline", "repositoryName": "__repository__"}
BACKFILL_ENDED = ("COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED")


@dataclass(frozen=True)
class ProjectUi(Ui):
    """The UI at an address, of a copy of the project."""

    project: Project

    def bring_files(self, slug: str, files_of: str) -> None:
        """Put the files of a sample contractor into a contractor's inbox."""
        shutil.copytree(ROOT / "samples" / "inbox" / files_of, self.project.root / "inbox" / slug, dirs_exist_ok=True)

    def add_contractor(self, slug: str) -> None:
        """Register a contractor, and its partition."""
        done = self.project.mep("contractor", "add", slug, "--name", slug, "--email", f"office@{slug}.example")
        assert done.returncode == 0, done.stderr
        self.graphql(
            """
            mutation($repository: RepositorySelector!, $key: String!) {
              addDynamicPartition(
                repositorySelector: $repository, partitionsDefName: "contractor", partitionKey: $key
              ) { __typename }
            }
            """,
            repository=REPOSITORY,
            key=slug,
        )

    def stop_automation(self) -> None:
        """Stop schedules and sensors: a test starts what it looks at."""
        found = self.graphql(
            """
            query($repository: RepositorySelector!) {
              repositoryOrError(repositorySelector: $repository) {
                ... on Repository {
                  schedules { scheduleState { id status } }
                  sensors { sensorState { id status } }
                }
              }
            }
            """,
            repository=REPOSITORY,
        )["repositoryOrError"]
        for schedule in found["schedules"]:
            if schedule["scheduleState"]["status"] == "RUNNING":
                self.graphql("mutation($id: String!) { stopRunningSchedule(id: $id) { __typename } }",
                             id=schedule["scheduleState"]["id"])  # fmt: skip
        for sensor in found["sensors"]:
            if sensor["sensorState"]["status"] == "RUNNING":
                self.graphql("mutation($id: String!) { stopSensor(id: $id) { __typename } }",
                             id=sensor["sensorState"]["id"])  # fmt: skip

    def run_job(self, job: str) -> None:
        """Launch a job without partitions as the launchpad does, and wait until it succeeded."""
        launched = self.graphql(
            """
            mutation($parameters: ExecutionParams!) {
              launchRun(executionParams: $parameters) {
                __typename
                ... on LaunchRunSuccess { run { runId } }
                ... on PythonError { message }
              }
            }
            """,
            parameters={"selector": {**REPOSITORY, "pipelineName": job}, "runConfigData": "{}"},
        )["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run = until(lambda: self.run(launched["run"]["runId"]), lambda found: found["status"] in ENDED)
        assert run["status"] == "SUCCESS", run

    def backfill(self, job: str, partitions: list[str]) -> list[Any]:
        """Launch a backfill of partitions of a job, wait until it succeeded, and give its runs."""
        launched = self.graphql(
            """
            mutation($parameters: LaunchBackfillParams!) {
              launchPartitionBackfill(backfillParams: $parameters) {
                __typename
                ... on LaunchBackfillSuccess { backfillId }
                ... on PythonError { message }
              }
            }
            """,
            parameters={
                "selector": {"partitionSetName": f"{job}_partition_set", "repositorySelector": REPOSITORY},
                "partitionNames": partitions,
            },
        )["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        query = """
            query($id: String!) {
              partitionBackfillOrError(backfillId: $id) {
                ... on PartitionBackfill {
                  status error { message } runs(limit: 100) { runId status tags { key value } }
                }
              }
            }
        """
        found = until(
            lambda: self.graphql(query, id=launched["backfillId"])["partitionBackfillOrError"],
            lambda backfill: backfill["status"] in BACKFILL_ENDED,
        )
        assert found["status"] == "COMPLETED_SUCCESS", found
        return [tagged(run) for run in found["runs"]]
