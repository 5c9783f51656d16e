"""All SQL of contractors: who is served, under which slug, and which templates each may fill."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assets import sql
from assets.contractors import presets
from assets.errors import PipelineError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import Connection


SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""As the database checks it: a slug is also the name of a folder."""


class ContractorError(PipelineError):
    """Say what is wrong with a contractor's registration."""


@dataclass(frozen=True, slots=True)
class Contractor:
    """A contractor that the pipeline serves; `rejected_share` of an import's rows may be errors unremarked."""

    id: UUID
    slug: str
    name: str
    email: str | None
    trades: list[str]
    preset: str | None
    is_active: bool
    rejected_share: float
    created_at: datetime


_SELECT = """
    SELECT
        id, slug, contractor_name AS name, contractor_email AS email, trades, preset_used AS preset, is_active,
        rejected_share::FLOAT8 AS rejected_share, created_at
    FROM mep_contractor_configs
"""


def get(conn: Connection[Any], slug: str) -> Contractor:
    """Return the contractor of that slug.

    Raises:
        ContractorError: When there is none.
    """
    with conn.cursor(row_factory=class_row(Contractor)) as cursor:
        found = cursor.execute(f"{_SELECT} WHERE slug = %s", [slug]).fetchone()
    if found is None:
        raise ContractorError(
            f'No contractor has the slug "{slug}": register it with `mep contractor add {slug} --name … --email …`.'
        )
    return found


def slug_of(conn: Connection[Any], contractor_id: UUID) -> str:
    """Return the slug of a contractor.

    Raises:
        ContractorError: When it has none: the pipeline does not serve it.
    """
    found = conn.execute(
        "SELECT slug FROM mep_contractor_configs WHERE id = %s AND slug IS NOT NULL", [contractor_id]
    ).fetchone()
    if found is None:
        raise ContractorError("The contractor of that import has no slug: give it one with `mep contractor add`.")
    return found[0]


def every(conn: Connection[Any]) -> list[Contractor]:
    """List the contractors that have a slug, by slug."""
    with conn.cursor(row_factory=class_row(Contractor)) as cursor:
        return cursor.execute(f"{_SELECT} WHERE slug IS NOT NULL ORDER BY slug").fetchall()


def add(conn: Connection[Any], slug: str, name: str, email: str, trades: list[str], preset: str | None = None) -> bool:
    """Register a contractor, or give a slug to one that was configured before; say whether anything changed.

    Args:
        conn: In autocommit mode.
        slug: Names its folder in the inbox.
        name: The company's.
        email: With which it signs in.
        trades: Its trades; empty for those of the preset.
        preset: What kind of contractor it is; it decides about the markets, the phases and the templates.

    Raises:
        ContractorError: When the slug is malformed or another contractor's, or the contractor has another slug.
        UnknownPreset: When there is no such preset.
    """
    if not SLUG.fullmatch(slug):
        raise ContractorError(
            f'"{slug}" is no slug: write at most 63 lower-case letters, digits, - and _, such as acme-plumbing.'
        )
    chosen = None if preset is None else presets.named(preset)
    with conn.transaction():
        changed = _register(conn, slug, name, email, trades)
        if chosen is not None:
            values = [trades or list(chosen.templates), chosen.markets, chosen.phases, preset]
            updated = conn.execute(
                """
                UPDATE mep_contractor_configs
                SET trades = %s, markets = %s, phases = %s, preset_used = %s
                WHERE slug = %s AND (trades, markets, phases, preset_used) IS DISTINCT FROM (%s, %s, %s, %s)
                """,
                [*values, slug, *values],
            )
            changed = enable_templates(conn, get(conn, slug).id) > 0 or updated.rowcount > 0 or changed
    return changed


def set_rejected_share(conn: Connection[Any], slug: str, share: float) -> None:
    """Set the share of an import's rows, from 0 to 1, that may be errors before somebody is told.

    Raises:
        ContractorError: When there is no such contractor.
    """
    contractor = get(conn, slug)
    conn.execute("UPDATE mep_contractor_configs SET rejected_share = %s WHERE id = %s", [share, contractor.id])


def set_active(conn: Connection[Any], slug: str, *, active: bool) -> None:
    """Say whether runs are started for a contractor; those that are at work end by themselves.

    Raises:
        ContractorError: When there is no such contractor.
    """
    contractor = get(conn, slug)
    conn.execute("UPDATE mep_contractor_configs SET is_active = %s WHERE id = %s", [active, contractor.id])


def enable_templates(conn: Connection[Any], contractor_id: UUID | None = None) -> int:
    """Let contractors' templates follow their presets and trades; say for how many contractors they changed.

    Args:
        conn: A connection.
        contractor_id: Whose; None for all that have a preset.
    """
    (statement,) = sql.statements("assets.contractors", "enable_templates.sql")
    return conn.execute(statement, {"offers": Jsonb(presets.offers()), "contractor": contractor_id}).rowcount


def _register(conn: Connection[Any], slug: str, name: str, email: str, trades: list[str]) -> bool:
    taken = conn.execute(
        "SELECT contractor_name, contractor_email FROM mep_contractor_configs WHERE slug = %s", [slug]
    ).fetchone()
    if taken is not None:
        if taken == (name, email):
            return False
        raise ContractorError(f'The slug "{slug}" belongs to {taken[0]}: choose another one.')
    kept = conn.execute(
        """
        INSERT INTO mep_contractor_configs AS c (contractor_name, contractor_email, trades, slug)
        VALUES (%s, %s, %s, %s)
        ON CONFLICT (contractor_name, contractor_email) DO UPDATE SET slug = coalesce(c.slug, excluded.slug)
        RETURNING slug
        """,
        [name, email, trades, slug],
    ).fetchone()
    if kept != (slug,):
        raise ContractorError(f'{name} has the slug "{kept and kept[0]}" already: use that one.')
    return True
