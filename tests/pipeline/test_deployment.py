"""A deployment with users of its own behind PgBouncer: it works, keeps its secrets, and listens on loopback alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest

from assets.analytics import project
from orchestration import migrations
from sandbox.postgres import HOST
from tests.conftest import MIGRATIONS
from tests.coperniq_server import SandboxHandle, running_sandbox
from tests.pipeline.deployment import Deployment, running_deployment
from tests.pipeline.project import project_copy
from tests.pipeline.test_commands import CONTACTS, SITES, SLUG, tables_with
from tests.pooler import NEEDED, PROGRAM, running_pooler
from tests.roles import PASSWORDS, make_roles, url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.postgres import Cluster

pytestmark = pytest.mark.timeout(900)  # a whole stack starts

KEY = "marked-api-key-5d0c"
WEBHOOK = "http://127.0.0.1:9/marked-webhook-81e2"
SECRETS = (*PASSWORDS.values(), KEY, "marked-webhook-81e2")
"""What must be nowhere: the marks of all secrets."""

IMPORTED = "SELECT count(*) FROM dagster.runs WHERE status = 'SUCCESS' AND pipeline_name = 'import_contractor_csvs'"


@pytest.fixture(scope="module")
def database(postgres: Cluster) -> Iterator[str]:
    """Give the owner's URL of a migrated database with the users of a deployment."""
    url = postgres.ensure_database("deployment")
    with psycopg.connect(url, prepare_threshold=None) as connection:
        migrations.up(connection, MIGRATIONS)
    make_roles(url)
    yield url
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("DROP DATABASE deployment WITH (FORCE)")


@pytest.fixture(scope="module")
def coperniq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxHandle]:
    with running_sandbox(tmp_path_factory.mktemp("coperniq") / "store.sqlite", keys={KEY: 112}) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def deployment(
    database: str, coperniq: SandboxHandle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Give one that has imported what lay in its inbox, by a run that the daemon launched."""
    if PROGRAM is None:
        pytest.skip(NEEDED)
    folder = tmp_path_factory.mktemp("deployment")
    inbox = folder / "inbox"
    (inbox / SLUG).mkdir(parents=True)
    (inbox / SLUG / "Contact.csv").write_text(CONTACTS)
    (inbox / SLUG / "Site.csv").write_text(SITES)
    settings = {"COPERNIQ_API_URL": coperniq.url, "COPERNIQ_COMPANY_ID": "112", "MEP_INBOX": str(inbox)}
    with project_copy() as copied, running_pooler(database, users=PASSWORDS) as pooler:
        pooled = pooler.url(database)
        secrets = {
            "DATABASE_URL": url_of("mep_pipeline", pooled), "DAGSTER_DATABASE_URL": url_of("mep_dagster", pooled),
            "COPERNIQ_API_KEY": KEY, "MEP_ALERT_WEBHOOK": WEBHOOK,
        }  # fmt: skip
        with running_deployment(copied, folder, settings, secrets) as running:
            add = ["contractor", "add", SLUG, "--name", "Acme", "--email", "office@acme.example"]
            files = {f"{name}_FILE": str(folder / name) for name in secrets}
            added = copied.mep(*add, settings={**settings, **files})
            assert added.returncode == 0, added.stderr
            running.wait(lambda: rows(database, IMPORTED)[0][0] > 0)
            yield running


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()  # pyright: ignore[reportArgumentType]


def test_a_run_that_the_daemon_launched_sends_the_records(deployment: Deployment, database: str) -> None:
    assert rows(database, "SELECT state, count(*) FROM coperniq_records GROUP BY 1") == [("synced", 3)]


@pytest.mark.parametrize("name", ["code-server", "daemon", "webserver"])
def test_what_is_started_is_said_before_it_runs(deployment: Deployment, name: str) -> None:
    log = deployment.log(name)
    said, _ = json.JSONDecoder().raw_decode(log, log.index("{"))
    assert (said["process"], said["pid"]) == (name, deployment.processes[name].pid)
    assert psutil.Process(said["pid"]).cmdline() == said["command"]


def test_no_secret_is_on_a_command_line(deployment: Deployment) -> None:
    # Coperniq's stand-in is told on its own which key it is to take: it is not of the deployment.
    seen = [line for line in deployment.commands if "sandbox.coperniq" not in line]
    assert [line for line in seen if "code-server" in line]
    assert [line for line in seen if any(secret in line for secret in SECRETS)] == []


def test_no_secret_is_in_a_table_of_ours_or_of_dagster(deployment: Deployment, database: str) -> None:
    assert tables_with(database, SECRETS) == []


def test_no_secret_is_in_a_log(deployment: Deployment) -> None:
    state = deployment.project.state / "dagster"
    files = [path for path in [*deployment.folder.glob("*.log"), *state.rglob("*")] if path.is_file()]
    assert len([path for path in files if path.stat().st_size]) > 3
    found = [(path, secret) for path in files for secret in SECRETS if secret in path.read_text(errors="replace")]
    assert found == []


def test_webserver_and_daemon_are_given_no_secret_but_dagsters_own(deployment: Deployment) -> None:
    for name in ("webserver", "daemon"):
        environment = " ".join(psutil.Process(deployment.processes[name].pid).environ().values())
        assert PASSWORDS["mep_dagster"] in environment
        assert [secret for secret in SECRETS if secret in environment] == [PASSWORDS["mep_dagster"]]


def test_everything_listens_on_loopback_alone(deployment: Deployment) -> None:
    listening: set[str] = set()
    for process in deployment.processes.values():
        for one in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
            listening |= {
                # What listens for both kinds of address writes the older one so.
                connection.laddr.ip.removeprefix("::ffff:")
                for connection in one.net_connections()
                if connection.status == psutil.CONN_LISTEN
            }
    assert listening == {HOST}


def test_what_the_webserver_sets_does_not_reach_an_import(deployment: Deployment, database: str) -> None:
    """It limits its statements to seconds, on a connection that PgBouncer then gives to others of the same user."""
    pooled = (deployment.folder / "DATABASE_URL").read_text().strip()
    for _ in range(12):
        with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as connection:
            assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)


def test_what_operators_do_works_as_the_pipelines_user(
    deployment: Deployment, database: str, coperniq: SandboxHandle
) -> None:
    given = {
        "DATABASE_URL": url_of("mep_pipeline", database), "DAGSTER_DATABASE_URL": url_of("mep_dagster", database),
        "COPERNIQ_API_URL": coperniq.url, "COPERNIQ_API_KEY": KEY, "COPERNIQ_COMPANY_ID": "112",
        "MEP_INBOX": str(deployment.project.root / "samples" / "inbox"),
    }  # fmt: skip
    office = ["abc-heating", "--name", "ABC", "--email", "x@abc.example", "--preset", "hvac_residential"]
    for arguments, code in (
        (["templates", "sync"], 0), (["contractor", "add", *office], 0), (["import", "abc-heating"], 3),
        (["sync-check", "abc-heating"], 0), (["contractor", "show", "abc-heating"], 0), (["resolve"], 0),
    ):  # fmt: skip
        done = deployment.project.mep(*arguments, settings=given)
        assert done.returncode == code, (arguments, done.stderr)
    ((tasks,),) = rows(database, "SELECT id::TEXT FROM csv_imports WHERE import_name = 'tasks_march.csv'")
    undone = deployment.project.mep("rollback", tasks, "--yes", settings=given)
    assert undone.returncode == 0, undone.stderr
    refused = deployment.project.mep("migrate", "down", "--yes", settings=given)
    assert (refused.returncode, "permission denied" in refused.stderr or "must be owner" in refused.stderr) == (1, True)


def test_dbt_builds_as_the_pipelines_user_what_the_owner_made(deployment: Deployment, database: str) -> None:
    root = deployment.project.root
    models = {path.stem for path in (root / "dbt_project" / "models").rglob("*.sql")}
    for url in (database, url_of("mep_pipeline", database)):
        said: list[object] = []
        built = list(project.build(root, url, [*models, "test_type:data"], said.append))
        assert models < {one.name for one in built if one.good}, said
        assert [one for one in built if not one.good] == []
        # What no migration makes is there from now on, for the pipeline's user to own.
        make_roles(database)


def test_dagsters_tables_never_end_up_among_ours(
    deployment: Deployment, database: str, coperniq: SandboxHandle
) -> None:
    """Behind the pooler, and for a user that may make no schema, there is no `dagster` without a user of its own."""
    api = {"COPERNIQ_API_URL": coperniq.url, "COPERNIQ_API_KEY": KEY, "COPERNIQ_COMPANY_ID": "112"}
    pooled = (deployment.folder / "DATABASE_URL").read_text().strip()
    for url in (pooled, url_of("mep_pipeline", database)):
        # The latter has a schema dagster, which it may not use.
        refused = deployment.project.mep("import", SLUG, settings={**api, "DATABASE_URL": url})
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
        assert refused.stderr.startswith("mep: Dagster has no schema of its own"), refused.stderr
    assert rows(database, "SELECT to_regclass('public.event_logs')") == [(None,)]
