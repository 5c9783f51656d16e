-- Ends a comparison of Coperniq with coperniq_records.
-- Parameters: contractor, type, check, since (when it began), complete (whether every page was read).

-- What was written since the comparison began may have come after the page on which it would have stood.
INSERT INTO coperniq_findings (contractor_config_id, coperniq_type, kind, coperniq_id, record_id)
SELECT
    c.contractor_config_id,
    c.coperniq_type,
    'missing',
    c.coperniq_id,
    c.id
FROM coperniq_records AS c
WHERE
    %(complete)s
    AND c.contractor_config_id = %(contractor)s
    AND c.coperniq_type = %(type)s
    AND c.coperniq_id IS NOT NULL
    AND c.updated_at < %(since)s
    AND NOT EXISTS (
        SELECT FROM coperniq_seen AS s
        WHERE s.check_id = %(check)s AND s.record_id = c.id
    )
ON CONFLICT (contractor_config_id, coperniq_type, coperniq_id, kind) WHERE resolved_at IS NULL DO UPDATE
SET confirmed_at = now()
;

-- What this comparison did not find again, and what has been settled since by sending or by a rollback.
UPDATE coperniq_findings AS f
SET resolved_at = now()
WHERE
    f.contractor_config_id = %(contractor)s
    AND f.coperniq_type = %(type)s
    AND f.resolved_at IS NULL
    AND (
        (%(complete)s AND f.confirmed_at < %(since)s)
        OR (f.kind = 'unknown') = EXISTS (
            SELECT FROM coperniq_records AS c
            WHERE c.coperniq_type = f.coperniq_type AND c.coperniq_id = f.coperniq_id
        )
    )
;

DELETE FROM coperniq_seen
WHERE check_id = %(check)s
