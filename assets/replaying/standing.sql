-- Makes standing: each row of an import as it stands, and why it is left alone, if it is.
-- Parameters: import, line (the import and its replays), contractor, type. Needs rows, which are those of the line.

CREATE UNIQUE INDEX ON standing (record_number)
;

-- The record of a row is the one that waits for it or was sent with it, or the one that had its values already.
CREATE TEMP TABLE owned ON COMMIT DROP AS
SELECT DISTINCT ON (candidate.record_number) candidate.*
FROM (
    SELECT
        s.record_number,
        c.id AS record_id,
        c.csv_import_id,
        c.csv_import_record_id,
        c.record_key
    FROM standing AS s
    INNER JOIN coperniq_records AS c ON s.row_id = c.csv_import_record_id
    WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s
    UNION
    SELECT
        s.record_number,
        c.id,
        c.csv_import_id,
        c.csv_import_record_id,
        c.record_key
    FROM standing AS s
    INNER JOIN coperniq_records AS c ON s.coperniq_id = c.coperniq_id
    WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s
) AS candidate
INNER JOIN standing AS s ON candidate.record_number = s.record_number
ORDER BY candidate.record_number, candidate.csv_import_record_id = s.row_id DESC NULLS LAST
;

CREATE UNIQUE INDEX ON owned (record_number)
;

-- Imports that came later, whose values are newer. A replay is as old as what it replays.
CREATE TEMP TABLE later ON COMMIT DROP AS
SELECT i.id
FROM csv_imports AS i
LEFT JOIN public.replays AS p ON i.id = p.csv_import_id
LEFT JOIN csv_imports AS replayed ON i.parent_import_id = replayed.id AND p.csv_import_id IS NOT NULL
WHERE
    i.contractor_config_id = %(contractor)s
    AND i.id <> ALL(%(line)s::UUID [])
    AND coalesce(replayed.created_at, i.created_at) > (SELECT created_at FROM csv_imports WHERE id = %(import)s)
;

ANALYZE standing, owned, later
;

UPDATE standing AS s
SET reason = 'superseded'
FROM standing AS sent
LEFT JOIN owned AS o ON sent.record_number = o.record_number
WHERE
    s.record_number = sent.record_number
    AND sent.reason IS NULL
    AND sent.status IN ('valid', 'warning', 'skipped')
    AND (o.record_id IS NULL OR o.csv_import_id IN (SELECT id FROM later))
