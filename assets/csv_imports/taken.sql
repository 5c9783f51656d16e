-- The rows that are records of their own, and whose key is another record's by now: each would write over that one.
-- Parameters: import, contractor, type, key (the alternatives of the natural key). Needs identities, owners and faults.
-- Comes after what makes rows duplicates of later ones.

CREATE TEMP TABLE taken ON COMMIT DROP AS
SELECT
    r.id,
    r.record_number,
    own.field
FROM csv_import_records AS r
LEFT JOIN identities AS i ON r.id = i.id
INNER JOIN owners ON r.corrects_record_id = owners.row_id
INNER JOIN coperniq_records AS c ON owners.record_id = c.id
-- The first field of the first alternative that the row has.
CROSS JOIN LATERAL (
    SELECT part.field
    FROM jsonb_array_elements(%(key)s::JSONB) WITH ORDINALITY AS way (fields, place)
    CROSS JOIN LATERAL jsonb_array_elements_text(way.fields) WITH ORDINALITY AS part (field, place)
    WHERE r.mapped_data ? part.field
    ORDER BY way.place, part.place
    LIMIT 1
) AS own
WHERE
    r.csv_import_id = %(import)s
    AND r.status IN ('valid', 'warning')
    AND c.coperniq_id IS NOT NULL
    AND EXISTS (
        SELECT FROM coperniq_records AS other
        WHERE
            other.contractor_config_id = %(contractor)s
            AND other.coperniq_type = %(type)s
            AND other.record_key = coalesce(i.identity, r.record_key)
            AND other.id <> c.id
    )
;

UPDATE csv_import_records AS r
SET
    status = 'error',
    error_message = format(
        'The key is another record''s. Change %%s in row %%s and send the fix file.',
        coalesce(
            (
                SELECT string_agg(nullif(m.csv_column_header, ''), ' and ' ORDER BY m.csv_column_number)
                FROM csv_column_mapping AS m
                WHERE m.csv_import_id = r.csv_import_id AND m.coperniq_field_name = t.field
            ),
            t.field
        ), r.record_number
    ),
    invalid_fields = ARRAY[t.field],
    -- It is another's: a row of that one puts nothing right here.
    record_key = NULL,
    mapped_data = NULL
FROM taken AS t
WHERE r.id = t.id AND r.csv_import_id = %(import)s
;

INSERT INTO faults (id, record_number, field, rule, cause)
SELECT
    id,
    record_number,
    field,
    'key_taken',
    'The key is another record''s'
FROM taken
