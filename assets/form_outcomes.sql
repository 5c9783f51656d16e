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
        stands.coperniq_id,
        c.waiting_for,
        concat_ws(
            ' ', own.error_message, CASE WHEN r.id <> own.id THEN r.error_message END,
            CASE WHEN stands.id <> r.id THEN stands.error_message END
        ) AS error_message,
        CASE
            WHEN own.status = 'error' THEN 'failed'
            WHEN stands.coperniq_id IS NOT NULL THEN 'success'
            WHEN c.state = 'rejected' THEN 'failed'
            WHEN c.id IS NOT NULL THEN 'pending'
            -- Rolled back, or refused while a later row of the same record took its turn.
            ELSE 'failed'
        END AS outcome
    FROM touched
    INNER JOIN form_exports AS e ON touched.id = e.form_submission_id
    INNER JOIN csv_import_records AS own ON e.csv_import_record_id = own.id
    -- Of two forms that are one record in one import, the first row is sent.
    INNER JOIN csv_import_records AS r
        ON r.id = CASE WHEN own.status = 'duplicate' THEN coalesce(e.matched_record_id, own.id) ELSE own.id END
    -- A row that gave way before it was sent is in Coperniq when the one is that stands in its place.
    INNER JOIN csv_import_records AS stands ON stands.id = coalesce(r.replaced_by_id, r.id)
    -- By its import, which is an index; a request that is under way may be of a row that another stands behind.
    LEFT JOIN LATERAL (
        SELECT
            of_row.id,
            of_row.state,
            of_row.waiting_for
        FROM coperniq_records AS of_row
        WHERE of_row.csv_import_id = stands.csv_import_id AND of_row.csv_import_record_id = stands.id
        UNION ALL
        SELECT
            claimed.id,
            claimed.state,
            claimed.waiting_for
        FROM coperniq_records AS claimed
        WHERE
            claimed.id = e.coperniq_record_id
            AND claimed.claimed_record_id = stands.id
            AND claimed.state IN ('in_flight', 'unknown')
        LIMIT 1
    ) AS c ON TRUE
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
                    -- There is no file that its contractor could look at, or send again.
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(
                                coalesce(nullif(error_message, ''), 'Rolled back.'),
                                '( in row [0-9]+)? and send the fix file', ' in a revision of the form', 'g'
                            ), '\mRow [0-9]+ (?=cannot be sent)', 'The form ', 'g'
                        ), 'refused row [0-9]+', 'refused the form', 'g'
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
