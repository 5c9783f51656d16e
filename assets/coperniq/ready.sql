-- Makes ready the waiting records whose parents are in Coperniq, and names what the others wait for.
-- Parameters: parents {field: type}. Needs found.

WITH resolved AS (
    SELECT
        f.id,
        coalesce(
            jsonb_object_agg(f.field, f.coperniq_id) FILTER (WHERE f.coperniq_id IS NOT NULL AND NOT f.undecided), '{}'
        ) AS parent_ids,
        string_agg(
            format(
                '%%s "%%s", which %%s', %(parents)s::JSONB ->> f.field, left(f.given, 80),
                CASE
                    WHEN f.undecided THEN 'may be one of several until the site is known'
                    WHEN f.refused THEN 'was refused'
                    WHEN f.candidates = 0 THEN 'no sendable row has'
                    ELSE 'waits itself'
                END
            ), '; ' ORDER BY f.field
        ) FILTER (WHERE f.coperniq_id IS NULL OR f.undecided) AS waiting_for
    FROM found AS f
    GROUP BY f.id
)

UPDATE coperniq_records AS c
SET
    state = CASE WHEN resolved.waiting_for IS NULL THEN 'ready' ELSE 'waiting' END::delivery_state,
    parent_ids = resolved.parent_ids,
    waiting_for = resolved.waiting_for,
    updated_at = now()
FROM resolved
WHERE
    c.id = resolved.id
    -- As a text, which no index has: each is looked up by its id, however few PostgreSQL believes to wait.
    AND c.state::TEXT = 'waiting'
    AND (
        resolved.waiting_for IS NULL
        OR (c.waiting_for, c.parent_ids) IS DISTINCT FROM (resolved.waiting_for, resolved.parent_ids)
    )
