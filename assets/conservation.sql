-- Imports finished within a day, or not sent to their end, with counts that are not those of their rows.
-- Parameters: contractor (NULL for all), since (what finished before then is not looked at; NULL for a day).

SELECT
    m.contractor_config_id AS contractor_id,
    c.slug,
    m.coperniq_type AS type_name,
    m.id AS import_id,
    m.import_name AS name,
    abs(coalesce(m.total_records_attempted, 0) - counted.attempted) AS records,
    format(
        'it says %%s rows, %%s good and %%s rejected, but has %%s, %%s and %%s',
        m.total_records_attempted, m.total_records_success, m.total_records_failed,
        counted.attempted, counted.success, counted.failed
    ) AS why
FROM csv_imports AS m
INNER JOIN mep_contractor_configs AS c ON m.contractor_config_id = c.id
CROSS JOIN LATERAL (
    SELECT
        count(*) AS attempted,
        count(*) FILTER (WHERE r.status IN ('valid', 'warning')) AS success,
        count(*) FILTER (WHERE r.status = 'error') AS failed
    FROM csv_import_records AS r
    WHERE r.csv_import_id = m.id
) AS counted
WHERE
    (m.contractor_config_id = %(contractor)s OR %(contractor)s::UUID IS NULL)
    AND (
        m.completed_at > coalesce(%(since)s::TIMESTAMPTZ, now() - INTERVAL '1 day')
        OR (m.coperniq_sync_status = 'pending' AND %(since)s::TIMESTAMPTZ IS NULL)
    )
    AND m.status IN ('success', 'partial_success')
    AND (m.total_records_attempted, m.total_records_success, m.total_records_failed)
    IS DISTINCT FROM (counted.attempted, counted.success, counted.failed)
ORDER BY m.completed_at, m.id
