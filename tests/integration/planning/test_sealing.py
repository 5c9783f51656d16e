"""A sealed plan holds while everything that it rests on is as it was, and names what is not."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from assets.csv_imports import registering
from assets.csv_imports.judging import version
from assets.csv_imports.planned import PlanMoved
from assets.planning.sealing import PlanError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.planning.planner import Planner

CONTACTS = "name,email\nAnn,ann@example.com\nBob,bob@example.com\n"
SITES = "fullAddress,clientId\n1 Main St,ann@example.com\n"
MAPPING = "version: 1\ntype: Contact\ncolumns:\n  - {header: email, field: emails}\n"
AT = datetime(2026, 1, 1, tzinfo=UTC)


def seal(planner: Planner) -> str:
    """Plan what lies in the inbox, and give the plan's id."""
    id_ = planner.plans().seal(planner.contractor, planner.plan(), AT, "test", retry=False)
    assert id_ is not None
    return id_


def sealed(planner: Planner) -> Path:
    """Give the one file of a plan."""
    (path,) = (planner.world.inbox / "plans").iterdir()
    return path


def refusal(planner: Planner, id_: str, **settings: str | None) -> list[str]:
    """Say what of a plan has moved."""
    with pytest.raises(PlanMoved) as caught:
        planner.plans(**settings).require(planner.world.conn, planner.contractor, planner.inbox, id_)
    begin, end = f"Plan {id_} does not hold any more: ", "; make the plan again with `mep plan "
    lines = str(caught.value).split("\n")
    assert all(line.startswith(begin) and end in line for line in lines)
    return [line.removeprefix(begin).partition(end)[0] for line in lines]


def test_a_plan_that_holds_gives_its_files_in_the_order_in_which_they_are_read(planner: Planner) -> None:
    planner.put(Site=SITES, Contact=CONTACTS)
    id_ = seal(planner)
    planned = planner.plans().require(planner.world.conn, planner.contractor, planner.inbox, id_)
    assert (list(planned.files), planned.retry) == (planner.sources(), False)
    assert all(len(sha256) == 64 for sha256 in planned.files.values())


def test_a_plan_is_its_owners_alone_and_holds_no_value_of_any_row(planner: Planner) -> None:
    planner.put(Contact=CONTACTS + "Zed,\n", Site=SITES.replace("ann@", "who@"))
    id_ = seal(planner)
    path = sealed(planner)
    assert path.name == f"{id_}.json"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    text = path.read_text()
    assert [value for value in ("ann@", "Bob", "Zed", "who@", "Main St") if value in text] == []
    document = json.loads(text)
    assert document["imports"][0]["counts"]["created"] == 2
    assert ["email", "emails", "alias", 1.0] in document["imports"][0]["columns"]


def _another_row(planner: Planner) -> None:
    planner.put(Contact=f"{CONTACTS}Cid,cid@example.com\n")


def _gone(planner: Planner) -> None:
    (planner.folder / "Contact.csv").unlink()


def _a_mapping_file(planner: Planner, text: str = MAPPING) -> None:
    planner.mappings.mkdir(parents=True, exist_ok=True)
    (planner.mappings / "Contact.yaml").write_text(text)


def _an_import(planner: Planner) -> None:
    path = planner.world.inbox / "Task.csv"
    path.write_text("title\nFix it\n")
    planner.read(str(path))


def _another_word_on_a_column(planner: Planner) -> None:
    planner.world.conn.execute(
        "UPDATE csv_column_mapping SET source = 'earlier' FROM csv_imports AS i"
        " WHERE i.id = csv_import_id AND i.contractor_config_id = %s AND csv_column_header = 'email'",
        [planner.world.contractor],
    )


def _a_record_that_was_sent(planner: Planner) -> None:
    planner.world.conn.execute(
        "UPDATE coperniq_records SET sent_data = '{}', updated_at = now() WHERE contractor_config_id = %s",
        [planner.world.contractor],
    )


def _another_name(planner: Planner) -> None:
    planner.world.conn.execute(
        "UPDATE coperniq_records SET names = names || '{other}'::TEXT[] WHERE contractor_config_id = %s",
        [planner.world.contractor],
    )


SLUG = "SLUG"
MOVES: list[tuple[Callable[[Planner], None], list[str]]] = [
    (_another_row, ["Contact.csv is another file now"]),
    (_gone, ["Contact.csv is no longer there"]),
    (_a_mapping_file, ["the mapping file SLUG/Contact.yaml is new"]),
    (lambda planner: _a_mapping_file(planner, "version: 9\n"), ["a mapping file is wrong now"]),
    (_another_word_on_a_column, ["what columns of SLUG were taken for has changed"]),
    (_a_record_that_was_sent, ["what is known of the records of SLUG in Coperniq has changed"]),
    (_another_name, ["what is known of the records of SLUG in Coperniq has changed"]),
    (_an_import, ["imports of SLUG were added or have gone on"]),
]


@pytest.mark.parametrize(("move", "said"), MOVES)
def test_what_moved_is_named(planner: Planner, move: Callable[[Planner], None], said: list[str]) -> None:
    planner.put(Contact=CONTACTS)
    planner.run()
    planner.put(Contact=CONTACTS.replace("Ann", "Anna"))
    id_ = seal(planner)
    move(planner)
    found = [line.partition(" (")[0] for line in refusal(planner, id_)]
    # An import that is added may bring columns with it.
    assert [line.replace("SLUG", planner.contractor.slug) for line in said] == found[: len(said)]
    if move is not _an_import:
        assert len(found) == len(said)


def test_a_file_that_is_gone_is_named_whole(planner: Planner) -> None:
    planner.put(**{"Contact 10: 30": CONTACTS})
    id_ = seal(planner)
    (planner.folder / "Contact 10: 30.csv").unlink()
    assert refusal(planner, id_) == ["Contact 10: 30.csv is no longer there"]


def test_a_mapping_file_that_changes_or_goes_is_named(planner: Planner) -> None:
    planner.put(Contact=CONTACTS)
    _a_mapping_file(planner)
    id_ = seal(planner)
    _a_mapping_file(planner, f"{MAPPING}# another\n")
    assert refusal(planner, id_) == [f"the mapping file {planner.contractor.slug}/Contact.yaml is another one"]
    (planner.mappings / "Contact.yaml").unlink()
    assert refusal(planner, id_) == [f"the mapping file {planner.contractor.slug}/Contact.yaml is gone"]


def test_a_file_of_contacts_rests_on_the_mapping_of_sites_too(planner: Planner) -> None:
    """Whether it feeds sites hangs on both."""
    planner.put(Contact=CONTACTS)
    id_ = seal(planner)
    planner.mappings.mkdir(parents=True)
    (planner.mappings / "Site.yaml").write_text(MAPPING.replace("Contact", "Site").replace("emails", "clientId"))
    assert refusal(planner, id_) == [f"the mapping file {planner.contractor.slug}/Site.yaml is new"]


def test_settings_and_rules_that_change_are_named_a_line_each(
    planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner.put(Contact=CONTACTS)
    id_ = seal(planner)
    monkeypatch.setattr(version, "RULES", 99)
    assert refusal(planner, id_, MEP_DATE_ORDER="DMY", COPERNIQ_COMPANY_ID="7") == [
        f"the rules are version 99 now, not {json.loads(sealed(planner).read_text())['rules']}",
        f"COPERNIQ_COMPANY_ID is 7 now, not {planner.world.company}",
        "MEP_DATE_ORDER is DMY now, not left out",
    ]


def test_a_plan_that_was_edited_or_is_not_there_is_refused(planner: Planner) -> None:
    planner.put(Contact=CONTACTS)
    id_ = seal(planner)
    path = sealed(planner)
    path.write_text(path.read_text().replace('"created": 2', '"created": 3'))
    for wrong, said in (
        (id_, "was changed after it was made"),
        ("0123456789abcdef", 'There is no plan "0123456789abcdef"'),
        ("../../etc/passwd", 'There is no plan "../../etc/passwd"'),
    ):
        with pytest.raises(PlanError, match=said):
            planner.plans().require(planner.world.conn, planner.contractor, planner.inbox, wrong)


def test_another_contractors_plan_is_refused(planner: Planner) -> None:
    planner.put(Contact=CONTACTS)
    id_, other = seal(planner), replace(planner.contractor, slug="other")
    with pytest.raises(PlanError, match=f"Plan {id_} is one of {planner.contractor.slug}, not of other"):
        planner.plans().require(planner.world.conn, other, planner.inbox, id_)


def test_a_file_that_changes_at_the_last_moment_is_not_registered(planner: Planner) -> None:
    """Between the plan's check and the registration, which hashes it again."""
    planner.put(Contact=CONTACTS)
    planned = planner.plans().require(planner.world.conn, planner.contractor, planner.inbox, seal(planner))
    _another_row(planner)
    (found,) = registering.register_files(
        planner.world.conn, planner.world.contractor, planner.inbox, list(planned.files), "test", retry=False,
        hashes=planned.files,
    )  # fmt: skip
    assert (found.outcome, found.import_id) == ("failed", None)
    assert found.note == "Contact.csv is not the file that was planned: plan it again."


def test_a_plan_without_files_is_not_sealed(planner: Planner) -> None:
    assert planner.plans().seal(planner.contractor, planner.plan(), AT, "test", retry=False) is None


def test_what_is_in_the_way_of_a_plans_folder_is_said(planner: Planner) -> None:
    planner.put(Contact=CONTACTS)
    (planner.world.inbox / "plans").write_text("a file")
    with pytest.raises(PlanError, match="check MEP_PLANS and its permissions"):
        seal(planner)
