-- Writes that claimed records are in Coperniq: their state, their row's id, their lineage; one row each that was written.
-- Parameters: contractor, type, company, and as arrays ids, claims, imports, coperniq_ids, scores, remarks. A row is
-- looked up by its import as well: that is its partition, where the table has any.
-- PostgreSQL believes that few rows leave each part: joined with each other they would be compared each with each.

WITH outcome AS (
    SELECT *
    FROM
        unnest(
            %(ids)s::UUID [], %(claims)s::UUID [], %(imports)s::UUID [], %(coperniq_ids)s::TEXT [],
            %(scores)s::NUMERIC [], %(remarks)s::TEXT []
        ) AS o (id, claim_id, import_id, coperniq_id, score, remark)
),

-- A row of a later import that came meanwhile takes its turn next; a row whose import was deleted has none.
synced AS (
    UPDATE coperniq_records AS c
    SET
        state = CASE
            WHEN coalesce(c.csv_import_record_id = c.claimed_record_id, TRUE) THEN 'synced'
            WHEN c.parent_keys IS NULL THEN 'ready'
            ELSE 'waiting'
        END::delivery_state,
        coperniq_id = o.coperniq_id,
        (sent_data, created_by_import_id) = (
            SELECT
                r.mapped_data,
                CASE WHEN c.coperniq_id IS NULL THEN r.csv_import_id ELSE c.created_by_import_id END
            FROM csv_import_records AS r
            WHERE r.id = c.claimed_record_id AND r.csv_import_id = o.import_id
        ),
        claim_id = NULL,
        updated_at = now()
    FROM outcome AS o
    WHERE c.id = ANY(%(ids)s::UUID []) AND c.id = o.id AND c.claim_id = o.claim_id
    RETURNING c.claimed_record_id AS row_id, o.import_id, o.coperniq_id, o.score, o.remark
),

rows AS (
    UPDATE csv_import_records AS r
    SET coperniq_id = synced.coperniq_id
    FROM synced
    WHERE r.id = synced.row_id AND r.csv_import_id = synced.import_id
    RETURNING r.id, r.csv_import_id, r.coperniq_id, synced.score, synced.remark
),

described AS MATERIALIZED (
    SELECT
        m.csv_import_id,
        string_agg(
            format(
                '%%s from %%s (%%s)', m.coperniq_field_name,
                coalesce('"' || nullif(m.csv_column_header, '') || '"', 'the mapping file'),
                coalesce(m.transformation_params ->> 'function', m.transformation_rule, 'as it is')
            ), '; ' ORDER BY m.csv_column_number
        ) AS transformations
    FROM csv_column_mapping AS m
    WHERE m.csv_import_id IN (SELECT csv_import_id FROM rows) AND m.coperniq_field_name IS NOT NULL
    GROUP BY m.csv_import_id
)

INSERT INTO data_lineage (
    csv_import_record_id, form_submission_id, contractor_config_id, coperniq_entity_type, coperniq_entity_id,
    coperniq_company_id, transformation_applied, data_quality_score
)
SELECT
    rows.id,
    -- Looked up by its row (OFFSET 0), however many forms there are.
    (
        SELECT e.form_submission_id
        FROM form_exports AS e
        WHERE e.csv_import_record_id = rows.id
        OFFSET 0
    ),
    %(contractor)s,
    %(type)s,
    rows.coperniq_id,
    %(company)s,
    concat_ws(
        '. ', (SELECT d.transformations FROM described AS d WHERE d.csv_import_id = rows.csv_import_id), rows.remark
    ),
    rows.score
FROM rows
ON CONFLICT (csv_import_record_id, coperniq_entity_type) DO UPDATE
SET coperniq_entity_id = excluded.coperniq_entity_id, data_quality_score = excluded.data_quality_score
