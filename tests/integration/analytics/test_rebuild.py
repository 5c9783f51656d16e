"""`dbt build` rebuilds the views in place: nobody who reads them notices, and nobody gains or loses a right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest

from orchestration import migrations
from tests.conftest import MIGRATIONS
from tests.integration.analytics import views
from tests.integration.analytics.conftest import PASSWORD, Urls, finished, starter, supabase_like

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.postgres import Cluster

# What a hand or a leak could have left: other columns, other rights, an owner's view, and no view at all.
DAMAGE = """
    DROP VIEW contractor_summary, template_usage_analytics;
    CREATE VIEW contractor_summary AS SELECT contractor_name AS name, id FROM mep_contractor_configs;
    GRANT SELECT (name) ON contractor_summary TO PUBLIC;
    ALTER VIEW csv_import_summary RESET (security_invoker);
    GRANT ALL ON csv_import_summary TO PUBLIC;
    GRANT UPDATE (status) ON csv_import_summary TO anon;
    COMMENT ON VIEW csv_import_summary IS NULL;
"""


@dataclass
class Seen:
    """What was there at a time."""

    defined: dict[str, dict[str, Any]]
    rows: dict[str, list[Any]]
    of_contractor: dict[str, list[Any]]
    objects: set[str]

    @classmethod
    def now(cls, url: str) -> Seen:
        """Look."""
        return cls(views.defined(url), views.rows(url), views.rows(url, views.CONTRACTOR_A), views.objects(url))


@dataclass
class Rebuilt:
    """A database as migrated, after two builds at once, and after the repair of what was damaged since."""

    urls: Urls
    folder: Path
    output: str
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
        with views.reading(urls.superuser) as reader:
            processes = [dbt(urls.owner, command) for command in ("build", "run")]
            output = "".join(finished(process) for process in processes)
        built = Seen.now(urls.superuser)
        with psycopg.connect(urls.owner) as connection:
            connection.execute(DAMAGE.encode(), prepare=False)
        output += finished(dbt(urls.owner, "run"))
        yield Rebuilt(urls, folder, output, migrated, comments, built, reader, Seen.now(urls.superuser))


def test_everything_was_built_and_tested(rebuilt: Rebuilt) -> None:
    assert rebuilt.output.count("Completed successfully") == 3
    assert "unit_test" in rebuilt.output


def test_readers_notice_nothing(rebuilt: Rebuilt) -> None:
    assert rebuilt.reader.wrong is None
    assert rebuilt.reader.reads > 100


@pytest.mark.parametrize("view", views.VIEWS)
@pytest.mark.parametrize("when", ["built", "repaired"])
def test_a_view_is_as_the_migrations_made_it(rebuilt: Rebuilt, when: str, view: str) -> None:
    now: Seen = getattr(rebuilt, when)
    assert now.defined[view] == rebuilt.migrated.defined[view]
    assert now.rows[view] == rebuilt.migrated.rows[view]
    assert len(now.rows[view]) > 1


@pytest.mark.parametrize("view", views.VIEWS)
def test_the_callers_rights_decide(rebuilt: Rebuilt, view: str) -> None:
    assert rebuilt.repaired.defined[view]["options"] == ["security_invoker=true"]
    rights = rebuilt.repaired.defined[view]["rights"]
    assert {right.partition("=")[0]: right.partition("=")[2].partition("/")[0] for right in rights[1:]} == {
        "authenticated": "r",
        "service_role": "r",
    }


@pytest.mark.parametrize("when", ["built", "repaired"])
def test_a_contractor_sees_its_own_rows(rebuilt: Rebuilt, when: str) -> None:
    now: Seen = getattr(rebuilt, when)
    assert now.of_contractor == rebuilt.migrated.of_contractor
    assert [row[1] for row in now.of_contractor["contractor_summary"]] == ["A Mechanical"]
    assert [row[3] for row in now.of_contractor["csv_import_summary"]] == ["Contact.csv", "Site.csv"]
    assert [row[7] for row in now.of_contractor["template_usage_analytics"]] == [1, 0, 0]


def test_comments_of_columns_are_kept_and_added_to(rebuilt: Rebuilt) -> None:
    comments = views.column_comments(rebuilt.urls.superuser)
    assert rebuilt.migrated_comments.items() <= comments.items()
    assert len(comments) == sum(len(view["columns"]) for view in rebuilt.built.defined.values())


def test_nothing_else_is_made_or_left(rebuilt: Rebuilt) -> None:
    assert rebuilt.built.objects == rebuilt.migrated.objects
    assert rebuilt.repaired.objects == rebuilt.migrated.objects


def test_the_password_is_nowhere(rebuilt: Rebuilt) -> None:
    written = [path.read_bytes() for path in rebuilt.folder.rglob("*") if path.is_file()]
    assert len(written) > 10
    for text in (rebuilt.output.encode(), *written):
        assert PASSWORD.partition("/")[0].encode() not in text
        assert quote(PASSWORD, safe="").encode() not in text


def test_the_migrations_can_still_be_rolled_back(rebuilt: Rebuilt) -> None:
    # The last test of this database.
    with psycopg.connect(rebuilt.urls.owner, prepare_threshold=None) as connection:
        migrations.down(connection, MIGRATIONS, 0)
    assert not {name for name in views.objects(rebuilt.urls.superuser) if " public." in name}
