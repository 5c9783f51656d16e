"""Runs are found by their tags: whose they are, of which files, of which types."""

import dagster as dg
from hypothesis import given
from hypothesis import strategies as st

from assets import run_tags
from assets.partitions import CONTRACTORS


@given(st.lists(st.text(max_size=300), max_size=60))
def test_a_list_of_any_names_is_one_short_printable_line(names: list[str]) -> None:
    line = run_tags.listed(names)
    assert len(line) <= run_tags.MOST_CHARACTERS
    assert line.isprintable()


def test_names_that_are_too_many_are_counted() -> None:
    assert run_tags.listed(["b.csv", "a.csv", "b.csv"]) == "a.csv, b.csv"
    assert run_tags.listed(f"{number:03}.csv" for number in range(100)).endswith(" more")
    assert run_tags.listed([]) == ""


def test_a_run_launched_by_hand_is_tagged_by_what_it_does() -> None:
    @dg.asset(partitions_def=CONTRACTORS)
    def first(context: dg.AssetExecutionContext) -> None:
        run_tags.tag_run(context, files=["Site.csv", "Contact.csv"], types=["Site"])

    @dg.asset(partitions_def=CONTRACTORS, deps=[first])
    def second(context: dg.AssetExecutionContext) -> None:
        run_tags.tag_run(context, types=["Contact"])

    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("contractor", ["acme"])
        result = dg.materialize([first, second], partition_key="acme", instance=instance)
        run = instance.get_run_by_id(result.run_id)
    assert run is not None
    tags = {name: value for name, value in run.tags.items() if name.startswith("mep/")}
    assert tags == {"mep/contractor": "acme", "mep/files": "Contact.csv, Site.csv", "mep/types": "Contact, Site"}
