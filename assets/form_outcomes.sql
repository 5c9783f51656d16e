-- Brings what forms say of their export up to date: those that are pending, and those of an import that is being undone.
-- Parameters: contractor, import (or NULL), types (in sending order).

WITH touched AS (
    SELECT s.id
    FROM mep_form_submissions AS s
    WHERE s.contractor_config_id = %(contractor)s AND s.coperniq_import_status = 'pending'
    UNION
    SELECT e.form_submission_id
    FROM form_exports AS e
    WHERE e.csv_import_id = %(import)s
),

records AS (
    SELECT
        e.form_submission_id,
        e.coperniq_type,
        r.coperniq_id,
        own.error_message,
        c.waiting_for,
        CASE
            WHEN own.status = 'error' THEN 'failed'
            WHEN r.coperniq_id IS NOT NULL THEN 'success'
            WHEN c.state = 'rejected' THEN 'failed'
            WHEN c.id IS NOT NULL THEN 'pending'
            WHEN m.status = 'rolled_back' OR r.error_message ~ '(Rolled back|Coperniq refused)' THEN 'failed'
            -- Another row took its place: it is there when that one is.
            WHEN m.coperniq_sync_status = 'pending' THEN 'pending'
            ELSE 'success'
        END AS outcome
    FROM touched
    INNER JOIN form_exports AS e ON touched.id = e.form_submission_id
    INNER JOIN csv_imports AS m ON e.csv_import_id = m.id
    INNER JOIN csv_import_records AS own ON e.csv_import_record_id = own.id
    -- Of two forms that are one record in one import, the first row is sent.
    INNER JOIN csv_import_records AS r
        ON r.id = CASE WHEN own.status = 'duplicate' THEN coalesce(e.matched_record_id, own.id) ELSE own.id END
    LEFT JOIN coperniq_records AS c ON e.coperniq_record_id = c.id AND r.id = c.csv_import_record_id
),

forms AS (
    SELECT
        form_submission_id AS id,
        CASE
            WHEN bool_or(outcome = 'failed') THEN 'failed'
            WHEN bool_or(outcome = 'pending') THEN 'pending'
            ELSE 'success'
        END AS status,
        (array_agg(coperniq_id ORDER BY array_position(%(types)s::TEXT [], coperniq_type) DESC))[1] AS main_id,
        string_agg(
            format('%%s: %%s', coperniq_type, CASE
                WHEN outcome = 'pending' THEN 'waits for ' || waiting_for
                ELSE
                    regexp_replace(
                        coalesce(error_message, 'Rolled back.'),
                        ' in row [0-9]+ and send the fix file', ' in a revision of the form', 'g'
                    )
            END), ' ' ORDER BY array_position(%(types)s::TEXT [], coperniq_type)
        ) FILTER (WHERE outcome = 'failed' OR waiting_for IS NOT NULL) AS reason
    FROM records
    GROUP BY form_submission_id
)

UPDATE mep_form_submissions AS s
SET
    coperniq_import_status = forms.status,
    coperniq_import_id = forms.main_id,
    coperniq_import_error = forms.reason
FROM forms
WHERE
    s.id = forms.id
    AND (s.coperniq_import_status, s.coperniq_import_id, s.coperniq_import_error)
    IS DISTINCT FROM (forms.status, forms.main_id, forms.reason)
