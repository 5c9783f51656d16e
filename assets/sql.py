"""Statements kept in `.sql` files beside the store that runs them, for SQL too long for a string.

In such a file, statements are separated by a line that holds nothing but `;`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, LiteralString, cast

from assets.catalogue import BY_NAME, KEY_REFERENCES, TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from psycopg import Connection

REFERENTS = ("assets", "referents.sql")
"""What importing and sending share: who is meant by the names that rows use for their parents."""
REPLACED = ("assets", "replaced.sql")
"""What they share, too: rows that gave way to another before they were sent, as `replaced` names them, say so."""
_FOLLOW = ("assets", "follow.sql")


@cache
def statements(package: str, file: str) -> tuple[LiteralString, ...]:
    """Return the statements of a package's `.sql` file, in order."""
    text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    # The text is the project's own, not anyone's input.
    return tuple(cast("LiteralString", part) for part in text.split("\n;\n") if part.strip())


def execute(conn: Connection[Any], parameters: Mapping[str, Any], *files: tuple[str, str]) -> None:
    """Execute the statements of files, each given as its package and its name, in order.

    Args:
        conn: In a transaction: the temporary tables of one file are there for the next.
        parameters: Of all statements together.
        files: For work on any number of rows, however long it takes.
    """
    # It takes longer than a hosted server gives a statement: it would be cut off at every run.
    conn.execute("SELECT set_config('work_mem', '128MB', TRUE), set_config('statement_timeout', '0', TRUE)")
    for package, file in files:
        for statement in statements(package, file):
            conn.execute(statement, parameters)


def follow(conn: Connection[Any]) -> None:
    """Let the keys that are made of keys which are others now become others, too; importing and rolling back share it.

    Args:
        conn: In a transaction, with the temporary table `moved`: of each record whose key is another one its id, type,
            id in Coperniq, former key and key; all of one contractor.
    """
    whose = conn.execute(
        "SELECT c.contractor_config_id FROM moved INNER JOIN coperniq_records AS c ON moved.id = c.id LIMIT 1"
    ).fetchone()
    if whose is None:
        return
    for child, key_field in KEY_REFERENCES.items():
        parent = BY_NAME[child].parent_types[key_field]
        made_of = {"child": child, "key_field": key_field, "parent": parent}
        execute(conn, {"contractor": whose[0], **made_of}, _FOLLOW)


def refresh_forms(conn: Connection[Any], contractor_id: UUID, import_id: UUID | None = None) -> None:
    """Bring what a contractor's forms say of their export up to date; exporting, sending and rolling back share it.

    Args:
        conn: In a transaction, after its other writes.
        contractor_id: Whose forms are meant: those that are pending.
        import_id: An import that is being undone, whose forms are looked at as well, whatever they say.
    """
    (statement,) = statements("assets", "form_outcomes.sql")
    types = [record_type.name for record_type in TYPES]
    conn.execute(statement, {"contractor": contractor_id, "import": import_id, "types": types})
