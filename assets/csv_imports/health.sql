-- Which imports are not well: failed, with too many rows rejected, stuck; and which files were refused
-- before they became one; a statement each.
-- Parameters: contractor (NULL for all), quiet (minutes), since (what finished before then is not looked at; NULL for a
-- day).

-- Failed within a day, unless a file of that name was imported since.
SELECT
    m.contractor_config_id AS contractor_id,
    c.slug,
    m.coperniq_type AS type_name,
    m.id AS import_id,
    m.import_name AS name,
    0 AS records,
    coalesce(m.error_summary ->> 'reason', 'nobody wrote why') AS why
FROM csv_imports AS m
INNER JOIN mep_contractor_configs AS c ON m.contractor_config_id = c.id
WHERE
    (m.contractor_config_id = %(contractor)s OR %(contractor)s::UUID IS NULL)
    AND m.completed_at > coalesce(%(since)s::TIMESTAMPTZ, now() - INTERVAL '1 day')
    AND m.status = 'failed'
    AND NOT EXISTS (
        SELECT FROM csv_imports AS later
        WHERE
            later.contractor_config_id = m.contractor_config_id
            AND later.completed_at > m.completed_at
            AND later.import_name = m.import_name
            AND later.status IN ('success', 'partial_success')
    )
ORDER BY m.completed_at, m.id
;
-- Finished within a day, with a larger share of rejected rows than the contractor's threshold.
SELECT
    m.contractor_config_id AS contractor_id,
    c.slug,
    m.coperniq_type AS type_name,
    m.id AS import_id,
    m.import_name AS name,
    m.total_records_failed AS records,
    format(
        '%%s of %%s rows were rejected, %%s %%%%; the threshold is %%s %%%%',
        m.total_records_failed, m.total_records_attempted,
        round(100.0 * m.total_records_failed / m.total_records_attempted, 1), trim_scale(100 * c.rejected_share)
    ) AS why
FROM csv_imports AS m
INNER JOIN mep_contractor_configs AS c ON m.contractor_config_id = c.id
WHERE
    (m.contractor_config_id = %(contractor)s OR %(contractor)s::UUID IS NULL)
    AND m.completed_at > coalesce(%(since)s::TIMESTAMPTZ, now() - INTERVAL '1 day')
    AND m.status IN ('success', 'partial_success')
    AND m.total_records_failed > c.rejected_share * m.total_records_attempted
ORDER BY m.completed_at, m.id
;
-- Neither read to its end nor entered, while no run has worked for its contractor for a while.
SELECT
    m.contractor_config_id AS contractor_id,
    c.slug,
    m.coperniq_type AS type_name,
    m.id AS import_id,
    m.import_name AS name,
    coalesce(m.total_records_attempted, 0) AS records,
    format(
        'no run works on it, and it is %%s since %%s UTC',
        CASE WHEN m.completed_at IS NULL THEN m.status::TEXT ELSE 'read but not entered' END,
        to_char(coalesce(m.completed_at, m.started_at, m.created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
    ) AS why
FROM csv_imports AS m
INNER JOIN mep_contractor_configs AS c ON m.contractor_config_id = c.id
LEFT JOIN contractor_leases AS l ON m.contractor_config_id = l.contractor_config_id
WHERE
    (m.contractor_config_id = %(contractor)s OR %(contractor)s::UUID IS NULL)
    AND m.entered_at IS NULL
    AND m.source_path IS NOT NULL
    AND m.status NOT IN ('failed', 'rolled_back')
    AND coalesce(m.completed_at, m.started_at, m.created_at) < now() - make_interval(mins => %(quiet)s)
    AND coalesce(l.expires_at < now() - make_interval(mins => %(quiet)s), TRUE)
ORDER BY m.created_at, m.id
;
-- Refused when it was to be registered, and in the inbox still; not of an import, so one row for each file.
SELECT
    f.contractor_config_id AS contractor_id,
    c.slug,
    NULL AS type_name,
    NULL::UUID AS import_id,
    split_part(f.source_path, '/', 2) AS name,
    0 AS records,
    f.refused AS why,
    md5(f.source_path || '/' || f.version) AS file
FROM inbox_files AS f
INNER JOIN mep_contractor_configs AS c ON f.contractor_config_id = c.id
WHERE
    (f.contractor_config_id = %(contractor)s OR %(contractor)s::UUID IS NULL)
    AND f.refused IS NOT NULL
ORDER BY f.source_path
