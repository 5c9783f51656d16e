"""What a view is to those who use it: its columns, rights, comments and rows; and readers who never stop looking."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

VIEWS = ("contractor_summary", "csv_import_summary", "form_funnel", "template_usage_analytics")
CONTRACTOR_A = "office@a.example"

_DEFINED = """
    SELECT
        c.relname AS name,
        c.relkind::text AS kind,
        c.relowner::regrole::text AS owner,
        c.reloptions AS options,
        obj_description(c.oid, 'pg_class') AS comment,
        ARRAY(SELECT a.acl::text FROM unnest(c.relacl) AS a (acl) ORDER BY 1) AS rights,
        ARRAY(SELECT a.attacl::text FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL)
            AS column_rights,
        ARRAY(
            SELECT format('%%s %%s', a.attname, format_type(a.atttypid, a.atttypmod))
            FROM pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
        ) AS columns
    FROM pg_class AS c
    WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace
"""
_COMMENTED = """
    SELECT format('%%s.%%s', c.relname, a.attname), col_description(c.oid, a.attnum)
    FROM pg_class AS c
    INNER JOIN pg_attribute AS a ON c.oid = a.attrelid
    WHERE c.relname = ANY(%s) AND col_description(c.oid, a.attnum) IS NOT NULL
"""
_OBJECTS = """
    SELECT format('%s %s.%s', c.relkind, n.nspname, c.relname)
    FROM pg_class AS c
    INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT format('schema %s', nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
"""


def defined(url: str) -> dict[str, dict[str, Any]]:
    """Return what each view is, its rows aside."""
    with psycopg.connect(url) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return {view["name"]: view for view in cursor.execute(_DEFINED, [list(VIEWS)])}


def column_comments(url: str) -> dict[str, str]:
    """Return the comments of the views' columns."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute(_COMMENTED, [list(VIEWS)]).fetchall())


def objects(url: str) -> set[str]:
    """Return every table, view, index and schema."""
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(_OBJECTS.encode())}


def rows(url: str, email: str | None = None) -> dict[str, list[Any]]:
    """Return the rows of each view: for the owner, or as the contractor with an e-mail sees them."""
    with psycopg.connect(url) as connection:
        if email:
            sign_in(connection, email)
        return {view: connection.execute(_select(view)).fetchall() for view in VIEWS}


def sign_in(connection: psycopg.Connection[Any], email: str) -> None:
    """Be a contractor for the rest of the session, as Supabase's API layer makes one of a token."""
    connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"email": email})])
    connection.execute("SET ROLE authenticated")


class Reader(threading.Thread):
    """Asks queries as contractor A, again and again, in transactions of its own.

    Attributes:
        reads: How often it asked all of them.
        wrong: The first error, or rows other than the first ones.
    """

    def __init__(self, url: str, queries: Iterable[sql.Composed]) -> None:
        """Prepare to read from a database, as a superuser who becomes the contractor."""
        super().__init__()
        self._queries = list(queries)
        self.reads = 0
        self.wrong: Any = None
        self._url = url
        self._stopped = threading.Event()

    def run(self) -> None:
        """Read until told to stop, or until something is wrong."""
        with psycopg.connect(self._url, autocommit=True, prepare_threshold=None) as connection:
            sign_in(connection, CONTRACTOR_A)
            expected = None
            while not self._stopped.wait(0.001) and self.wrong is None:
                try:
                    found = [connection.execute(query).fetchall() for query in self._queries]
                except psycopg.Error as error:
                    self.wrong = error
                    return
                expected = expected or found
                self.wrong = found if found != expected else None
                self.reads += 1

    def stop(self) -> None:
        """Stop reading and wait for the end."""
        self._stopped.set()
        self.join()


@contextlib.contextmanager
def reading(url: str, queries: Iterable[sql.Composed]) -> Generator[Reader]:
    """Read all the while what the queries ask for."""
    reader = Reader(url, queries)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()


def _select(view: str) -> sql.Composed:
    return sql.SQL("SELECT * FROM {} ORDER BY 1, 2").format(sql.Identifier(view))
