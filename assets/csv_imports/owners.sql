-- Whose record each row is: the one that waits for it or was sent with it, or the one that had its values already; where
-- there is none, that of the row that it is another attempt at, and so on.
-- Parameters: contractor, type. Needs asked (row_id). Makes owners: each of these rows that has a record, with that.

ANALYZE asked
;

-- Named with its schema, for a shadow holds none of the rows that came before. Each is looked up (OFFSET 0).
CREATE TEMP TABLE before ON COMMIT DROP AS
WITH RECURSIVE line AS (
    SELECT
        row_id,
        NULL::UUID AS id,
        NULL::UUID AS csv_import_id,
        NULL AS coperniq_id,
        row_id AS corrects_record_id,
        -1 AS steps
    FROM asked
    UNION ALL
    SELECT
        line.row_id,
        r.id,
        r.csv_import_id,
        r.coperniq_id,
        r.corrects_record_id,
        line.steps + 1
    FROM line
    CROSS JOIN LATERAL (
        SELECT
            id,
            csv_import_id,
            coperniq_id,
            corrects_record_id
        FROM public.csv_import_records
        WHERE id = line.corrects_record_id
        OFFSET 0
    ) AS r
)

SELECT * FROM line
WHERE id IS NOT NULL
;

ANALYZE before
;

-- No index leads from a row to its record: those of its import are read once. A nested loop would look at every pair.
SET LOCAL enable_nestloop = off
;

CREATE TEMP TABLE owners ON COMMIT DROP AS
SELECT DISTINCT ON (row_id)
    row_id,
    record_id
FROM (
    SELECT
        before.row_id,
        before.steps,
        TRUE AS holds,
        c.id AS record_id
    FROM (SELECT DISTINCT csv_import_id FROM before) AS came
    CROSS JOIN LATERAL (
        SELECT
            id,
            contractor_config_id,
            coperniq_type,
            csv_import_record_id
        FROM coperniq_records
        WHERE csv_import_id = came.csv_import_id
        OFFSET 0
    ) AS c
    INNER JOIN before ON c.csv_import_record_id = before.id
    WHERE c.contractor_config_id = %(contractor)s AND c.coperniq_type = %(type)s
    UNION ALL
    SELECT
        before.row_id,
        before.steps,
        FALSE,
        c.id
    FROM before
    CROSS JOIN LATERAL (
        SELECT
            id,
            contractor_config_id
        FROM coperniq_records
        WHERE coperniq_type = %(type)s AND coperniq_id = before.coperniq_id
        OFFSET 0
    ) AS c
    WHERE c.contractor_config_id = %(contractor)s
) AS candidate
ORDER BY row_id, steps, holds DESC
;

SET LOCAL enable_nestloop TO DEFAULT
;

DROP TABLE asked, before
;

ANALYZE owners
