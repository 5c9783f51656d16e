"""Settings: what is missing or malformed is said in one line, and no secret with it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from assets.errors import SettingsError
from assets.outbox import paths
from orchestration import settings, stack_settings

GOOD = {
    "DATABASE_URL": "postgresql://user:p%40ss@db.example.com:5432/postgres",
    "COPERNIQ_API_URL": "https://api.example.com/graphql",
    "COPERNIQ_API_KEY": "a-very-secret-key",
    "COPERNIQ_COMPANY_ID": "112",
}


def test_good_settings_are_read() -> None:
    given = settings.load(GOOD)
    assert (given.company_id, given.api_url) == (112, GOOD["COPERNIQ_API_URL"])
    assert given.inbox == settings.ROOT / "inbox"


@pytest.mark.parametrize(("written", "order"), [("", None), ("MDY", "MDY"), (" dmy ", "DMY")])
def test_the_order_of_dates_may_be_left_open(written: str, order: str | None) -> None:
    assert settings.load({**GOOD, "MEP_DATE_ORDER": written}).date_order == order


def test_a_representation_holds_no_secret() -> None:
    shown = repr(settings.load(GOOD))
    assert "secret" not in shown
    assert "p%40ss" not in shown


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} is not set: .*\.env"):
        settings.load({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://user:hunter2@host/db"),
        ("DATABASE_URL", "postgresql://user:hunter2@/db"),
        ("DATABASE_URL", "postgresql://user:hunter2@host:port/db"),
        ("DATABASE_URL", "postgresql://user:hunter2@host"),
        ("DATABASE_URL", "host=hunter2"),
        ("DATABASE_URL", "postgresql://user:p@hunter2@host/db"),
        ("DATABASE_URL", "postgresql://user:hunter2@host/db?pgbouncer=true"),
        ("COPERNIQ_API_URL", "https://[hunter2"),
        ("COPERNIQ_API_URL", "https://host:hunter2/graphql"),
        ("MEP_OUTBOX", "~hunter2-is-no-user/x"),
        ("COPERNIQ_API_URL", "api.example.com/hunter2"),
        ("COPERNIQ_API_URL", "https://user:hunter2@api.example.com"),
        ("COPERNIQ_API_URL", "http://api.example.com/hunter2"),
        ("COPERNIQ_API_KEY", "hunter2 with a space"),
        ("COPERNIQ_API_KEY", "hunter2\nX-Header: injected"),
        ("COPERNIQ_COMPANY_ID", "hunter2"),
        ("COPERNIQ_COMPANY_ID", "0"),
        ("MEP_INBOX", "hunter2\x00"),
        ("MEP_INBOX", "s3://key:hunter2@bucket/inbox"),
        ("MEP_INBOX", "s3://bucket/inbox?secret=hunter2"),
        ("MEP_INBOX", "s3://bucket/inbox#hunter2"),
        ("MEP_INBOX", "simplecache::s3://hunter2"),
        ("MEP_INBOX", "s3://bucket/hunter2::zip://x"),
        ("MEP_INBOX", "file:///srv/hunter2"),
        ("MEP_INBOX", "s3:///"),
        ("MEP_INBOX", "://hunter2"),
        ("MEP_INBOX_STABLE_SECONDS", "hunter2"),
        ("MEP_INBOX_STABLE_SECONDS", "-1"),
        ("MEP_DATE_ORDER", "hunter2"),
        ("COPERNIQ_TRANSPORT", "hunter2"),
        ("COPERNIQ_REQUESTS_PER_SECOND", "hunter2"),
        ("COPERNIQ_REQUESTS_PER_SECOND", "-1"),
        ("COPERNIQ_REQUESTS_PER_DAY", "5,000"),
        ("COPERNIQ_REQUESTS_PER_DAY", "\u0665"),
        ("COPERNIQ_REST_WORK_ORDER_TEMPLATE", "hunter2"),
        ("COPERNIQ_REST_CATALOG_ITEM", "1.5"),
    ],
)
def test_a_malformed_setting_is_named_without_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as raised:
        settings.load({**GOOD, name: value})
    assert "hunter2" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_limits_are_what_coperniq_publishes_unless_they_are_set() -> None:
    given = settings.load(GOOD)
    assert (given.transport, given.requests_per_second, given.requests_per_day) == ("graphql", 100, 5_000)
    limits = {"COPERNIQ_REQUESTS_PER_SECOND": "0", "COPERNIQ_REQUESTS_PER_DAY": " 20000 "}
    given = settings.load(GOOD | limits)
    assert (given.requests_per_second, given.requests_per_day) == (0, 20_000)


def test_rest_has_an_address_of_its_own() -> None:
    rest = {name: value for name, value in GOOD.items() if name != "COPERNIQ_API_URL"} | {"COPERNIQ_TRANSPORT": "REST"}
    assert (settings.load(rest).transport, settings.load(rest).api_url) == ("rest", "https://api.coperniq.io/v1")
    other = settings.load({**rest, "COPERNIQ_API_URL": "http://127.0.0.1:8080/v1/"})
    assert other.api_url == "http://127.0.0.1:8080/v1"
    with pytest.raises(SettingsError, match="COPERNIQ_TRANSPORT is rest"):
        settings.load(rest | GOOD)


def test_rest_is_told_what_to_make_records_from() -> None:
    assert (settings.load(GOOD).work_order_template, settings.load(GOOD).catalog_item) == (None, None)
    given = settings.load(GOOD | {"COPERNIQ_REST_WORK_ORDER_TEMPLATE": "7", "COPERNIQ_REST_CATALOG_ITEM": "8"})
    assert (given.work_order_template, given.catalog_item) == (7, 8)


@pytest.mark.parametrize(
    ("given", "threshold"), [("", 0.9), ("0.75", 0.75), (".5", 0.5), ("1", 1.0), ("1.00", 1.0), ("0", 0.0)]
)
def test_how_sure_a_field_must_be_is_between_0_and_1(given: str, threshold: float) -> None:
    assert settings.load(GOOD | {"MEP_FORM_CONFIDENCE": given}).form_confidence == threshold


@pytest.mark.parametrize("given", ["1.1", "-0.5", "90", "0.905", "ninety", "٠.٩"])
def test_how_sure_a_field_must_be_is_a_number(given: str) -> None:
    with pytest.raises(SettingsError, match="MEP_FORM_CONFIDENCE is malformed"):
        settings.load(GOOD | {"MEP_FORM_CONFIDENCE": given})


def test_a_plain_http_address_is_for_loopback_only() -> None:
    assert settings.load({**GOOD, "COPERNIQ_API_URL": "http://127.0.0.1:8080/graphql"})


@pytest.mark.parametrize(
    "address",
    [
        "hooks.slack.com/hunter2", "http://hooks.slack.com/hunter2", "https://user:hunter2@hooks.slack.com",
        "https://[hunter2", "ftp://localhost/hunter2", "https://hooks.slack.com/hunter2 x", "http://127.0.0.1.nip.io/hunter2",
    ],
)  # fmt: skip
def test_alerts_are_posted_to_https_or_to_this_machine_and_the_address_is_secret(address: str) -> None:
    with pytest.raises(SettingsError, match="MEP_ALERT_WEBHOOK is malformed") as raised:
        stack_settings.alert_webhook({"MEP_ALERT_WEBHOOK": address})
    assert "hunter2" not in str(raised.value)
    for good in ("https://hooks.slack.com/services/T0/B0/x", "http://127.0.0.1:9/x", "http://[::1]:9/x"):
        assert stack_settings.alert_webhook({"MEP_ALERT_WEBHOOK": good}) == good
    assert stack_settings.alert_webhook({"MEP_ALERT_WEBHOOK": " "}) is None
    assert "MEP_ALERT_WEBHOOK" in settings.SECRETS


def test_links_lead_to_the_ui_as_people_reach_it() -> None:
    assert stack_settings.ui_url({}) == "http://localhost:3000"
    assert stack_settings.ui_url({"MEP_UI_URL": "https://dagster.example.com/ui/"}) == "https://dagster.example.com/ui"
    with pytest.raises(SettingsError, match="MEP_UI_URL is malformed"):
        stack_settings.ui_url({"MEP_UI_URL": "dagster.example.com"})


def test_reports_are_linked_where_the_outbox_is_served() -> None:
    assert stack_settings.outbox_url({}) is None
    served = "https://files.example.com/out"
    assert stack_settings.outbox_url({"MEP_OUTBOX_URL": f"{served}/"}) == served
    outbox = Path("outbox")
    report = outbox / "a b#ö" / "1" / "report.html"
    assert paths.address(served, outbox, report) == f"{served}/a%20b%23%C3%B6/1/report.html"
    for wrong in (
        "files.example.com",
        "file:///outbox",
        "https://files.example.com/?of=",
        "https://u:p@files.example.com",
    ):
        with pytest.raises(SettingsError, match="MEP_OUTBOX_URL is malformed"):
            stack_settings.outbox_url({"MEP_OUTBOX_URL": wrong})


def test_dagster_keeps_its_tables_in_a_schema_of_its_own() -> None:
    environment = stack_settings.dagster_environment(GOOD["DATABASE_URL"] + "?sslmode=require")
    assert environment["DAGSTER_POSTGRES_URL"] == (
        "postgresql+psycopg2://user:p%40ss@db.example.com:5432/postgres?sslmode=require&options=-csearch_path%3Ddagster"
    )


def test_every_setting_is_documented_by_itself() -> None:
    paragraphs = (settings.ROOT / ".env.example").read_text().split("\n\n")
    documented = [re.findall(r"^([A-Z0-9_]+)=", paragraph, re.MULTILINE) for paragraph in paragraphs]
    assert [names for names in documented if len(names) > 1] == [], "the page of a command would say the same of each"
    assert {name for names in documented for name in names} >= set(settings.NAMES)


def test_the_environment_wins_over_the_file_and_the_file_over_the_local_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    monkeypatch.setattr(settings, "LOCAL_STACK", tmp_path / "local.env")
    for name in settings.NAMES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "local.env").write_text("MEP_INBOX='stack'\nMEP_OUTBOX='stack'\nMEP_TEMPLATES='stack'\n")
    (tmp_path / ".env").write_text("MEP_OUTBOX=file\nMEP_TEMPLATES=file\n")
    monkeypatch.setenv("MEP_TEMPLATES", "environment")
    assert settings.read() == {"MEP_INBOX": "stack", "MEP_OUTBOX": "file", "MEP_TEMPLATES": "environment"}
    assert settings.read(local=False) == {"MEP_OUTBOX": "file", "MEP_TEMPLATES": "environment"}


def test_an_inbox_is_a_folder_or_the_url_of_a_store() -> None:
    assert settings.inbox({}) == settings.ROOT / "inbox"
    assert settings.inbox({"MEP_INBOX": "/srv/drop"}) == Path("/srv/drop")
    assert settings.inbox({"MEP_INBOX": "s3://bucket/some-prefix"}) == "s3://bucket/some-prefix"
    assert settings.inbox({"MEP_INBOX": " s3://bucket/prefix/ "}) == "s3://bucket/prefix"


def test_what_the_file_says_for_a_store_reaches_its_library_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    (tmp_path / ".env").write_text("AWS_ACCESS_KEY_ID=file\nFSSPEC_S3_ANON=file\nAWS_REGION=file\nOTHER=file\n")
    for name in ("AWS_ACCESS_KEY_ID", "FSSPEC_S3_ANON", "OTHER"):
        monkeypatch.setenv(name, "before")  # so that it is put back
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_REGION", "environment")
    settings.hand_over_store_settings()
    found = {name: os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "FSSPEC_S3_ANON", "AWS_REGION", "OTHER")}
    assert found == {"AWS_ACCESS_KEY_ID": "file", "FSSPEC_S3_ANON": "file", "AWS_REGION": "environment", "OTHER": None}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leave nothing set, here or in a file; give the folder that takes the project's place."""
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    monkeypatch.setattr(settings, "LOCAL_STACK", tmp_path / "local.env")
    for name in settings.NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    return tmp_path


@pytest.mark.parametrize("name", settings.SECRETS)
def test_a_secret_may_stand_in_a_file(bare: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (bare / "secret").write_text("of the file\n")
    (bare / "empty").write_text("\n")
    monkeypatch.setenv(f"{name}_FILE", str(bare / "secret"))
    assert settings.read() == {name: "of the file"}
    (bare / ".env").write_text(f"{name}=of .env\n")
    assert settings.read() == {name: "of the file"}, "the environment wins over .env, by whichever way"
    monkeypatch.setenv(name, "itself")
    assert settings.read() == {name: "itself"}
    monkeypatch.delenv(name)
    monkeypatch.setenv(f"{name}_FILE", str(bare / "empty"))
    assert settings.read() == {name: "of .env"}


def test_what_is_no_secret_stands_in_no_file(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEP_INBOX_FILE", str(bare / "missing"))
    assert settings.read() == {}


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named_without_its_path(
    bare: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    if content:
        (bare / "hunter2").write_bytes(content)
    monkeypatch.setenv("COPERNIQ_API_KEY_FILE", str(bare / "hunter2"))
    with pytest.raises(SettingsError, match=r"^COPERNIQ_API_KEY_FILE names a file that cannot be read \(") as raised:
        settings.read()
    assert "hunter2" not in str(raised.value)


def test_no_limit_of_runs_is_no_limit_for_dagster(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", GOOD["DATABASE_URL"])
    assert stack_settings.dagster_environment()["MEP_RUNS_AT_ONCE"] == "10"
    monkeypatch.setenv("MEP_RUNS_AT_ONCE", "0")
    assert stack_settings.dagster_environment()["MEP_RUNS_AT_ONCE"] == "-1"


def test_dagster_may_have_a_user_of_its_own(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_DATABASE_URL", "postgresql://mep_dagster:x@db.example.com/postgres?sslmode=require")
    environment = stack_settings.dagster_environment()
    assert environment["DAGSTER_POSTGRES_URL"] == (
        "postgresql+psycopg2://mep_dagster:x@db.example.com/postgres?sslmode=require"
    )
    assert "DATABASE_URL" not in environment
    monkeypatch.setenv("DAGSTER_DATABASE_URL", "mysql://hunter2@host/db")
    with pytest.raises(SettingsError, match=r"^DAGSTER_DATABASE_URL is malformed") as raised:
        stack_settings.dagster_environment()
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(("given", "found"), [("", ("127.0.0.1", 4000)), ("code-server:4001", ("code-server", 4001))])
def test_the_code_server_is_where_it_is_said_to_be(given: str, found: tuple[str, int]) -> None:
    assert stack_settings.code_server({"MEP_CODE_SERVER": given}) == found


@pytest.mark.parametrize("given", ["4000", "host", "host:0", "http://host:1", "host:1 -x"])
def test_the_code_server_is_a_host_and_a_port(given: str) -> None:
    with pytest.raises(SettingsError, match="MEP_CODE_SERVER is malformed"):
        stack_settings.code_server({"MEP_CODE_SERVER": given})
