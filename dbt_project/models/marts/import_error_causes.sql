-- Not materialized: a question about one contractor reads that one's imports, and an example is looked up.
WITH imports AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('stg_csv_imports') }}
    WHERE completed_at IS NOT NULL
),

records AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('stg_csv_import_records') }}
),

contractors AS (
    SELECT * FROM {{ ref('stg_contractors') }}
),

-- Counted by the pipeline when it closed the import: however many records there are, none is read.
summarised AS (
    SELECT
        imports.csv_import_id,
        imports.contractor_id,
        imports.coperniq_type,
        imports.import_name,
        imports.completed_at,
        found.cause ->> 'field' AS field,
        found.cause ->> 'rule' AS rule,
        sum((found.cause -> 'records')::bigint) AS records,
        min((found.cause -> 'first_row')::integer) AS first_record_number
    FROM imports
    INNER JOIN LATERAL jsonb_path_query(
        imports.error_summary,
        '$.validation_errors[*] ? (@.records.type() == "number" && @.first_row.type() == "number")'
    ) AS found (cause) ON true
    GROUP BY
        imports.csv_import_id,
        imports.contractor_id,
        imports.coperniq_type,
        imports.import_name,
        imports.completed_at,
        field,
        rule
),

-- Whoever closed the import without a summary has said on the records which fields are wrong, and not by which rule.
-- Lateral: the records of the other imports are not read.
unsummarised AS (
    SELECT
        imports.csv_import_id,
        imports.contractor_id,
        imports.coperniq_type,
        imports.import_name,
        imports.completed_at,
        counted.*
    FROM imports
    INNER JOIN LATERAL (
        SELECT
            named.field,
            CASE WHEN named.field = ANY(records.missing_required_fields) THEN 'not_nullable' END AS rule,
            count(*) AS records,
            min(records.record_number) AS first_record_number
        FROM records
        LEFT JOIN LATERAL unnest(records.missing_required_fields || records.invalid_fields) AS named (field) ON true
        WHERE records.csv_import_id = imports.csv_import_id AND records.status = 'error'
        GROUP BY named.field, rule
    ) AS counted ON true
    WHERE imports.total_records_failed > 0 AND imports.error_summary -> 'validation_errors' IS NULL
),

causes AS (
    SELECT * FROM summarised
    UNION ALL
    SELECT * FROM unsummarised
),

ranked AS (
    SELECT
        *,
        sum(records) OVER of_cause AS all_records,
        count(*) OVER of_cause AS imports,
        row_number() OVER (of_cause ORDER BY completed_at DESC, csv_import_id DESC) AS place
    FROM causes
    WINDOW of_cause AS (PARTITION BY contractor_id, coperniq_type, field, rule)
)

SELECT
    ranked.contractor_id,
    contractors.contractor_name,
    ranked.coperniq_type,
    ranked.field,
    ranked.rule,
    ranked.all_records::bigint AS records,
    ranked.imports,
    ranked.completed_at AS last_found_at,
    ranked.csv_import_id AS example_import_id,
    ranked.import_name AS example_import_name,
    ranked.first_record_number AS example_record_number,
    example.error_message AS example_message
FROM ranked
INNER JOIN contractors ON ranked.contractor_id = contractors.contractor_id
LEFT JOIN records AS example
    ON ranked.csv_import_id = example.csv_import_id AND ranked.first_record_number = example.record_number
WHERE ranked.place = 1
