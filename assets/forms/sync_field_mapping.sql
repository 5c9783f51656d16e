-- Makes coperniq_field_mapping what the catalogue and the templates say, but for what a human said.
-- Parameters: none. Needs wanted, the rows that are to stand, and the lock under which it was asked what those are. A
-- retired field keeps its rows: forms that hold it may still be on their way.

SELECT set_config('mep.field_mapping_writer', 'sync', TRUE)
;

ANALYZE wanted
;

-- A human may have spoken of a template before it was there.
UPDATE coperniq_field_mapping AS m
SET
    template_id = t.id,
    template_field_id = (
        SELECT f.id
        FROM template_fields AS f
        WHERE
            f.template_id = t.id AND f.name = substr(m.template_field_name, strpos(m.template_field_name, '.') + 1)
    )
FROM templates AS t
WHERE
    m.source = 'human'
    AND m.template_id IS NULL
    AND t.name = split_part(m.template_field_name, '.', 1)
    AND NOT EXISTS (
        SELECT FROM coperniq_field_mapping AS there
        WHERE
            there.coperniq_type = m.coperniq_type
            AND there.coperniq_field_name = m.coperniq_field_name
            AND there.template_field_name = m.template_field_name
            AND there.template_id = t.id
    )
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
