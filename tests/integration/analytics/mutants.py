"""Relations that break one rule each, made from what dbt's manifest says of the rule: of keys, values and conditions.

A mutant is a view in the place of what a data test reads, with one value changed, one row more or one row less; what is
computed from the relation sees nothing of it, so that a single rule is broken. What belongs here: which changes break a
rule of which kind. What does not: running the tests (`test_mutations`), and data that breaks rules across tables
(`mutations`), which a person has to think of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple, cast

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg import Connection

ROWS = 12
"""Rows of a relation that are changed in turn, until one is found of which nothing else depends."""
NONSENSE = sql.SQL("'nonsense'")
STRANGER = sql.SQL("' OFFICE@b.example'")
NUMBERS = ("smallint", "integer", "bigint", "numeric")
_READS = re.compile(r"(?:source|ref)\('(\w+)'(?:, '(\w+)')?\)")


class Rule(NamedTuple):
    """A data test.

    Attributes:
        name: Unique in the project.
        unique_id: What dbt calls it.
        kind: The generic test.
        relation: What it is about, as schema and name.
        column: The column, where it is about one.
        arguments: Of the generic test.
        query: Returns the rows that break it.
        is_warning: Whether somebody should look, and no build fails.
    """

    name: str
    unique_id: str
    kind: str
    relation: tuple[str, str]
    column: str | None
    arguments: Mapping[str, Any]
    query: str
    is_warning: bool


class Relation(NamedTuple):
    """What a rule is about, as it is in the database.

    Attributes:
        name: Schema and name.
        columns: The types of its columns, by name.
        uniques: Columns that a rule calls unique.
    """

    name: tuple[str, str]
    columns: Mapping[str, str]
    uniques: frozenset[str]


def rules(manifest: Mapping[str, Any], queries: Mapping[str, str]) -> dict[str, Rule]:
    """Return the data tests by name.

    Args:
        manifest: As dbt writes it.
        queries: Their compiled SQL, by unique id.
    """
    found: dict[str, Rule] = {}
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] != "test":
            continue
        meant = _READS.search(node["test_metadata"]["kwargs"]["model"])
        assert meant is not None, unique_id
        found[node["name"]] = Rule(
            node["name"], unique_id, node["test_metadata"]["name"], _relation(manifest, meant[2] or meant[1]),
            node["column_name"], node["test_metadata"]["kwargs"], queries[unique_id],
            node["config"]["severity"].lower() == "warn",
        )  # fmt: skip
    return found


def look_up(connection: Connection[Any], name: tuple[str, str], among: Mapping[str, Rule]) -> Relation:
    """Look a relation's columns up."""
    columns = connection.execute(
        """
        SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
        WHERE attrelid = format('%%I.%%I', %s::TEXT, %s::TEXT)::regclass AND attnum > 0 AND NOT attisdropped
        ORDER BY attnum
        """,
        name,
    ).fetchall()
    unique = {rule.column for rule in among.values() if rule.kind == "unique" and rule.relation == name}
    return Relation(name, dict(columns), frozenset(column for column in unique if column))


def mutants(rule: Rule, relation: Relation) -> Iterator[sql.Composed]:
    """Yield statements, each of which puts a view that may break the rule in the relation's place."""
    for row in range(1, ROWS + 1):
        for changed in _changes(rule, relation):
            yield _view(relation, changed, sql.SQL("true"), row)
        if rule.kind in ("not_null", "unique", "one_row_for_each"):
            changed = {rule.column: _null(relation, rule.column)} if rule.column and rule.kind == "not_null" else {}
            fresh = {name: _fresh(relation, name) for name in relation.uniques - {rule.column}}
            yield _view(relation, {**fresh, **changed}, sql.SQL("true"), row, more=True)
        if rule.kind == "has_row_for_each":
            yield _view(relation, {}, sql.SQL("place <> {}").format(row), row)


def _changes(rule: Rule, relation: Relation) -> Iterator[dict[str, sql.Composable]]:
    """Yield the values that break a rule in one row, by column."""
    if rule.column is not None:
        yield from ({rule.column: value} for value in _values(rule, relation, rule.column))
    elif rule.kind == "always_true":
        for name in relation.columns:
            if re.search(rf"\b{name}\b", rule.arguments["condition"]):
                yield from ({name: value} for value in _extremes(relation, name))


def _values(rule: Rule, relation: Relation, column: str) -> Iterator[sql.Composable]:
    """Yield the values of a column that break a rule of it."""
    match rule.kind:
        case "not_null":
            yield _null(relation, column)
        case "unique":
            yield sql.SQL("coalesce(lag({name}) OVER (ORDER BY place), {name})").format(name=sql.Identifier(column))
        case "accepted_values":
            yield NONSENSE
        case "accepted_range":
            yield _written(f"{rule.arguments['minimum']}::NUMERIC - 1")
            if rule.arguments.get("maximum") is not None:
                yield _written(f"{rule.arguments['maximum']}::NUMERIC + 1")
        case "relationships" | "names_own_record":
            yield _fresh(relation, column)
        case "names_no_other_contractor":
            yield STRANGER
        case _:
            pass


def _extremes(relation: Relation, column: str) -> Iterator[sql.Composable]:
    """Yield values of a column that a condition may not stand."""
    if relation.columns[column] in NUMBERS:
        yield from (sql.SQL("-1"), sql.SQL("1000000"))
    elif relation.columns[column].startswith("timestamp"):
        yield from (sql.SQL("'-infinity'"), sql.SQL("'infinity'"))
    elif relation.columns[column] == "boolean":
        yield sql.SQL("NOT {}").format(sql.Identifier(column))
    elif "[]" not in relation.columns[column]:
        yield NONSENSE
    yield _null(relation, column)


def _view(
    relation: Relation, changed: Mapping[str, sql.Composable], kept: sql.Composable, row: int, *, more: bool = False
) -> sql.Composed:
    """Return the statements that move a relation away and put a view of its rows there.

    Args:
        relation: The relation.
        changed: What one row has otherwise.
        kept: A condition over the rows that stay; `place` counts them.
        row: The row that has it.
        more: Whether that is a row more; else it takes the place of the row.
    """
    schema, name = relation.name
    columns = sql.SQL(", ").join(
        sql.SQL("CASE WHEN place = {row} THEN {value} ELSE {old} END AS {name}").format(
            row=row, value=changed[column], name=sql.Identifier(column),
            old=sql.SQL("{}::TEXT").format(sql.Identifier(column)) if changed[column] is NONSENSE
            else sql.Identifier(column),
        )
        if column in changed else sql.Identifier(column)
        for column in relation.columns
    )  # fmt: skip
    plain = sql.SQL(", ").join(
        sql.SQL("{name}::TEXT AS {name}" if changed.get(column) is NONSENSE else "{name}").format(
            name=sql.Identifier(column)
        )
        for column in relation.columns
    )
    return sql.SQL(
        """
        ALTER TABLE {there} RENAME TO sound;
        CREATE VIEW {there} AS
        WITH placed AS (SELECT *, row_number() OVER () AS place FROM {sound})
        SELECT {columns} FROM placed WHERE {kept}{rest}
        """
    ).format(
        there=sql.Identifier(schema, name), sound=sql.Identifier(schema, "sound"), columns=columns,
        kept=sql.SQL("place = {}").format(row) if more else kept,
        rest=sql.SQL(" UNION ALL SELECT {} FROM placed").format(plain) if more else sql.SQL(""),
    )  # fmt: skip


def _null(relation: Relation, column: str) -> sql.Composable:
    return _written(f"NULL::{relation.columns[column]}")


def _written(expression: str) -> sql.SQL:
    """Return SQL that stands in the project or in PostgreSQL's catalogue."""
    return sql.SQL(cast("LiteralString", expression))


def _fresh(relation: Relation, column: str) -> sql.Composable:
    """Return a value that no row has."""
    return sql.SQL("gen_random_uuid()") if relation.columns[column] == "uuid" else NONSENSE


def _relation(manifest: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Return where a source or model of that name is."""
    for node in (*manifest["sources"].values(), *manifest["nodes"].values()):
        if node["name"] == name and node["resource_type"] in ("source", "model"):
            return node["schema"], node.get("identifier") or node["alias"]
    raise LookupError(name)
