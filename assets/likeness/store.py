"""The SQL of finding possible duplicates: which customers are to be compared, and where others like them are.

What belongs here: contacts and their blocks, and writing pairs down. What does not: what makes two customers alike
(`customers`), the order of things (`searching`), and what people say of a pair (`reviewing`). Callers own transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from assets.likeness import customers
from assets.sql import statements
from assets.text import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.likeness.customers import Likeness


@dataclass(frozen=True, slots=True)
class Import:
    """An import whose customers are to be compared, how many rows it has, and how many of them are done."""

    id: UUID
    import_name: str
    coperniq_type: str
    rows: int
    compared: int


@dataclass(frozen=True, slots=True)
class Known:
    """A contact that was entered: what it says, with its sites, and where it comes from.

    `coperniq_id` is missing for one that is not in Coperniq yet, the import for one that was there before.
    """

    id: UUID
    key: str
    coperniq_id: str | None
    import_name: str | None
    record_number: int | None
    contact: dict[str, Any]
    sites: list[dict[str, Any]]

    @property
    def place(self) -> str:
        """Where it is, in Coperniq and in a file, without anybody's values."""
        row = f"row {self.record_number} of {printable(self.import_name)}" if self.import_name else "of no import"
        return f"{self.coperniq_id or 'not sent yet'}, {row}"


@dataclass(frozen=True, slots=True)
class Found:
    """Two contacts' keys, and how alike they are."""

    keys: tuple[str, str]
    likeness: Likeness


def uncompared(conn: Connection[Any], contractor_id: UUID) -> list[Import]:
    """List the imports whose customers are to be compared still: contacts first, which come with their sites."""
    with conn.cursor(row_factory=class_row(Import)) as cursor:
        return cursor.execute(
            """
            SELECT id, import_name, coperniq_type, total_records_attempted AS rows, compared_rows AS compared
            FROM csv_imports
            WHERE
                contractor_config_id = %s AND compared_at IS NULL AND entered_at IS NOT NULL
                AND coperniq_type IN ('Contact', 'Site') AND status IN ('success', 'partial_success')
            ORDER BY coperniq_type, entered_at, id
            """,
            [contractor_id],
        ).fetchall()


def touched(conn: Connection[Any], contractor_id: UUID, of: Import, after: int, until: int) -> list[UUID]:
    """List the contacts that rows of an import are, or whose sites they are: those after a number, until another."""
    contacts, sites = statements("assets.likeness", "touched.sql")
    rows = conn.execute(
        contacts if of.coperniq_type == "Contact" else sites,
        {"contractor": contractor_id, "import": of.id, "after": after, "until": until},
    ).fetchall()
    return [record_id for (record_id,) in rows]


def without_import(conn: Connection[Any], contractor_id: UUID, most: int) -> list[UUID]:
    """List the contacts that came with no import, because they were in Coperniq before, and were not compared yet.

    What Coperniq refused is nobody's double, and in no block. At most so many.
    """
    rows = conn.execute(
        """
        SELECT c.id FROM coperniq_records AS c
        WHERE
            c.csv_import_id IS NULL AND c.contractor_config_id = %s AND c.coperniq_type = 'Contact'
            AND (c.state <> 'rejected' OR c.coperniq_id IS NOT NULL)
            AND NOT EXISTS (SELECT FROM customer_blocks AS b WHERE b.record_id = c.id)
        ORDER BY c.id
        LIMIT %s
        """,
        [contractor_id, most],
    ).fetchall()
    return [record_id for (record_id,) in rows]


def known(conn: Connection[Any], contractor_id: UUID, ids: Collection[UUID]) -> list[Known]:
    """Return contacts with their sites, as far as they are anybody's."""
    (statement,) = statements("assets.likeness", "customers.sql")
    with conn.cursor(row_factory=class_row(Known)) as cursor:
        return cursor.execute(
            statement, {"contractor": contractor_id, "ids": list(ids), "most": customers.MOST_ADDRESSES}
        ).fetchall()


def place(conn: Connection[Any], ids: Sequence[UUID], blocks: Sequence[tuple[int, UUID]]) -> None:
    """Write in which blocks contacts are, and no longer are."""
    conn.execute("DELETE FROM customer_blocks WHERE record_id = ANY(%s)", [ids])
    conn.execute(
        "INSERT INTO customer_blocks (block, record_id) SELECT * FROM unnest(%s::BIGINT[], %s::UUID[])"
        " ON CONFLICT DO NOTHING",
        [[block for block, _ in blocks], [record_id for _, record_id in blocks]],
    )


def sharing(conn: Connection[Any], blocks: Sequence[tuple[int, UUID]]) -> set[tuple[UUID, UUID]]:
    """Return with whom contacts share a block that tells something, in pairs: the lower id first."""
    rows = conn.execute(
        """
        SELECT DISTINCT least(mine.record_id, theirs.record_id), greatest(mine.record_id, theirs.record_id)
        FROM unnest(%(blocks)s::BIGINT[], %(ids)s::UUID[]) AS mine (block, record_id)
        CROSS JOIN LATERAL (
            SELECT array_agg(record_id) AS members
            FROM (SELECT record_id FROM customer_blocks WHERE block = mine.block LIMIT %(most)s + 1) AS first_ones
        ) AS shared
        CROSS JOIN LATERAL unnest(shared.members) AS theirs (record_id)
        WHERE cardinality(shared.members) <= %(most)s AND theirs.record_id <> mine.record_id
        """,
        {
            "blocks": [block for block, _ in blocks],
            "ids": [record_id for _, record_id in blocks],
            "most": customers.LARGEST_BLOCK,
        },
    ).fetchall()
    return set(rows)


def offer(conn: Connection[Any], contractor_id: UUID, import_id: UUID | None, found: Iterable[Found]) -> int:
    """Write pairs down; return how many are new. What was decided stays so, and is not offered again."""
    listed = list(found)
    rows = conn.execute(
        """
        INSERT INTO possible_duplicates AS d (
            contractor_config_id, csv_import_id, first_key, second_key, score, reasons
        )
        SELECT
            %(contractor)s, %(import)s, f.first_key, f.second_key, f.points / 100.0,
            string_to_array(f.reasons, '|')
        FROM unnest(%(first)s::TEXT[], %(second)s::TEXT[], %(points)s::INT[], %(reasons)s::TEXT[])
            AS f (first_key, second_key, points, reasons)
        ON CONFLICT (contractor_config_id, hashtextextended(first_key, hashtextextended(second_key, 0))) DO UPDATE
        SET score = excluded.score, reasons = excluded.reasons
        WHERE d.state = 'open' AND (d.score, d.reasons) IS DISTINCT FROM (excluded.score, excluded.reasons)
        RETURNING xmax = 0
        """,
        {
            "contractor": contractor_id,
            "import": import_id,
            "first": [one.keys[0] for one in listed],
            "second": [one.keys[1] for one in listed],
            "points": [one.likeness.points for one in listed],
            "reasons": ["|".join(one.likeness.reasons) for one in listed],
        },
    ).fetchall()
    return sum(is_new for (is_new,) in rows)


def conclude(conn: Connection[Any], of: Import, until: int) -> None:
    """Write up to which row an import's customers are compared, and whether that is all.

    Nothing that is handed back of the import changes by it: what was up to date still is.
    """
    conn.execute(
        """
        UPDATE csv_imports
        SET compared_rows = %(until)s, compared_at = CASE WHEN %(all)s THEN clock_timestamp() END,
            handed_back_at = CASE WHEN handed_back_at >= updated_at THEN now() ELSE handed_back_at END
        WHERE id = %(import)s
        """,
        {"import": of.id, "until": min(until, of.rows), "all": until >= of.rows},
    )
