-- What the report of an import says, counted by the server: whatever the number of its rows, few come back.
-- Parameters: import, type, shown (how much of a list without end is asked for), named (how many rows of one repair).
-- Run in one transaction that sees one moment.

-- The import itself.
SELECT
    m.id,
    c.contractor_name,
    m.import_name,
    m.coperniq_type,
    m.status::TEXT AS status,
    m.file_size_bytes,
    m.file_hash,
    m.read_as,
    coalesce(m.warnings, '{}') AS warnings,
    m.error_summary ->> 'reason' AS reason,
    jsonb_path_query_array(
        m.error_summary,
        '$.validation_errors[*] ? (@.records.type() == "number" && @.first_row.type() == "number")'
    ) AS causes,
    m.imported_by,
    m.created_at,
    m.started_at,
    m.completed_at,
    m.total_records_attempted AS attempted,
    now() AS written_at,
    p.import_name || ' · ' || left(p.id::TEXT, 8) AS corrects,
    ARRAY(
        SELECT later.import_name || ' · ' || left(later.id::TEXT, 8)
        FROM csv_imports AS later
        WHERE later.parent_import_id = m.id
        ORDER BY later.created_at
        LIMIT %(shown)s
    ) AS corrected_by
FROM csv_imports AS m
INNER JOIN mep_contractor_configs AS c ON m.contractor_config_id = c.id
LEFT JOIN csv_imports AS p ON m.parent_import_id = p.id
WHERE m.id = %(import)s
;

-- Its rows as they were judged, those to be sent by what became of them.
SELECT
    CASE
        WHEN corrected_by_id IS NOT NULL THEN 'corrected'
        WHEN status NOT IN ('valid', 'warning') THEN status::TEXT
        WHEN coperniq_id IS NOT NULL THEN 'sent'
        WHEN replaced_by_id IS NOT NULL THEN 'replaced'
        WHEN withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN refused_at IS NOT NULL THEN 'refused'
        WHEN erased_at IS NOT NULL THEN 'erased'
        ELSE 'open'
    END AS outcome,
    count(*) AS records
FROM csv_import_records
WHERE csv_import_id = %(import)s
GROUP BY outcome
;

-- What is under way of the open ones.
SELECT
    CASE WHEN c.state IN ('in_flight', 'unknown') THEN 'unsettled' ELSE c.state::TEXT END AS outcome,
    count(*) AS records
FROM coperniq_records AS c
INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id
WHERE
    c.csv_import_id = %(import)s
    AND c.state NOT IN ('synced', 'rejected')
    AND r.coperniq_id IS NULL
    AND r.corrected_by_id IS NULL
GROUP BY outcome
;

-- What was sent of it and is its own still, and how much of that is new in Coperniq.
SELECT
    count(*) AS own,
    count(*) FILTER (WHERE created_by_import_id = %(import)s) AS created
FROM coperniq_records
WHERE csv_import_id = %(import)s AND state = 'synced'
;

-- How much of what was sent is new in Coperniq, where later imports brought other values of some of it: each is looked
-- up by its id.
SELECT count(*) AS created
FROM csv_import_records AS r
INNER JOIN coperniq_records AS c ON r.coperniq_id = c.coperniq_id
WHERE
    r.csv_import_id = %(import)s
    AND r.status IN ('valid', 'warning')
    AND r.coperniq_id IS NOT NULL
    AND c.coperniq_type = %(type)s
    AND c.created_by_import_id = %(import)s
;

-- The scores of what was sent, by the bands of data_quality_by_import.
SELECT
    count(*) AS scored,
    min(l.data_quality_score)::FLOAT8 AS lowest,
    avg(l.data_quality_score)::FLOAT8 AS mean,
    max(l.data_quality_score)::FLOAT8 AS highest,
    count(*) FILTER (WHERE l.data_quality_score >= 0.9) AS from_90,
    count(*) FILTER (WHERE l.data_quality_score >= 0.8 AND l.data_quality_score < 0.9) AS from_80,
    count(*) FILTER (WHERE l.data_quality_score >= 0.5 AND l.data_quality_score < 0.8) AS from_50,
    count(*) FILTER (WHERE l.data_quality_score < 0.5) AS below_50
FROM csv_import_records AS r
INNER JOIN data_lineage AS l ON r.id = l.csv_import_record_id
WHERE
    r.csv_import_id = %(import)s
    AND r.status IN ('valid', 'warning')
    AND r.coperniq_id IS NOT NULL
    AND l.coperniq_entity_type = %(type)s
    AND l.data_quality_score IS NOT NULL
;

-- What rows wait for.
SELECT
    coalesce(waiting_for, '') AS reason,
    count(*) AS records,
    min(record_number) AS first_row,
    count(*) OVER () AS reasons
FROM coperniq_records
WHERE csv_import_id = %(import)s AND state = 'waiting'
GROUP BY waiting_for
ORDER BY records DESC, waiting_for
LIMIT %(shown)s
;

-- Why Coperniq refused rows: the last thing that was said of each, without its own number.
SELECT
    replace(
        regexp_replace(
            coalesce(r.error_message, ''), '^.*(?=Coperniq refused row |"[^"]*" is ambiguous: )', ''
        ), 'row ' || r.record_number, 'the row'
    ) AS reason,
    count(*) AS records,
    min(r.record_number) AS first_row,
    count(*) OVER () AS reasons
FROM open_csv_import_records AS o
INNER JOIN csv_import_records AS r ON o.csv_import_record_id = r.id
WHERE o.csv_import_id = %(import)s AND r.csv_import_id = %(import)s AND o.status <> 'error'
GROUP BY reason
ORDER BY records DESC, reason
LIMIT %(shown)s
;

-- How its columns were read.
SELECT
    csv_column_number AS place,
    csv_column_header AS header,
    coperniq_field_name AS field,
    transformation_params ->> 'part' AS part,
    transformation_params ->> 'order' AS dates_order,
    transformation_params ->> 'value' AS value,
    source,
    confidence::FLOAT8 AS confidence
FROM csv_column_mapping
WHERE csv_import_id = %(import)s
ORDER BY csv_column_number, coperniq_field_name
;

-- Why rows are errors, where whoever closed the import did not sum it up.
SELECT
    NULL AS cause,
    named.field,
    CASE WHEN named.field = ANY(r.missing_required_fields) THEN 'not_nullable' END AS rule,
    count(*) AS records,
    min(r.record_number) AS first_row
FROM csv_import_records AS r
LEFT JOIN LATERAL unnest(r.missing_required_fields || r.invalid_fields) AS named (field) ON TRUE
WHERE r.csv_import_id = %(import)s AND r.status = 'error'
GROUP BY named.field, rule
ORDER BY records DESC, named.field
;

-- Repairs and doubts, by the words of messages; as arrays kinds, phrases, fields, headers, befores, afters and alone,
-- and blanks, which no cell begins or ends with for those who read it.
WITH asked AS (
    SELECT *
    FROM
        unnest(
            %(kinds)s::TEXT [], %(phrases)s::TEXT [], %(fields)s::TEXT [], %(headers)s::TEXT [], %(befores)s::TEXT [],
            %(afters)s::TEXT [], %(alone)s::BOOLEAN []
        ) AS a (kind, phrase, field, header, before, after, alone)
),

phrases AS (
    SELECT DISTINCT
        kind,
        phrase
    FROM asked
),

told AS (
    SELECT
        p.kind,
        r.record_number,
        r.error_message,
        r.record_data
    FROM csv_import_records AS r
    LEFT JOIN phrases AS p ON strpos(r.error_message, p.phrase) > 0
    WHERE r.csv_import_id = %(import)s AND r.status = 'warning'
)

SELECT
    told.kind,
    a.field,
    count(DISTINCT told.record_number) AS records,
    (array_agg(DISTINCT told.record_number ORDER BY told.record_number))[1:%(named)s] AS first_rows
FROM told
LEFT JOIN asked AS a
    ON
        told.kind = a.kind
        AND (
            a.alone
            OR strpos(told.error_message, a.before || btrim(told.record_data ->> a.header, %(blanks)s) || a.after) > 0
        )
GROUP BY told.kind, a.field
ORDER BY records DESC, told.kind, a.field
