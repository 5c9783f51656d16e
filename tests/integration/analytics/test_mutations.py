"""Each data test fails when its rule is broken, and no other: on sound data, which is broken one rule at a time.

dbt is started for the tests' SQL, in the ways in which it looks at all rows or at those that came lately; the rest is
SQL, in transactions that are rolled back.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest

from tests.conftest import _database
from tests.integration.analytics import mutants
from tests.integration.analytics.callers import signed_in
from tests.integration.analytics.conftest import finished, seed, starter
from tests.integration.analytics.contractor_calls import REFUSED, TAKEN
from tests.integration.analytics.mutations import ALONGSIDE, LATELY, MUTATIONS, UNGUARDED

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    from psycopg import Connection

    from sandbox.postgres import Cluster
    from tests.integration.analytics.mutants import Rule

# An e-mail of another contractor, where a contractor itself writes one.
TOLD = {
    "imports_name_no_other_contractor",
    "submissions_name_no_other_contractor",
    "usage_names_no_other_contractor",
}
# What is not rolled up yet has a row, too.
NEWS = """
    INSERT INTO mep_template_usage (template_id, contractor_config_id, action)
    SELECT template_id, contractor_config_id, 'viewed' FROM mep_template_usage LIMIT 1
"""


class Sound(NamedTuple):
    """A seeded database in which every rule holds, and the data tests as dbt compiles them.

    Attributes:
        url: Of the database.
        rules: As `dbt build --full-refresh` compiles them.
        built: The SQL of some in a plain `dbt build`, by their ids.
        tested: The SQL of the same in `dbt test`.
        manifest: Of the project.
    """

    url: str
    rules: dict[str, Rule]
    built: dict[str, str]
    tested: dict[str, str]
    manifest: Mapping[str, Any]


@pytest.fixture(scope="module")
def project(postgres: Cluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sound]:
    """Build and test a seeded database with dbt: every rule holds."""
    folder = tmp_path_factory.mktemp("tested")
    dbt = starter(folder)
    with _database(postgres, template=migrated_template) as (_, url):
        seed(url)
        some = ("--select", *sorted({name for name, _, _ in LATELY.values()}))
        for command in (
            ("build", "--full-refresh", "--exclude-resource-type", "unit_test"),
            ("build", *some),
            ("test", *some),
        ):
            finished(dbt(url, *command))
        refreshed, built, tested = sorted(folder.iterdir(), key=lambda target: int(target.name.rpartition("-")[2]))
        manifest = json.loads((refreshed / "manifest.json").read_text())
        rules = mutants.rules(manifest, _queries(refreshed))
        yield Sound(url, rules, _queries(built), _queries(tested), manifest)


@pytest.fixture
def sound(project: Sound) -> Iterator[Connection[Any]]:
    """Give a connection whose changes are undone."""
    with _changing(project) as connection:
        yield connection


@pytest.fixture(scope="module")
def found(project: Sound) -> dict[str, set[str]]:
    """Carry every mutation out, and give the rules that it broke."""
    found: dict[str, set[str]] = {}
    for mutation in MUTATIONS:
        with _changing(project) as connection:
            connection.execute(UNGUARDED.encode(), prepare=False)
            assert connection.execute(mutation.encode()).rowcount > 0, mutation
            found[mutation] = _broken(connection, project.rules.values())
    return found


def test_every_rule_is_noticed_when_it_is_broken(
    project: Sound, sound: Connection[Any], found: dict[str, set[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _broken(sound, project.rules.values()) == set()
    by_hand = {name for name in project.rules for broken in found.values() if _is_alone(name, broken)}
    killed = {name for name, rule in project.rules.items() if name in by_hand or _is_noticed(sound, project, rule)}
    survivors = sorted(set(project.rules) - killed)
    rate = 100 * len(killed) / len(project.rules)
    with capsys.disabled():
        print(f"\nkill rate: {len(killed)} of {len(project.rules)} data tests, {rate:.1f} %")
    assert survivors == [], "no mutant breaks these: seed a row, or add a mutation to mutations.py"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: " ".join(mutation.split())[:100])
def test_broken_data_is_noticed_by_the_rules_it_breaks(found: dict[str, set[str]], mutation: str) -> None:
    assert found[mutation] == MUTATIONS[mutation]


@pytest.mark.parametrize("table", LATELY)
def test_a_plain_build_looks_at_what_came_lately(project: Sound, sound: Connection[Any], table: str) -> None:
    name, breaks, ages = LATELY[table]
    sound.execute(UNGUARDED.encode(), prepare=False)
    sound.execute(breaks.encode())
    every, lately = project.rules[name].query.encode(), project.built[project.rules[name].unique_id].encode()
    assert (sound.execute(every).rowcount > 0, sound.execute(lately).rowcount > 0) == (True, True)
    sound.execute(ages.encode())
    assert (sound.execute(every).rowcount > 0, sound.execute(lately).rowcount > 0) == (True, False)


def test_whatever_a_plain_build_tests_in_part_was_tried(project: Sound) -> None:
    nodes = (*project.manifest["sources"].values(), *project.manifest["nodes"].values())
    assert {node["name"] for node in nodes if "lately" in node["config"].get("meta", {})} == set(LATELY)


def test_a_full_refresh_tests_what_dbt_test_does(project: Sound) -> None:
    full = {rule.unique_id: rule.query for rule in project.rules.values() if rule.unique_id in project.built}
    assert project.tested == full
    assert len(full) == len({name for name, _, _ in LATELY.values()})


def test_failures_are_kept_nowhere(project: Sound) -> None:
    """They hold personal data."""
    tests = [node for node in project.manifest["nodes"].values() if node["resource_type"] == "test"]
    assert {node["config"]["store_failures"] for node in tests} == {False}


def test_what_only_warns_is_known(project: Sound) -> None:
    assert {name for name, rule in project.rules.items() if rule.is_warning} == {
        "synced_imports_have_nothing_to_send",
        *TOLD,
    }


def test_no_contractor_fails_the_gate_of_all(project: Sound, sound: Connection[Any]) -> None:
    """What one may write of itself is refused, breaks no rule, or one that only warns."""
    with signed_in(sound, "office@a.example"):
        for call in TAKEN:
            sound.execute(call.encode())
        for call, why in REFUSED.items():
            with pytest.raises(psycopg.Error, match=why), sound.transaction():
                sound.execute(call.encode())
    assert _broken(sound, project.rules.values()) == TOLD


@contextlib.contextmanager
def _changing(project: Sound) -> Generator[Connection[Any]]:
    """Give a connection whose changes are undone, to data of which some is not rolled up yet."""
    with psycopg.connect(project.url, autocommit=True) as connection, connection.transaction(force_rollback=True):
        connection.execute(NEWS.encode())
        yield connection


def _queries(target: Path) -> dict[str, str]:
    """Return the compiled SQL of the data tests that a command ran, by their ids."""
    results = json.loads((target / "run_results.json").read_text())["results"]
    return {
        result["unique_id"]: result["compiled_code"] for result in results if result["unique_id"].startswith("test.")
    }


def _broken(connection: Connection[Any], rules: Iterable[Rule]) -> set[str]:
    return {rule.name for rule in rules if connection.execute(rule.query.encode()).rowcount > 0}


def _is_noticed(connection: Connection[Any], project: Sound, rule: Rule) -> bool:
    """Whether a mutant makes the rule's test fail, and no other that reads what was changed but those alongside."""
    relation = mutants.look_up(connection, rule.relation, project.rules)
    readers = [other for other in project.rules.values() if '"{}"."{}"'.format(*rule.relation) in other.query]
    for mutant in mutants.mutants(rule, relation):
        # A value that its type does not know, such as a text among numbers, breaks nothing.
        with contextlib.suppress(psycopg.errors.DataError), connection.transaction(force_rollback=True):
            connection.execute(mutant, prepare=False)
            if _broken(connection, [rule]) and _is_alone(rule.name, _broken(connection, readers)):
                return True
    return False


def _is_alone(name: str, broken: set[str]) -> bool:
    """Whether a rule was broken, and no other but those that break with it always."""
    return broken - ALONGSIDE.get(name, set()) == {name}
