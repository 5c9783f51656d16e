-- Remembers what lies in some folders of the inbox, and forgets what no longer does. Gives the files whose version no
-- run has looked at, or that a run refused: whether each is stable, that is, was seen long enough ago and is the same
-- still, and whether it rests after it was refused.
-- Parameters: sources, versions and contractors (of the files), first and behind (the sources among which they are all;
-- NULL for no end), unreadable (folders of which nothing is known now), at, stable_since.
WITH listed AS (
    SELECT *
    FROM unnest(%(sources)s::TEXT [], %(versions)s::TEXT [], %(contractors)s::UUID [])
        AS l (source_path, version, contractor_config_id)
),

forgotten AS (
    DELETE FROM inbox_files AS f
    WHERE
        f.source_path >= %(first)s
        AND (%(behind)s::TEXT IS NULL OR f.source_path < %(behind)s)
        AND split_part(f.source_path, '/', 1) <> ALL(%(unreadable)s::TEXT [])
        AND NOT EXISTS (SELECT FROM listed AS l WHERE l.source_path = f.source_path)
),

noted AS (
    INSERT INTO inbox_files AS f (source_path, contractor_config_id, version, seen_at)
    SELECT
        l.source_path,
        l.contractor_config_id,
        l.version,
        %(at)s::TIMESTAMPTZ
    FROM listed AS l
    WHERE NOT EXISTS (SELECT FROM inbox_files AS k WHERE k.source_path = l.source_path AND k.version = l.version)
    ON CONFLICT (source_path) DO UPDATE
    SET contractor_config_id = excluded.contractor_config_id, version = excluded.version, seen_at = excluded.seen_at,
    taken_at = NULL, refused = NULL, refused_since = NULL, again_at = NULL
)

-- As the table was before: what has just been noted is seen for the first time.
SELECT
    l.source_path,
    l.version,
    coalesce(f.version = l.version AND f.seen_at <= %(stable_since)s::TIMESTAMPTZ, FALSE) AS is_stable,
    coalesce(f.version = l.version AND f.again_at > %(at)s::TIMESTAMPTZ, FALSE) AS rests
FROM listed AS l
LEFT JOIN inbox_files AS f ON l.source_path = f.source_path
WHERE f.version IS DISTINCT FROM l.version OR f.taken_at IS NULL
ORDER BY l.source_path COLLATE "C"
