-- An ambiguous parent is the row's error, naming both. Several assets of one name may yet be told apart by the row's
-- own site: that is decided when the row is sent.
-- Parameters: import. Needs answers. Makes faults: the rows that are errors for what only the database knows.

-- How many rows an import has is not known to the planner yet: a nested loop would look at every pair.
SET LOCAL enable_nestloop = off
;

CREATE TEMP TABLE ambiguous ON COMMIT DROP AS
WITH several AS MATERIALIZED (
    SELECT *
    FROM answers
    WHERE candidates > 1
)

SELECT DISTINCT ON (r.id)
    r.id,
    r.record_number,
    p.field,
    p.parent_key,
    p.other_key
FROM csv_import_records AS r
CROSS JOIN LATERAL jsonb_each_text(r.parent_keys) AS reference
INNER JOIN several AS p
    ON
        reference.key = p.field
        AND reference.value = p.name
        AND r.mapped_data ->> reference.key = p.given
WHERE
    EXISTS (SELECT FROM several)
    AND r.csv_import_id = %(import)s
    AND r.status IN ('valid', 'warning')
    AND (p.field = 'siteId' OR NOT r.parent_keys ? 'siteId')
ORDER BY r.id, p.field
;

SET LOCAL enable_nestloop TO DEFAULT
;

UPDATE csv_import_records AS r
SET
    status = 'error',
    error_message = format(
        '%%s "%%s" is ambiguous: it may be %%s or %%s. Name one of them in row %%s and send the fix file.',
        coalesce(
            (
                -- Of several columns the one that holds the name; a quoted name may stand among blanks there.
                SELECT nullif(m.csv_column_header, '')
                FROM csv_column_mapping AS m
                WHERE m.csv_import_id = r.csv_import_id AND m.coperniq_field_name = p.field
                ORDER BY
                    strpos(r.record_data ->> m.csv_column_header, r.mapped_data ->> p.field) = 0, m.csv_column_number
                LIMIT 1
            ),
            p.field
        ), left(r.mapped_data ->> p.field, 80), left(p.parent_key, 80),
        left(p.other_key, 80), r.record_number
    ),
    invalid_fields = ARRAY[p.field],
    mapped_data = NULL
FROM ambiguous AS p
WHERE r.id = p.id AND r.csv_import_id = %(import)s
;

CREATE TEMP TABLE faults ON COMMIT DROP AS
SELECT
    id,
    record_number,
    field,
    'parent_ambiguous' AS rule,
    'A parent is ambiguous: two records have that name' AS cause
FROM ambiguous
