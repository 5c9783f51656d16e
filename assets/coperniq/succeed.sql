-- Writes that claimed records are in Coperniq: their state, their row's id, their lineage; one row each that was written.
-- Parameters: contractor, type, company, and as arrays ids, claims, coperniq_ids, scores, remarks.

WITH outcome AS (
    SELECT *
    FROM
        unnest(
            %(ids)s::UUID [], %(claims)s::UUID [], %(coperniq_ids)s::TEXT [], %(scores)s::NUMERIC [], %(remarks)s::TEXT []
        ) AS o (id, claim_id, coperniq_id, score, remark)
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
        sent_data = (SELECT r.mapped_data FROM csv_import_records AS r WHERE r.id = c.claimed_record_id),
        claim_id = NULL,
        updated_at = now()
    FROM outcome AS o
    WHERE c.id = o.id AND c.claim_id = o.claim_id
    RETURNING c.claimed_record_id AS row_id, o.coperniq_id, o.score, o.remark
),

rows AS (
    UPDATE csv_import_records AS r
    SET coperniq_id = synced.coperniq_id
    FROM synced
    WHERE r.id = synced.row_id
    RETURNING r.id, r.csv_import_id
),

described AS (
    SELECT
        m.csv_import_id,
        string_agg(
            format(
                '%%s from "%%s" (%%s)', m.coperniq_field_name, m.csv_column_header,
                coalesce(m.transformation_params ->> 'function', m.transformation_rule, 'as it is')
            ), '; ' ORDER BY m.csv_column_number
        ) AS transformations
    FROM csv_column_mapping AS m
    WHERE m.csv_import_id IN (SELECT csv_import_id FROM rows) AND m.coperniq_field_name IS NOT NULL
    GROUP BY m.csv_import_id
)

INSERT INTO data_lineage (
    csv_import_record_id, contractor_config_id, coperniq_entity_type, coperniq_entity_id, coperniq_company_id,
    transformation_applied, data_quality_score
)
SELECT
    synced.row_id,
    %(contractor)s,
    %(type)s,
    synced.coperniq_id,
    %(company)s,
    concat_ws('. ', described.transformations, synced.remark),
    synced.score
FROM synced
INNER JOIN rows ON synced.row_id = rows.id
LEFT JOIN described ON rows.csv_import_id = described.csv_import_id
ON CONFLICT (csv_import_record_id, coperniq_entity_type) DO UPDATE
SET coperniq_entity_id = excluded.coperniq_entity_id, data_quality_score = excluded.data_quality_score
