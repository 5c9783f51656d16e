"""The states of a record and how one may follow another, written down by the database itself as they change.

What belongs here: the table of what may follow what, and what must hold of each change. What does not: what a run
did, and what is in Coperniq.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    import psycopg

ABSENT = "absent"
ON_ITS_WAY = {"in_flight", "unknown"}
ALLOWED: dict[str, set[str]] = {
    # A row brings a record; a parent that was in Coperniq before is entered as what it is.
    ABSENT: {"waiting", "ready", "synced"},
    # Its parents come, or turn out to be two; a rollback lets go of it; with another record it turns out to be one.
    "waiting": {"waiting", "ready", "rejected", "synced", ABSENT},
    # It is written down before it is sent; another row or the loss of a parent makes it wait again.
    "ready": {"ready", "in_flight", "waiting", "synced", ABSENT},
    # Done, refused, deleted, surely not carried out, or not to be told.
    "in_flight": {"in_flight", "synced", "rejected", "ready", "waiting", "unknown", ABSENT},
    # Only what is found out or said of it ends this: never a request.
    "unknown": {"unknown", "synced", "ready", "waiting"},
    # Another row comes, or has its turn again, or a rollback marks it; what somebody else deleted is let go.
    "synced": {"synced", "ready", "waiting", ABSENT},
    # Only another row brings it back, be it one that it had replaced.
    "rejected": {"rejected", "ready", "waiting", "synced", ABSENT},
}
WRITE_DOWN = """
CREATE TABLE public.seen_transitions (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contractor_id UUID NOT NULL,
    record_key TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    old_claim UUID,
    new_claim UUID,
    old_id TEXT,
    new_id TEXT
);

CREATE FUNCTION public.see_transition() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.seen_transitions (
        contractor_id, record_key, before, after, old_claim, new_claim, old_id, new_id
    )
    VALUES (
        coalesce(new.contractor_config_id, old.contractor_config_id), coalesce(new.record_key, old.record_key),
        coalesce(old.state::TEXT, 'absent'), coalesce(new.state::TEXT, 'absent'), old.claim_id, new.claim_id,
        old.coperniq_id, new.coperniq_id
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER see_transition AFTER INSERT OR UPDATE OR DELETE ON public.coperniq_records
FOR EACH ROW EXECUTE FUNCTION public.see_transition();
"""


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of one record; ids are Coperniq's."""

    number: int
    record_key: str
    before: str
    after: str
    old_claim: UUID | None
    new_claim: UUID | None
    old_id: str | None
    new_id: str | None


def since(conn: psycopg.Connection[Any], contractor_id: UUID, number: int) -> list[Transition]:
    """List a contractor's changes after a number, in order."""
    with conn.cursor(row_factory=class_row(Transition)) as cursor:
        return cursor.execute(
            """
            SELECT number, record_key, before, after, old_claim, new_claim, old_id, new_id FROM seen_transitions
            WHERE contractor_id = %s AND number > %s ORDER BY number
            """,
            [contractor_id, number],
        ).fetchall()


def is_allowed(seen: Transition, there_before: Collection[str], by_hand: Collection[str]) -> None:
    """Check one change.

    Args:
        seen: The change.
        there_before: Ids of records that were in Coperniq before any request could have made them.
        by_hand: Ids of all records that somebody else made.
    """
    assert seen.after in ALLOWED[seen.before], seen
    assert (seen.new_claim is not None) == (seen.after in ON_ITS_WAY), seen
    if seen.after == "in_flight" and seen.before == "ready":
        assert (seen.old_claim, seen.old_id) == (None, seen.new_id), seen
    if ABSENT not in (seen.before, seen.after) and seen.old_id != seen.new_id:
        # Only the holder of a claim says what Coperniq has, never of a record that was there before. A rollback lets
        # go of what somebody else deleted, and another row has its turn.
        assert seen.before in ON_ITS_WAY or (seen.before, seen.new_id) == ("synced", None), seen
        assert (seen.old_id is None) != (seen.new_id is None), seen
        assert seen.new_id not in there_before, seen
    if seen.before == ABSENT and seen.after == "synced":
        assert seen.new_id in by_hand, seen
