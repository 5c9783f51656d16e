"""By which mapping the rows of a replay are read: the file that counts, else as they were, and as it was sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.replaying.replayer import Replayer

CONTACTS = "name,company,email,qq\nAnn,Acme,ann@example.com,Ms\nBob,Best,bob@example.com,Mr\n"
COMPANIES = "version: 1\ntype: Contact\ncolumns:\n  - {header: name, field: null}\n  - {header: company, field: name}\n"
ONE_COLUMN = "version: 1\ntype: Contact\ncolumns:\n  - {header: qq, field: title}\n"
BROKEN = "version: 9\ntype: Contact\n"
HOUSES = "name,email,street,city\nAnn,ann@example.com,1 Main St,Ayr\n"
UPPER_CITY = "version: 1\ntype: Site\ncolumns:\n  - {header: city, field: city, transform: [{rule: uppercase}]}\n"


def test_what_a_mapping_file_says_nothing_about_is_mapped_as_it_was(replayer: Replayer) -> None:
    replayer.map(COMPANIES)
    imported = replayer.imported(Contact=CONTACTS)
    assert replayer.look(imported, ONE_COLUMN).fields == [("title", 2)]
    replayer.apply(imported, ONE_COLUMN)
    assert sorted(replayer.there().values()) == ["Acme", "Best"]
    assert sorted(replayer.there(field="title").values()) == ["Mr", "Ms"]


def test_the_rows_of_a_column_of_contacts_feed_no_site_once_it_is_none(replayer: Replayer) -> None:
    """That it fed one stands with the import of sites as well, as what a person decided on."""
    wrong = "version: 1\ntype: Contact\ncolumns:\n  - {header: qq, field: emails}\n  - {header: email, field: null}\n"
    replayer.map(wrong)
    sites = replayer.imported(Contact="name,qq,email,street,city\nAnn,old@example.com,ann@example.com,1 Main St,Ayr\n")
    replayer.map(wrong.replace("null", "emails").replace("qq, field: emails", "qq, field: null"))
    (changed,) = replayer.look(sites).samples[0].changed
    assert (changed.field, changed.before, changed.after) == ("clientId", "old@example.com", "ann@example.com")


def test_the_contractor_s_own_file_may_be_wrong_where_another_counts(replayer: Replayer) -> None:
    imported = replayer.imported(Contact=CONTACTS)
    replayer.map(BROKEN)
    assert replayer.look(imported, ONE_COLUMN).differing == 2


def test_a_mapping_file_that_changes_after_the_seal_does_not_count(replayer: Replayer) -> None:
    imported = replayer.imported(Contact=CONTACTS)
    replayer.begin(imported, ONE_COLUMN)
    replayer.map(BROKEN)
    replayer.go_on()
    assert sorted(replayer.there(field="title").values()) == ["Mr", "Ms"]


def test_the_mapping_of_the_contacts_of_sites_is_sealed_with_theirs(replayer: Replayer) -> None:
    replayer.map(ONE_COLUMN.replace("qq, field: title", "email, field: emails"))
    sites = replayer.imported(Contact=HOUSES)
    replayer.begin(sites, UPPER_CITY)
    replayer.map(BROKEN)
    replayer.go_on()
    assert [*replayer.there("Site", "city").values()] == ["AYR"]


def test_the_order_of_dates_is_that_of_all_rows_not_of_those_that_run(replayer: Replayer) -> None:
    """A row that stays an error decides it; one that could not be split into columns says nothing."""
    without = "version: 1\ntype: Asset\ncolumns:\n  - {header: day, field: null}\n"
    replayer.map(without)
    rows = "Unit,,1 Main St,13/02/2026\nUnit 2,AC,1 Main St,03/04/2026\nUnit 3,AC,1 Main St,02/13/2026,more\n"
    imported = replayer.imported(
        Contact="name,email\nAnn,ann@example.com\n", Site="fullAddress,clientId\n1 Main St,ann@example.com\n",
        Asset=f"name,type,siteId,day\n{rows}",
    )  # fmt: skip
    dated = without.replace("null", "installDate")
    (sample,) = replayer.look(imported, dated).samples
    assert [(one.field, one.after) for one in sample.changed] == [("installDate", "2026-04-03")]
    replayer.apply(imported, dated)
    assert [*replayer.there("Asset", "installDate").values()] == ["2026-04-03"]
    assert replayer.look(imported, dated).differing == 0
