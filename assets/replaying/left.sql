-- Says of rows why they are left alone.
-- Parameters: import, line (the import and its replays). Needs standing, owners and origins. Makes owned, which has the
-- records of standing by the row's number, and later.

CREATE TEMP TABLE owned ON COMMIT DROP AS
SELECT
    s.record_number,
    c.id AS record_id,
    c.csv_import_id
FROM standing AS s
INNER JOIN owners AS o ON s.row_id = o.row_id
INNER JOIN coperniq_records AS c ON o.record_id = c.id
;

CREATE UNIQUE INDEX ON owned (record_number)
;

-- Imports whose values are newer: those of later files, and what people have corrected of the same one since.
CREATE TEMP TABLE later ON COMMIT DROP AS
SELECT i.id
FROM origins AS o
INNER JOIN csv_imports AS i ON o.id = i.id
LEFT JOIN public.replays AS p ON i.id = p.csv_import_id
LEFT JOIN csv_imports AS replayed ON i.parent_import_id = replayed.id AND p.csv_import_id IS NOT NULL
WHERE
    o.is_newer
    OR (
        NOT o.is_older
        AND i.id <> ALL(%(line)s::UUID [])
        -- A replay is as old as what it replays.
        AND coalesce(replayed.created_at, i.created_at) > (SELECT created_at FROM csv_imports WHERE id = %(import)s)
    )
;

ANALYZE owned, later
;

UPDATE standing AS s
SET reason = 'superseded'
FROM standing AS sent
LEFT JOIN owned AS o ON sent.record_number = o.record_number
WHERE
    s.record_number = sent.record_number
    AND sent.reason IS NULL
    AND (
        (sent.status IN ('valid', 'warning', 'skipped') AND o.record_id IS NULL)
        OR o.csv_import_id IN (SELECT id FROM later)
    )
;

-- Of a fix file: what it was to correct needs no work, or another row has put it right.
-- Each row is looked up (OFFSET 0), however many the planner believes there to be.
UPDATE standing AS s
SET reason = 'corrected'
FROM standing AS d
CROSS JOIN LATERAL (
    SELECT corrects_record_id
    FROM public.csv_import_records
    WHERE csv_import_id = %(import)s AND record_number = d.record_number AND corrects_record_id IS NOT NULL
    OFFSET 0
) AS own
CROSS JOIN LATERAL (
    SELECT corrected_by_id
    FROM public.csv_import_records
    WHERE id = own.corrects_record_id
    OFFSET 0
) AS named
LEFT JOIN LATERAL (
    SELECT
        csv_import_id,
        record_number
    FROM public.csv_import_records
    WHERE id = named.corrected_by_id
    OFFSET 0
) AS by_it ON TRUE
WHERE
    s.record_number = d.record_number
    AND d.status = 'duplicate'
    AND d.reason IS NULL
    AND (by_it.csv_import_id = ANY(%(line)s::UUID []) AND by_it.record_number = d.record_number) IS NOT TRUE
;

-- A row that is the same record as one that is left alone would go in its place.
UPDATE standing AS s
SET reason = leader.reason
FROM (
    SELECT DISTINCT ON (record_key)
        record_key,
        reason
    FROM standing
    WHERE status IN ('valid', 'warning', 'skipped')
    ORDER BY record_key, record_number
) AS leader
WHERE
    s.record_key = leader.record_key
    AND s.reason IS NULL
    AND s.status = 'duplicate'
    AND leader.reason IS NOT NULL
