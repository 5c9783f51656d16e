-- Holds the forms of which a human is to be asked something, and says what.
-- Parameters: contractor, threshold.

WITH candidates AS (
    SELECT
        id,
        template_id,
        form_data
    FROM forms_to_export
    WHERE contractor_config_id = %(contractor)s
    FOR UPDATE SKIP LOCKED
),

asking AS (
    SELECT
        c.id,
        string_agg(
            format('%%s fills %%s.%%s (%%s)', t.template_field_name, t.coperniq_type, t.coperniq_field_name, t.confidence),
            ', '
        ) AS questions,
        min(format('%%s %%s.%%s', t.template_field_name, t.coperniq_type, t.coperniq_field_name)) AS example
    FROM candidates AS c
    CROSS JOIN LATERAL form_targets(c.template_id, c.form_data) AS t
    WHERE t.confidence < %(threshold)s
    GROUP BY c.id
)

UPDATE mep_form_submissions AS s
SET
    coperniq_import_status = 'pending',
    coperniq_import_error = format(
        'Held until somebody says whether %%s: `mep field-mapping confirm %%s`, or ignore instead of confirm.',
        asking.questions, asking.example
    )
FROM asking
WHERE s.id = asking.id
