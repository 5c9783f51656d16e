-- Makes coperniq_field_mapping what the catalogue and the templates say, but for what a human said.
-- Parameters: none. Needs wanted, the rows that are to stand. A retired field keeps its rows: forms that hold it may
-- still be on their way.

-- One at a time, to the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('coperniq_field_mapping', 0))
;

SELECT set_config('mep.field_mapping_writer', 'sync', TRUE)
;

ANALYZE wanted
;

CREATE TEMP TABLE changes ON COMMIT DROP AS
WITH removed AS (
    DELETE FROM coperniq_field_mapping AS m
    WHERE
        m.source <> 'human'
        AND NOT EXISTS (
            SELECT FROM template_fields AS f
            INNER JOIN templates AS t ON f.template_id = t.id
            WHERE f.id = m.template_field_id AND (f.retired_at IS NOT NULL OR NOT t.is_active)
        )
        AND NOT EXISTS (
            SELECT FROM wanted AS w
            WHERE
                w.coperniq_type = m.coperniq_type
                AND w.coperniq_field_name = m.coperniq_field_name
                AND coalesce(w.template_field_name, '') = coalesce(m.template_field_name, '')
                AND w.template_id IS NOT DISTINCT FROM m.template_id
        )
    RETURNING 1
),

changed AS (
    UPDATE coperniq_field_mapping AS m
    SET
        coperniq_field_type = w.coperniq_field_type,
        template_field_id = w.template_field_id,
        is_required = w.is_required,
        description = w.description,
        example_values = w.example_values,
        mapping_confidence = w.mapping_confidence,
        source = w.source
    FROM wanted AS w
    WHERE
        m.source <> 'human'
        AND w.coperniq_type = m.coperniq_type
        AND w.coperniq_field_name = m.coperniq_field_name
        AND coalesce(w.template_field_name, '') = coalesce(m.template_field_name, '')
        AND w.template_id IS NOT DISTINCT FROM m.template_id
        AND (
            m.coperniq_field_type, m.template_field_id, m.is_required, m.description, m.example_values,
            m.mapping_confidence, m.source
        ) IS DISTINCT FROM (
            w.coperniq_field_type, w.template_field_id, w.is_required, w.description, w.example_values,
            w.mapping_confidence, w.source
        )
    RETURNING 1
),

added AS (
    INSERT INTO coperniq_field_mapping (
        coperniq_type, coperniq_field_name, coperniq_field_type, is_required, description, example_values, source,
        mapping_confidence, template_id, template_field_id, template_field_name
    )
    SELECT
        coperniq_type,
        coperniq_field_name,
        coperniq_field_type,
        is_required,
        description,
        example_values,
        source,
        mapping_confidence,
        template_id,
        template_field_id,
        template_field_name
    FROM wanted
    ON CONFLICT DO NOTHING
    RETURNING 1
)

SELECT
    (SELECT count(*) FROM added) AS added,
    (SELECT count(*) FROM changed) AS changed,
    (SELECT count(*) FROM removed) AS removed
