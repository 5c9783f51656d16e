"""An inbox in S3, spoken to by the real library over HTTP."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import s3fs

from assets.csv_imports import arrivals, importing, inbox, registering, remote_inbox, store
from assets.csv_imports.inbox import InboxError, InboxUnreachable, in_order
from assets.csv_imports.remote_inbox import RemoteInbox
from tests.integration.csv_imports.conftest import CONTACTS, Office
from tests.object_storage import BUCKET, client, running_storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX = "customers/inbox"


@dataclass(frozen=True)
class Bucket:
    """A bucket that contractors put files into."""

    environment: dict[str, str]
    spool: Path

    @property
    def inbox(self) -> RemoteInbox:
        return RemoteInbox(f"s3://{BUCKET}/{PREFIX}", self.spool)

    def put(self, source: str, content: str | bytes = "a,b\n1,2\n") -> None:
        client(self.environment).put_object(Bucket=BUCKET, Key=f"{PREFIX}/{source}", Body=content)

    def copies(self) -> list[str]:
        return [path.name for path in self.spool.rglob("*")] if self.spool.exists() else []


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with running_storage() as environment:
        yield environment


@pytest.fixture
def bucket(server: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    made = Bucket(server, tmp_path / "spool")
    yield made
    s3fs.S3FileSystem.clear_instance_cache()
    there = client(server)
    for found in there.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        there.delete_object(Bucket=BUCKET, Key=found["Key"])


def names(bucket: Bucket, after: str = "") -> dict[str, list[str]]:
    return {folder.name: [file.name for file in folder.files or ()] for folder in bucket.inbox.folders(after)}


def test_the_keys_may_stand_in_a_file_that_a_variable_names(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("abc/Contact.csv")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    handed = tmp_path / "aws_credentials"
    handed.write_text("")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(handed))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(InboxUnreachable, match="NoCredentials"):
        names(bucket)
    handed.write_text("[default]\naws_access_key_id = of-a-file\naws_secret_access_key = secret\n")
    s3fs.S3FileSystem.clear_instance_cache()
    assert names(bucket) == {"abc": ["Contact.csv"]}


def test_what_is_no_file_of_a_contractors_folder_is_passed_over(bucket: Bucket) -> None:
    for source in (
        "b/Site.csv", "abc/Contact.csv", "abc/.hidden.csv", "abc/~$Contact.xlsx", "abc/later/Contact.csv", "abc/",
        "Contact.csv", ".hidden/Contact.csv", "abc/Contact.pdf", "abc-1/Contact 1+&ü.csv",
    ):  # fmt: skip
        bucket.put(source)
    assert names(bucket) == {
        "abc-1": ["Contact 1+&ü.csv"], "abc": ["Contact.csv", "Contact.pdf"], "b": ["Site.csv"],
    }  # fmt: skip
    assert [file.name for file in bucket.inbox.files("abc")] == ["Contact.csv", "Contact.pdf"]
    assert bucket.inbox.files("nobody") == []
    assert [*names(bucket, after="abc-1")] == ["abc", "b"]
    assert [*names(bucket, after="abc")] == ["b"]
    assert names(bucket, after="b") == {}
    both = {folder.name: folder.files for folder in bucket.inbox.folders()}
    assert {name: bucket.inbox.files(name) for name in both} == both


def test_a_listing_of_many_pages_is_whole(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [f"c{number // 3}/Contact {number:02}.csv" for number in range(14)]
    for source in sources:
        bucket.put(source)
    call = s3fs.S3FileSystem.call_s3
    asked = []

    def two_a_page(self: Any, method: str, **given: Any) -> Any:
        asked.append(given["StartAfter"])
        return call(self, method, MaxKeys=2, **given)

    monkeypatch.setattr(s3fs.S3FileSystem, "call_s3", two_a_page)
    found = [file.source for folder in bucket.inbox.folders() for file in folder.files or ()]
    assert (found, len(asked)) == (sources, 7)
    asked.clear()
    assert [folder.name for folder in bucket.inbox.folders("c3")] == ["c4"]
    assert len(asked) == 1


def test_a_version_differs_when_the_object_does(bucket: Bucket) -> None:
    def version() -> str:
        (file,) = bucket.inbox.files("abc")
        return file.version

    bucket.put("abc/Contact.csv", "a,b\n1,2\n")
    first = version()
    assert version() == first
    bucket.put("abc/Contact.csv", "a,b\n1,3\n")
    assert version() != first


def test_a_file_is_copied_while_it_is_read_and_no_longer(bucket: Bucket) -> None:
    content = os.urandom(3 * remote_inbox._BLOCK + 17)
    bucket.put("abc/Contact.csv", content)
    with bucket.inbox.at("abc/Contact.csv") as path:
        file = inbox.inspect(path)
        assert (file.name, file.size_bytes, file.sha256) == (
            "Contact.csv", len(content), hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
        assert bucket.spool in path.parents
    assert bucket.copies() == []
    with pytest.raises(KeyError), bucket.inbox.at("abc/Contact.csv"):
        raise KeyError
    assert bucket.copies() == []


def test_copies_of_dead_runs_are_removed_by_and_by(bucket: Bucket) -> None:
    for name, age in (("dead", remote_inbox.FORGOTTEN_SECONDS + 60), ("at work", 60)):
        (bucket.spool / name).mkdir(parents=True)
        (bucket.spool / name / "Contact.csv").write_text("a,b")
        os.utime(bucket.spool / name, (0, time.time() - age))
    bucket.put("abc/Contact.csv")
    with bucket.inbox.at("abc/Contact.csv"):
        pass
    assert bucket.copies() == ["at work", "Contact.csv"]


def test_a_file_that_is_gone_or_too_large_is_that_files_fault(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InboxError, match=r"^Contact.csv is no longer there: put it into the inbox again\.$"):
        bucket.inbox.at("abc/Contact.csv").__enter__()
    bucket.put("abc/Contact.csv", b"x" * 100)
    monkeypatch.setattr(remote_inbox, "MAX_BYTES", 99)
    with pytest.raises(InboxError, match="is larger than"):
        bucket.inbox.at("abc/Contact.csv").__enter__()
    long = f"{'x' * 300}.csv"
    bucket.put(f"abc/{long}")
    with pytest.raises(InboxError, match="no file can have here"):
        bucket.inbox.at(f"abc/{long}").__enter__()
    assert bucket.copies() == []


def test_a_file_of_this_machine_is_read_where_it_lies(bucket: Bucket, tmp_path: Path) -> None:
    there = tmp_path / "Contact.csv"
    with bucket.inbox.at(str(there)) as path:
        assert path == there
    assert bucket.inbox.version(str(there)) is None
    there.touch()
    assert bucket.inbox.version(str(there)) is not None


@pytest.mark.parametrize(
    "ask",
    [
        lambda inbox: list(inbox.folders()),
        lambda inbox: inbox.files("abc"),
        lambda inbox: inbox.version("abc/Contact.csv"),
        lambda inbox: inbox.at("abc/Contact.csv").__enter__(),
    ],
)
def test_a_store_that_does_not_answer_is_no_files_fault_and_says_no_key(
    ask: Any, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(InboxUnreachable) as raised:
        ask(bucket.inbox)
    said = str(raised.value)
    assert "does not answer (EndpointConnectionError)" in said
    assert "test-" not in said
    assert "\n" not in said


def test_a_bucket_that_does_not_exist_is_said(bucket: Bucket) -> None:
    with pytest.raises(InboxUnreachable, match="check MEP_INBOX"):
        list(RemoteInbox("s3://nowhere/inbox", bucket.spool).folders())


def test_a_kind_of_store_that_nobody_knows_is_said(tmp_path: Path) -> None:
    with pytest.raises(InboxUnreachable, match="cannot be opened here"):
        RemoteInbox("nonsense://bucket/inbox", tmp_path)


def test_another_kind_of_store_is_listed_the_same_way(tmp_path: Path) -> None:
    there = RemoteInbox("memory://office/inbox", tmp_path / "spool")
    assert list(there.folders()) == []
    for source in ("b/Site.csv", "abc/Contact.csv", "abc/later/Contact.csv", "Contact.csv", "abc-1/Contact.csv"):
        there._store.pipe_file(f"/office/inbox/{source}", b"a,b\n")
    assert [(folder.name, [file.name for file in folder.files or ()]) for folder in there.folders()] == [
        ("abc-1", ["Contact.csv"]), ("abc", ["Contact.csv"]), ("b", ["Site.csv"]),
    ]  # fmt: skip
    assert [folder.name for folder in there.folders("abc-1")] == ["abc", "b"]
    assert there.files("abc") == next(folder.files for folder in there.folders("abc-1"))
    with there.at("abc/Contact.csv") as path:
        assert path.read_bytes() == b"a,b\n"
    there.remove("abc/Contact.csv")
    there.remove("abc/Contact.csv")
    assert there.version("abc/Contact.csv") is None
    there._store.rm("/office", recursive=True)


def read(office: Office, bucket: Bucket) -> list[importing.Contents]:
    return [
        importing.read_import(office.conn, office.id, bucket.inbox, found, lambda _: None)
        for found in store.unfinished(office.conn, office.id)
    ]


def register(office: Office, bucket: Bucket) -> list[registering.Registered]:
    sources = [file.source for file in in_order(bucket.inbox.files("abc"))]
    return registering.register_files(office.conn, office.id, bucket.inbox, sources, "a test", retry=False)


def test_a_file_in_a_bucket_becomes_an_import(office: Office, bucket: Bucket) -> None:
    bucket.put("abc/Contact.csv", CONTACTS)
    (found,) = register(office, bucket)
    assert (found.outcome, found.import_id is not None) == ("new", True)
    (contents,) = read(office, bucket)
    assert (contents.records, contents.failure) == (3, None)
    assert found.import_id is not None
    assert office.import_row(found.import_id, "source_path", "import_name", "status") == (
        "abc/Contact.csv", "Contact.csv", "success",
    )  # fmt: skip
    assert [one.outcome for one in register(office, bucket)] == ["already imported"]
    assert bucket.copies() == []


def test_a_run_that_goes_on_elsewhere_fetches_the_file_again_and_sees_that_it_changed(
    office: Office, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.put("abc/Contact.csv", CONTACTS)
    register(office, bucket)
    bucket.put("abc/Contact.csv", CONTACTS.replace("Ann", "Eve"))
    (contents,) = read(office, replace(bucket, spool=tmp_path / "another machine"))
    assert contents.failure == "Contact.csv changed while it was read: put it into the inbox again."


def test_an_outage_of_the_store_leaves_the_import_for_the_next_run(
    office: Office, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("abc/Contact.csv", CONTACTS)
    register(office, bucket)
    with monkeypatch.context() as broken:
        broken.setattr(s3fs.S3FileSystem, "open", lambda *_, **__: (_ for _ in ()).throw(OSError("Slow Down")))
        with pytest.raises(InboxUnreachable):
            read(office, bucket)
    (contents,) = read(office, bucket)
    assert (contents.records, contents.failure) == (3, None)


def test_arrivals_in_a_bucket_follow_the_same_rule(office: Office, bucket: Bucket) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)

    def due(later: float) -> list[str]:
        clock = arrivals.Clock(lambda: at + timedelta(seconds=later), lambda _: None)
        found = arrivals.look_around(office.conn, bucket.inbox, "", timedelta(seconds=60), clock)
        return [file.source for files in found.due.values() for file in files]

    bucket.put("abc/Contact.csv", CONTACTS)
    assert due(0) == []
    assert due(60) == ["abc/Contact.csv"]
    with arrivals.taken(office.conn, office.id, bucket.inbox.files("abc")):
        pass
    assert due(120) == []
    bucket.put("abc/Contact.csv", CONTACTS + "Dee,d@b.co,\n")
    assert due(180) == []
    assert due(240) == ["abc/Contact.csv"]
