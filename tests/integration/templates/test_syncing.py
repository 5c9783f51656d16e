"""The sync: the tables say what the files say, ids stay, nothing is lost for a file that is gone or faulty."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from assets.database import Database
from assets.templates import store, syncing
from assets.templates.reading import TemplateError
from tests.integration.templates.conftest import SAMPLES, SMALL, Office

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STATES = "SELECT name, is_active FROM templates ORDER BY name"


def touched(
    *added: str, is_new: bool = False, changed: Sequence[str] = (), removed: Sequence[str] = ()
) -> store.Written:
    return store.Written(is_new, list(added), list(changed), list(removed))


def plainly(path: Path) -> Any:
    """Read a file with another reader, which takes everything for text."""
    return yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506 - it makes text and nothing else


def as_list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_function_and_view_agree_with_the_file_field_by_field(office: Office, path: Path) -> None:
    office.put(path.stem, path.read_text(), path.parent.name)
    assert office.sync().faults == []
    said, full = plainly(path), office.full(path.stem)
    for key in ("name", "display_name", "trade", "phase", "category", "description", "compliance", "version"):
        assert full[key] == said[key], key
    assert (full["work_order_type"], full["work_order_name"]) == (said["work_order_type"], said["work_order_name"])
    assert (full["source_path"], full["is_active"]) == (f"{said['trade']}/{path.name}", True)
    assert [group["name"] for group in full["groups"]] == [group["name"] for group in said["groups"]]
    for place, (group, wanted) in enumerate(zip(full["groups"], said["groups"], strict=True), 1):
        assert (group["display_order"], group["is_critical"]) == (place, wanted.get("critical") == "true")
        assert [field["name"] for field in group["fields"]] == [field["name"] for field in wanted["fields"]]
        for order, (field, stated) in enumerate(zip(group["fields"], wanted["fields"], strict=True), 1):
            assert field["display_order"] == order
            assert (field["label"], field["field_type"]) == (stated["label"], stated["type"])
            assert field["is_required"] == (stated.get("required") == "true")
            assert field["options"] == stated.get("options", [])
            assert (field["placeholder"], field["description"]) == (
                stated.get("placeholder"),
                stated.get("description"),
            )
            assert {key: str(value) for key, value in field["validation_rules"].items()} == stated.get(
                "validation_rules", {}
            )
            assert field["coperniq_fields"] == as_list(stated.get("coperniq", []))
    fields = [field for group in said["groups"] for field in group["fields"]]
    assert office.one(
        "SELECT group_count, field_count, required_field_count FROM template_summary WHERE template_name = %s",
        path.stem,
    ) == (len(said["groups"]), len(fields), sum(field.get("required") == "true" for field in fields))


def test_a_second_sync_changes_nothing(office: Office) -> None:
    office.samples()
    first = office.sync()
    everything = "SELECT md5(string_agg(get_template_full(name)::text, '' ORDER BY name)) FROM templates"
    before = office.one(everything)
    again = office.sync()
    assert (again.written, again.unchanged, again.retired) == ({}, len(first.written), [])
    assert office.one(everything) == before


def test_an_unchanged_sync_is_one_query(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.samples()
    office.sync()
    queries: list[object] = []
    execute = office.conn.execute
    monkeypatch.setattr(office.conn, "execute", lambda *given: (queries.append(given), execute(*given))[1])
    office.sync()
    assert len(queries) == 1


def test_fields_keep_their_ids_and_what_changed_is_told(office: Office) -> None:
    office.put("leak")
    assert office.sync().written["leak"] == touched("done", "flow", "foundAt", is_new=True)
    before = office.ids("leak")
    text = SMALL.format(name="leak", trade="plumbing")
    text = text.replace("max: 100", "max: 50").replace("foundAt, label: Found at", "where, label: Where")
    # The field is moved to the other group, and so to another place.
    moved = "      - {name: done, label: Done, type: Single select, options: [Yes, No], required: true}\n"
    text = text.replace(moved, "").replace(
        "    fields:\n      - {name: where", f"    fields:\n{moved}      - {{name: where"
    )
    text = (
        text.removesuffix("  - name: Repair\n    fields:\n")
        + "  - name: More\n    fields:\n      - {name: note, label: Note, type: Text}\n"
    )
    office.put("leak", text)
    synced = office.sync()
    assert synced.faults == []
    assert synced.written["leak"] == touched("note", "where", changed=["done", "flow"], removed=["foundAt"])
    after = office.ids("leak")
    assert {name: after[name] for name in ("done", "flow")} == {name: before[name] for name in ("done", "flow")}
    assert [group["name"] for group in office.full("leak")["groups"]] == ["Leak", "More"]
    assert office.one(
        "SELECT group_count, field_count, required_field_count FROM template_summary WHERE template_name = 'leak'"
    ) == (2, 4, 1)
    retired = "SELECT array_agg(name ORDER BY name) FROM {} WHERE retired_at IS NOT NULL"
    assert office.one(retired.format("template_fields")) == ["foundAt"]
    assert office.one(retired.format("template_groups")) == ["Repair"]


def test_what_comes_back_gets_its_id_back(office: Office) -> None:
    office.put("leak")
    office.sync()
    before, groups = office.ids("leak"), office.one("SELECT array_agg(id ORDER BY id) FROM template_groups")
    office.put("leak", SMALL.format(name="leak", trade="plumbing").split("  - name: Repair")[0])
    assert office.sync().written["leak"].removed == ["done"]
    office.put("leak")
    assert office.sync().written["leak"] == touched("done")
    assert office.ids("leak") == before
    assert office.one("SELECT array_agg(id ORDER BY id) FROM template_groups") == groups


def test_a_change_of_places_is_no_change_of_fields(office: Office) -> None:
    office.put("leak")
    office.sync()
    lines = SMALL.format(name="leak", trade="plumbing").splitlines(keepends=True)
    lines[7], lines[8] = lines[8], lines[7]
    office.put("leak", "".join(lines))
    assert office.sync().written["leak"] == touched()
    assert list(office.ids("leak")) == ["flow", "foundAt", "done"]


def test_a_template_whose_file_is_gone_is_retired_and_comes_back(office: Office) -> None:
    gone = office.put("leak")
    office.put("drain")
    office.sync()
    before = office.full("leak")
    gone.unlink()
    assert office.sync().retired == ["leak"]
    assert office.conn.execute(STATES).fetchall() == [("drain", True), ("leak", False)]
    assert office.ids("leak") == {f["name"]: f["id"] for g in before["groups"] for f in g["fields"]}
    assert office.sync().retired == []
    office.put("leak")
    assert office.sync().written["leak"] == touched()
    assert office.full("leak")["id"] == before["id"]
    assert office.conn.execute(STATES).fetchall() == [("drain", True), ("leak", True)]


@pytest.mark.parametrize("bad", ["trade: [", "name: leak\n", "\0", "name: other\ndisplay_name: x\n"])
def test_a_file_that_became_faulty_keeps_its_template_and_stops_no_other(office: Office, bad: str) -> None:
    office.put("leak")
    office.put("drain")
    office.sync()
    before = office.full("leak")
    office.put("leak", bad)
    office.put("drain", SMALL.format(name="drain", trade="plumbing").replace("Found at", "Where"))
    synced = office.sync()
    assert {fault.file for fault in synced.faults} == {"plumbing/leak.yaml"}
    assert (list(synced.written), synced.unchanged, synced.retired) == (["drain"], 0, [])
    assert office.full("leak") == before


def test_a_file_that_was_renamed_alone_retires_nothing(office: Office) -> None:
    office.put("leak").rename(office.folder / "plumbing" / "leak.yaml")
    office.sync()
    (office.folder / "plumbing" / "leak.yaml").rename(office.folder / "plumbing" / "leaks.yaml")
    synced = office.sync()
    assert [fault.file for fault in synced.faults] == ["plumbing/leaks.yaml"]
    assert office.conn.execute(STATES).fetchall() == [("leak", True)]


def test_of_two_files_with_one_name_neither_is_synced(office: Office) -> None:
    office.put("leak")
    office.sync()
    before = office.full("leak")
    office.put("leak", SMALL.format(name="leak", trade="plumbing").replace("Found at", "Where"))
    office.put("leak", trade="hvac")
    synced = office.sync()
    assert [fault.file for fault in synced.faults] == ["hvac/leak.yaml", "plumbing/leak.yaml"]
    assert (synced.written, synced.retired) == ({}, [])
    assert office.full("leak") == before


def test_an_empty_or_missing_folder_retires_nothing(office: Office) -> None:
    path = office.put("leak")
    office.sync()
    path.unlink()
    with pytest.raises(TemplateError, match="holds no templates"):
        office.sync()
    path.parent.rmdir()
    office.folder.rmdir()
    with pytest.raises(TemplateError, match="cannot be read"):
        office.sync()
    assert office.conn.execute(STATES).fetchall() == [("leak", True)]
    office.folder.mkdir()


def test_a_template_that_came_from_elsewhere_is_left_alone(office: Office) -> None:
    office.conn.execute("INSERT INTO templates (name, display_name, trade) VALUES ('by_hand', 'By hand', 'hvac')")
    office.put("leak")
    assert office.sync().retired == []
    assert office.conn.execute(STATES).fetchall() == [("by_hand", True), ("leak", True)]


def test_a_sync_that_breaks_off_keeps_what_was_written_and_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("drain")
    office.put("leak")
    write = store.write

    def fail(conn: Any, template: Any, *rest: str) -> store.Written:
        if template.name == "leak":
            raise KeyboardInterrupt
        return write(conn, template, *rest)

    monkeypatch.setattr(store, "write", fail)
    with pytest.raises(KeyboardInterrupt):
        office.sync()
    monkeypatch.undo()
    assert list(office.sync().written) == ["leak"]


def test_syncs_at_one_time_end_as_one(office: Office, migrated_database: str) -> None:
    office.samples()

    def run() -> None:
        with Database(migrated_database).connect() as conn:
            outcomes.append(syncing.sync(conn, office.folder, lambda _: None))

    outcomes: list[syncing.Synced] = []
    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4
    expected = sum(len(group["fields"]) for path in SAMPLES.rglob("*.yaml") for group in plainly(path)["groups"])
    assert office.one("SELECT count(*), count(retired_at) FROM template_fields") == (expected, 0)


def test_it_works_through_a_pooler(office: Office, pgbouncer: Any, migrated_database: str) -> None:
    office.put("leak")
    with Database(pgbouncer.url(migrated_database)).connect() as conn:
        assert list(syncing.sync(conn, office.folder, lambda _: None).written) == ["leak"]
