"""Which files of the inbox are new and stable, told from two looks at a real folder and what PostgreSQL remembers."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from assets.csv_imports import arrivals
from assets.csv_imports.local_inbox import LocalInbox
from tests.integration.csv_imports.conftest import Office, make_office

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection

    from assets.csv_imports.arrivals import Look

STABLE = timedelta(seconds=60)


@dataclass
class Watch:
    """Looks at an office's inbox at times that the test sets."""

    office: Office
    at: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def look(self, later: float = 0.0, after: str = "", stable: timedelta = STABLE) -> Look:
        self.at += timedelta(seconds=later)
        clock = arrivals.Clock(lambda: self.at, self.wait)
        return arrivals.look_around(self.office.conn, self.office.inbox, after, stable, clock)

    def due(self, later: float = 0.0) -> list[str]:
        return [file.source for files in self.look(later).due.values() for file in files]

    def take(self, *names: str) -> None:
        files = [file for file in self.office.inbox.files("abc") if not names or file.name in names]
        with arrivals.taken(self.office.conn, self.office.id, files):
            pass

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def remembered(self) -> list[str]:
        return [row[0] for row in self.office.conn.execute("SELECT source_path FROM inbox_files ORDER BY 1").fetchall()]


@pytest.fixture
def watch(office: Office) -> Watch:
    return Watch(office)


def test_a_file_is_due_when_two_looks_far_enough_apart_find_it_the_same(watch: Watch) -> None:
    watch.office.put("Contact.csv", "a,b\n")
    first = watch.look()
    assert (first.due, first.settling, first.served) == ({}, ["abc"], ["abc"])
    assert watch.due(later=59) == []
    assert watch.due(later=1) == ["abc/Contact.csv"]
    assert watch.due(later=5) == ["abc/Contact.csv"]


def test_a_file_that_grows_is_not_due_until_it_has_rested(watch: Watch) -> None:
    path = watch.office.put("Contact.csv", "a,b\n")
    for _ in range(3):
        assert watch.due(later=61) == []
        with path.open("a") as growing:
            growing.write("1,2\n")
    assert watch.due(later=61) == []
    assert watch.due(later=59) == []
    assert watch.due(later=1) == ["abc/Contact.csv"]


def replace(path: Path) -> None:
    """Put a file of the same size and time in a file's place, as `cp --preserve` to a new name and a renaming do."""
    other = path.with_name(".new")
    other.write_bytes(path.read_bytes()[::-1])
    before = path.stat()
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)


def touch(path: Path) -> None:
    os.utime(path, (1, 1))


def mend_rights(path: Path) -> None:
    path.chmod(0o640)


def write_more(path: Path) -> None:
    path.write_text("a,b\n1,2\n")


@pytest.mark.parametrize("change", [replace, touch, mend_rights, write_more])
def test_what_a_run_has_looked_at_is_due_again_only_when_it_changes(change: Any, watch: Watch) -> None:
    path = watch.office.put("Contact.csv", "a,b\n")
    watch.due()
    assert watch.due(later=60) == ["abc/Contact.csv"]
    watch.take()
    assert watch.due(later=600) == []
    change(path)
    assert watch.due(later=1) == []
    assert watch.due(later=60) == ["abc/Contact.csv"]


def test_a_file_that_a_run_by_hand_has_taken_is_not_taken_again(watch: Watch) -> None:
    watch.office.put("Contact.csv", "a,b\n")
    watch.office.put("Site.csv", "a,b\n")
    watch.take("Contact.csv")
    watch.due()
    assert watch.due(later=60) == ["abc/Site.csv"]


def test_a_file_that_changes_while_a_run_reads_it_comes_again(watch: Watch) -> None:
    path = watch.office.put("Contact.csv", "a,b\n")
    watch.due()
    with arrivals.taken(watch.office.conn, watch.office.id, watch.office.inbox.files("abc")):
        path.write_text("a,b\n1,2\n")
        watch.due(later=1)
    assert watch.due(later=60) == ["abc/Contact.csv"]


def test_a_file_that_a_failing_run_looked_at_stays_due(watch: Watch) -> None:
    watch.office.put("Contact.csv", "a,b\n")
    watch.due()
    with (
        pytest.raises(KeyboardInterrupt),
        arrivals.taken(watch.office.conn, watch.office.id, watch.office.inbox.files("abc")),
    ):
        raise KeyboardInterrupt
    assert watch.due(later=60) == ["abc/Contact.csv"]


def refuse(watch: Watch) -> None:
    """Let a run refuse what lies there, now."""
    with arrivals.taken(watch.office.conn, watch.office.id, watch.office.inbox.files("abc")) as refused:
        refused["abc/Contact.csv"] = "abc/Contact.yaml, line 1:\nwrong"
    watch.at = datetime.now(UTC)


def test_a_file_that_a_run_refused_is_due_again_after_a_rest_that_grows(watch: Watch) -> None:
    path = watch.office.put("Contact.csv", "a,b\n")
    watch.due()
    refuse(watch)
    found = watch.look(later=50)
    assert (found.due, found.settling, found.refused) == ({}, [], ["abc"])
    assert watch.due(later=15) == ["abc/Contact.csv"]
    for been, rests in ((timedelta(minutes=10), timedelta(minutes=10)), (timedelta(days=2), timedelta(hours=4))):
        watch.office.conn.execute("UPDATE inbox_files SET refused_since = now() - %s", [been])
        refuse(watch)
        assert watch.due(later=rests.total_seconds() - 10) == []
        assert watch.due(later=15) == ["abc/Contact.csv"]
    (kept,) = watch.office.conn.execute("SELECT refused FROM inbox_files").fetchone() or ()
    assert kept == "abc/Contact.yaml, line 1: wrong"
    refuse(watch)
    write_more(path)
    assert watch.due(later=1) == []
    assert watch.due(later=60) == ["abc/Contact.csv"], "another version rests no longer than any"
    watch.take()
    assert watch.due(later=86_400) == []
    assert watch.office.conn.execute("SELECT refused, refused_since, again_at FROM inbox_files").fetchall() == [
        (None, None, None)
    ]


def test_what_another_machine_sees_otherwise_does_not_come_again_and_again(watch: Watch) -> None:
    """A worker may see other inodes and times of the same files: what it takes is what the sensor has seen."""
    watch.office.put("Contact.csv", "a,b\n")
    watch.due()
    theirs = [type(file)(file.source, "other") for file in watch.office.inbox.files("abc")]
    with arrivals.taken(watch.office.conn, watch.office.id, theirs):
        pass
    assert watch.due(later=60) == []


def test_where_files_have_just_come_it_looks_again_in_a_moment(watch: Watch) -> None:
    watch.office.put("Contact.csv", "a,b\n")
    assert [*watch.look(stable=timedelta(seconds=3)).due] == ["abc"]
    watch.office.put("Site.csv", "a,b\n")
    watch.at = waited = watch.at + timedelta(seconds=10)
    patient = watch.look(stable=arrivals.PATIENCE + timedelta(seconds=1))
    assert ([file.source for file in patient.due["abc"]], watch.at) == (["abc/Contact.csv"], waited)


def test_folders_are_told_apart(watch: Watch, connection: Connection[Any]) -> None:
    root = watch.office.root
    other = make_office(connection, root, "off")
    connection.execute("UPDATE mep_contractor_configs SET is_active = FALSE WHERE slug = 'off'")
    other.put("Contact.csv", "a,b\n")
    for name in ("stranger", ".hidden", "Abc", os.fsdecode(b"bad\xff"), "two\nlines"):
        (root / name).mkdir()
        (root / name / "Contact.csv").write_text("a,b\n")
    (root / "Contact.csv").write_text("lies in no folder")
    watch.office.put("Contact.pdf", "not read")
    watch.office.put(os.fsdecode(b"Contact\xff.csv"), "no text")
    watch.look()
    found = watch.look(later=60)
    assert (found.served, found.inactive, found.due) == (["abc"], ["off"], {})
    assert found.unknown == ["Abc", os.fsdecode(b"bad\xff"), "stranger", "two\nlines"]
    assert watch.remembered() == []


def test_an_inbox_that_is_not_there_yet_holds_nothing(watch: Watch, tmp_path: Path) -> None:
    found = arrivals.look_around(watch.office.conn, LocalInbox(tmp_path / "none"), "", STABLE, arrivals.Clock())
    assert found == arrivals.Look()


def test_what_is_gone_is_forgotten(watch: Watch, connection: Connection[Any]) -> None:
    for slug in ("abc-1", "b"):
        make_office(connection, watch.office.root, slug).put("Contact.csv", "a,b\n")
    watch.office.put("Contact.csv", "a,b\n")
    path = watch.office.put("Site.csv", "a,b\n")
    watch.look()
    assert watch.remembered() == ["abc-1/Contact.csv", "abc/Contact.csv", "abc/Site.csv", "b/Contact.csv"]
    path.unlink()
    watch.look()
    assert watch.remembered() == ["abc-1/Contact.csv", "abc/Contact.csv", "b/Contact.csv"]
    shutil.rmtree(watch.office.root / "b")
    shutil.rmtree(watch.office.root / "abc-1")
    watch.look(after="abc")
    assert watch.remembered() == ["abc-1/Contact.csv", "abc/Contact.csv"]  # what lies before was not looked at
    watch.look()
    assert watch.remembered() == ["abc/Contact.csv"]


def test_a_folder_that_cannot_be_read_is_said_and_nothing_of_it_is_forgotten(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.office.put("Contact.csv", "a,b\n")
    watch.look()
    scan = os.scandir

    def refuse(path: object) -> Any:
        if str(path).endswith("abc"):
            raise PermissionError(13, "Permission denied")
        return scan(path)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "scandir", refuse)
    found = watch.look(later=60)
    assert (found.unreadable, found.served, watch.remembered()) == (["abc"], [], ["abc/Contact.csv"])


def test_it_stops_after_a_while_and_goes_on_there(
    watch: Watch, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "FOLDERS", 2)
    slugs = ["a", "a-b", "abc", "b_c", "bc"]
    for slug in slugs:
        if slug != "abc":
            make_office(connection, watch.office.root, slug)
        (watch.office.root / slug).mkdir(exist_ok=True)
        (watch.office.root / slug / "Contact.csv").write_text("a,b\n")
    assert watch.look().served == sorted(slugs, key=lambda slug: f"{slug}/")

    seen, after = [], ""
    while True:  # a tick whose time is over at once sees two folders
        ticking = iter(range(10**6))
        clock = arrivals.Clock(lambda: watch.at + 20 * timedelta(seconds=next(ticking)), watch.wait)  # noqa: B023
        found = arrivals.look_around(connection, watch.office.inbox, after, STABLE, clock)
        seen.append(found.served)
        after = found.through
        if not after:
            break
    assert seen == [["a-b", "a"], ["abc", "b_c"], ["bc"]]
    assert len(watch.remembered()) == 5
    monkeypatch.setattr(arrivals, "DUE", 2)
    assert [*watch.look(later=600).due] == ["a-b", "a"]


@pytest.mark.parametrize("limit", ["FOLDERS", "FILES"])
def test_no_look_ends_at_a_folder_whose_name_is_no_text(
    watch: Watch, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(arrivals, limit, 1)
    monkeypatch.setattr(arrivals, "LOOKING", timedelta(-1))
    strange = [os.fsdecode(name) for name in (b"bad\xff", b"bad\xfe")]
    for name in [*strange, "bc"]:
        (watch.office.root / name).mkdir()
        (watch.office.root / name / "Contact.csv").write_text("a,b\n")
    watch.office.put("Contact.csv", "a,b\n")
    first = watch.look()
    assert (first.through, first.served) == ("abc", ["abc"])
    second = watch.look(after="abc")
    assert (second.through, second.unknown) == ("bc", [*sorted(strange), "bc"])


def test_a_link_in_the_inbox_that_leads_nowhere_is_no_folder(watch: Watch) -> None:
    (watch.office.root / "loop").symlink_to("loop")
    (watch.office.root / "abc").mkdir()
    (watch.office.root / "abc" / "Contact.csv").symlink_to("Contact.csv")
    found = watch.look()
    assert (found.unknown, found.served, found.unreadable) == ([], ["abc"], [])
    assert watch.due(later=60) == ["abc/Contact.csv"], "a run says what is wrong with it"


def test_a_deleted_contractors_files_are_forgotten_with_it(watch: Watch) -> None:
    watch.office.put("Contact.csv", "a,b\n")
    watch.look()
    watch.office.conn.execute("DELETE FROM mep_contractor_configs WHERE slug = 'abc'")
    assert watch.remembered() == []
