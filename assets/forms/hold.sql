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
        format(
            'Held until somebody says whether %%s: `mep field-mapping confirm %%s`, or ignore instead of confirm.',
            string_agg(
                format(
                    '%%s fills %%s.%%s (%%s)',
                    t.template_field_name, t.coperniq_type, t.coperniq_field_name, t.confidence
                ), ', '
            ),
            min(format('%%s %%s.%%s', t.template_field_name, t.coperniq_type, t.coperniq_field_name))
        ) AS question
    FROM candidates AS c
    CROSS JOIN LATERAL form_targets(c.template_id, c.form_data) AS t
    WHERE t.confidence < %(threshold)s
    GROUP BY c.id
)

UPDATE mep_form_submissions AS s
SET
    coperniq_import_status = 'pending',
    coperniq_import_error = asking.question
FROM asking
WHERE
    s.id = asking.id
    AND (s.coperniq_import_status, s.coperniq_import_error) IS DISTINCT FROM ('pending', asking.question)
