-- Writes down what a page of Coperniq's records showed, and resolves what earlier pages had shown and this one does not.
-- Parameters: contractor, type, check, ids (of the page), seen (records), found [{kind, coperniq_id, record_id, fields}].

WITH seen AS (
    INSERT INTO coperniq_seen (check_id, record_id)
    SELECT
        %(check)s,
        record_id
    FROM unnest(%(seen)s::UUID []) AS record_id
    ON CONFLICT DO NOTHING
),

found AS (
    SELECT *
    FROM jsonb_to_recordset(%(found)s) AS f (kind TEXT, coperniq_id TEXT, record_id UUID, fields TEXT [])
),

resolved AS (
    UPDATE coperniq_findings AS f
    SET resolved_at = now()
    WHERE
        f.contractor_config_id = %(contractor)s
        AND f.coperniq_type = %(type)s
        AND f.coperniq_id = ANY(%(ids)s::TEXT [])
        AND f.resolved_at IS NULL
        AND NOT EXISTS (SELECT FROM found WHERE found.coperniq_id = f.coperniq_id AND found.kind = f.kind)
)

INSERT INTO coperniq_findings (contractor_config_id, coperniq_type, kind, coperniq_id, record_id, fields)
SELECT
    %(contractor)s,
    %(type)s,
    kind,
    coperniq_id,
    record_id,
    fields
FROM found
ON CONFLICT (contractor_config_id, coperniq_type, coperniq_id, kind) WHERE resolved_at IS NULL DO UPDATE
SET record_id = excluded.record_id, fields = excluded.fields, confirmed_at = now()
