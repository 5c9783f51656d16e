WITH imports AS (
    SELECT * FROM {{ ref('stg_csv_imports') }}
),

records AS (
    SELECT * FROM {{ ref('stg_csv_import_records') }}
),

lineage AS (
    SELECT * FROM {{ ref('stg_data_lineage') }}
)

SELECT
    imports.csv_import_id,
    imports.contractor_id,
    imports.import_name,
    imports.coperniq_type,
    imports.status,
    imports.completed_at,
    count(records.csv_import_record_id) AS records,
    count(lineage.data_quality_score) AS scored_records,
    count(records.csv_import_record_id) - count(lineage.data_quality_score) AS records_without_score,
    min(lineage.data_quality_score)::numeric(3, 2) AS min_score,
    avg(lineage.data_quality_score)::numeric(4, 3) AS avg_score,
    max(lineage.data_quality_score)::numeric(3, 2) AS max_score,
    count(*) FILTER (WHERE lineage.data_quality_score < 0.5) AS scored_below_0_50,
    count(*) FILTER (WHERE lineage.data_quality_score >= 0.5 AND lineage.data_quality_score < 0.8)
        AS scored_0_50_to_0_79,
    count(*) FILTER (WHERE lineage.data_quality_score >= 0.8 AND lineage.data_quality_score < 0.9)
        AS scored_0_80_to_0_89,
    count(*) FILTER (WHERE lineage.data_quality_score >= 0.9) AS scored_0_90_to_1_00
FROM imports
LEFT JOIN records ON imports.csv_import_id = records.csv_import_id
LEFT JOIN lineage
    ON
        records.csv_import_record_id = lineage.csv_import_record_id
        AND imports.coperniq_type = lineage.coperniq_entity_type
-- By every column of the import: a question about any of them reads the records of no other.
GROUP BY
    imports.csv_import_id,
    imports.contractor_id,
    imports.import_name,
    imports.coperniq_type,
    imports.status,
    imports.completed_at
