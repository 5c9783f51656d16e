-- Takes forms that are to be exported and that no other run has taken, those that were approved first.
-- Parameters: contractor, threshold, most.

SELECT
    id,
    approved_at
FROM forms_to_export AS f
WHERE
    contractor_config_id = %(contractor)s
    AND NOT EXISTS (
        SELECT FROM form_targets(f.template_id, f.form_data) AS t
        WHERE t.confidence < %(threshold)s
    )
ORDER BY approved_at, id
LIMIT %(most)s
FOR UPDATE SKIP LOCKED
