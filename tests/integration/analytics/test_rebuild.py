"""`dbt build` rebuilds the views in place: nobody who reads them notices, and nobody gains or loses a right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from orchestration import migrations
from tests.conftest import MIGRATIONS
from tests.integration.analytics import callers, views
from tests.integration.analytics.conftest import PASSWORD, Urls, finished, starter, supabase_like

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sandbox.postgres import Cluster

# What a hand, a leak or an older release could have left: other columns, other rights, an owner's view, no view at all,
# and a mart on a staging view of other columns.
DAMAGE = """
    DROP VIEW analytics.stg_form_submissions CASCADE;
    CREATE VIEW analytics.stg_form_submissions AS SELECT form_title AS name, id FROM mep_form_submissions;
    GRANT ALL ON analytics.stg_form_submissions TO PUBLIC;
    CREATE VIEW contractor_summary AS SELECT name, id FROM analytics.stg_form_submissions;
    DROP VIEW template_usage_analytics;
    GRANT SELECT (name) ON contractor_summary TO PUBLIC;
    ALTER VIEW csv_import_summary RESET (security_invoker);
    GRANT ALL ON csv_import_summary TO PUBLIC;
    GRANT UPDATE (status) ON csv_import_summary TO anon;
    COMMENT ON VIEW csv_import_summary IS NULL;
"""
WITHOUT_SCHEMA = 18
"""The migration before the one that makes schema `analytics`."""
ADDED_LATER = {"csv_import_summary": ["parent_import_id uuid", "open_records integer"]}
"""Columns that migrations after that one gave to views, at their ends."""


def _was_opened_or_has_a_form(row: list[Any]) -> bool:
    return row[3] + row[4] > 0


SHOWN_BEFORE = {"form_funnel": _was_opened_or_has_a_form}
"""Which rows views had before migrations after that one gave them more."""


@dataclass
class Seen:
    """What was there at a time."""

    defined: dict[str, dict[str, Any]]
    rows: dict[str, list[Any]]
    of_contractor: dict[str, list[Any]]
    objects: set[str]
    faults: list[str]

    @classmethod
    def now(cls, url: str, models: Sequence[callers.Model] = ()) -> Seen:
        """Look, also at the models that dbt has built."""
        return cls(
            views.defined(url), views.rows(url), views.rows(url, views.CONTRACTOR_A), views.objects(url),
            callers.faults(url, models),
        )  # fmt: skip


@dataclass
class Rebuilt:
    """A database as migrated, after two builds at once, and after the repair of what was damaged since."""

    urls: Urls
    folder: Path
    output: str
    models: list[callers.Model]
    migrated: Seen
    migrated_comments: dict[str, str]
    built: Seen
    reader: views.Reader
    repaired: Seen


@pytest.fixture(scope="module")
def rebuilt(any_postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebuilt]:
    """Build twice at once while somebody reads, damage the views, and build again."""
    folder = tmp_path_factory.mktemp("rebuilt")
    dbt = starter(folder)
    with supabase_like(any_postgres) as urls:
        migrated, comments = Seen.now(urls.superuser), views.column_comments(urls.superuser)
        with views.reading(urls.superuser, _of_migrations(migrated)) as reader:
            processes = [dbt(urls.owner, command) for command in ("build", "run")]
            output = "".join(finished(process) for process in processes)
        models = callers.models(next(folder.glob("*/manifest.json")))
        built = Seen.now(urls.superuser, models)
        with psycopg.connect(urls.owner) as connection:
            connection.execute(DAMAGE.encode(), prepare=False)
        output += finished(dbt(urls.owner, "run"))
        repaired = Seen.now(urls.superuser, models)
        yield Rebuilt(urls, folder, output, models, migrated, comments, built, reader, repaired)


def test_everything_was_built_and_tested(rebuilt: Rebuilt) -> None:
    assert rebuilt.output.count("Completed successfully") == 3
    assert "unit_test" in rebuilt.output


def test_readers_notice_nothing(rebuilt: Rebuilt) -> None:
    assert rebuilt.reader.wrong is None
    assert rebuilt.reader.reads > 100


@pytest.mark.parametrize("view", views.VIEWS)
@pytest.mark.parametrize("when", ["built", "repaired"])
def test_a_view_is_as_the_migrations_made_it_with_columns_added_at_most(rebuilt: Rebuilt, when: str, view: str) -> None:
    was, now = rebuilt.migrated, getattr(rebuilt, when)
    columns = was.defined[view]["columns"]
    assert now.defined[view]["columns"][: len(columns)] == columns
    assert {**now.defined[view], "columns": columns} == was.defined[view]
    assert [row[: len(columns)] for row in now.rows[view]] == was.rows[view]
    assert len(now.rows[view]) > 1


@pytest.mark.parametrize("when", ["built", "repaired"])
def test_every_model_is_granted_as_stated_and_shows_a_contractor_its_own(rebuilt: Rebuilt, when: str) -> None:
    assert len(rebuilt.models) > 20
    assert getattr(rebuilt, when).faults == []


@pytest.mark.parametrize("when", ["built", "repaired"])
def test_a_contractor_sees_its_own_rows(rebuilt: Rebuilt, when: str) -> None:
    now: Seen = getattr(rebuilt, when)
    assert [row[1] for row in now.of_contractor["contractor_summary"]] == ["A Mechanical"]
    assert [row[3] for row in now.of_contractor["csv_import_summary"]] == [
        "Contact.csv", "Site.csv", "Contact fix.csv",
    ]  # fmt: skip
    assert [row[7] for row in now.of_contractor["template_usage_analytics"]] == [1, 0, 0]


def test_comments_of_columns_are_kept_and_added_to(rebuilt: Rebuilt) -> None:
    comments = views.column_comments(rebuilt.urls.superuser)
    assert rebuilt.migrated_comments.items() <= comments.items()
    assert len(comments) == sum(len(view["columns"]) for view in rebuilt.built.defined.values())


def test_nothing_but_the_models_is_made_or_left(rebuilt: Rebuilt) -> None:
    stated = {f"v {model.schema}.{model.name}" for model in rebuilt.models}
    assert rebuilt.built.objects ^ rebuilt.migrated.objects <= stated
    assert rebuilt.repaired.objects == rebuilt.built.objects


def test_the_password_is_nowhere(rebuilt: Rebuilt) -> None:
    written = [path.read_bytes() for path in rebuilt.folder.rglob("*") if path.is_file()]
    assert len(written) > 10
    for text in (rebuilt.output.encode(), *written):
        assert PASSWORD.partition("/")[0].encode() not in text
        assert quote(PASSWORD, safe="").encode() not in text


def test_without_their_schema_the_views_are_again_as_the_migrations_made_them(rebuilt: Rebuilt) -> None:
    with psycopg.connect(rebuilt.urls.owner, prepare_threshold=None) as connection:
        migrations.down(connection, MIGRATIONS, WITHOUT_SCHEMA)
    left = views.defined(rebuilt.urls.superuser)
    for view, columns in ADDED_LATER.items():
        left[view]["columns"] += columns
    assert left == rebuilt.migrated.defined
    for view, rows in views.rows(rebuilt.urls.superuser).items():
        shown = [row for row in rebuilt.migrated.rows[view] if SHOWN_BEFORE.get(view, bool)(row)]
        assert rows == [row[: len(row) - len(ADDED_LATER.get(view, ()))] for row in shown]


def test_the_migrations_can_still_be_rolled_back(rebuilt: Rebuilt) -> None:
    # The last test of this database, and the one above its last but one.
    with psycopg.connect(rebuilt.urls.owner, prepare_threshold=None) as connection:
        migrations.down(connection, MIGRATIONS, 0)
    left = views.objects(rebuilt.urls.superuser)
    assert not {name for name in left if " public." in name or "analytics" in name}


def _of_migrations(migrated: Seen) -> list[sql.Composed]:
    """Ask every view for the columns that the migrations gave it: dbt may add some."""
    return [
        sql.SQL("SELECT {} FROM {} ORDER BY 1, 2").format(
            sql.SQL(", ").join(sql.Identifier(column.partition(" ")[0]) for column in defined["columns"]),
            sql.Identifier(view),
        )
        for view, defined in migrated.defined.items()
    ]
