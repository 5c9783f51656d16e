-- What of sending is not well: records in flight that no run settles, records that wait for too long, sent rows without
-- lineage, records that Coperniq has otherwise; a statement each. A row for each contractor, type and import.
-- Parameters: contractor (NULL for all), quiet (minutes).

-- In flight, while no run has worked for their contractor for a while.
SELECT
    c.contractor_config_id AS contractor_id,
    k.slug,
    c.coperniq_type AS type_name,
    c.csv_import_id AS import_id,
    m.import_name AS name,
    count(*) AS records,
    'in flight since ' || to_char(min(c.claimed_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' AS why
FROM coperniq_records AS c
INNER JOIN mep_contractor_configs AS k ON c.contractor_config_id = k.id
LEFT JOIN csv_imports AS m ON c.csv_import_id = m.id
LEFT JOIN contractor_leases AS l ON c.contractor_config_id = l.contractor_config_id
WHERE
    (c.contractor_config_id = %(contractor)s OR %(contractor)s::UUID IS NULL)
    AND c.state = 'in_flight'
    AND c.claimed_at < now() - make_interval(mins => %(quiet)s)
    AND coalesce(l.expires_at < now() - make_interval(mins => %(quiet)s), TRUE)
GROUP BY c.contractor_config_id, k.slug, c.coperniq_type, c.csv_import_id, m.import_name
ORDER BY k.slug, c.coperniq_type, m.import_name
;
-- To be sent, or in doubt, for longer than a day. An hour at least in the present state: a rollback gives an import's
-- rows to the next run long after the import. What a rollback withholds is not to be sent.
WITH waiting AS (
    SELECT
        c.contractor_config_id,
        c.coperniq_type,
        c.csv_import_id,
        m.import_name,
        CASE
            WHEN c.state = 'unknown' THEN 'somebody to say whether Coperniq has them'
            WHEN c.state = 'ready' THEN 'being sent'
            WHEN c.waiting_for IS NULL THEN 'a run to look for their parents'
            -- What the parent is called is personal data.
            ELSE format(
                'a %%s that %%s',
                coalesce((regexp_match(c.waiting_for, '([A-Za-z]+) "[^"]*", which [a-z ]+$'))[1], 'parent'),
                (regexp_match(c.waiting_for, ', which ([a-z ]+)$'))[1]
            )
        END AS what
    FROM coperniq_records AS c
    INNER JOIN csv_imports AS m ON c.csv_import_id = m.id
    WHERE
        (c.contractor_config_id = %(contractor)s OR %(contractor)s::UUID IS NULL)
        AND c.state <> 'synced'
        AND c.state IN ('waiting', 'ready', 'unknown')
        AND c.updated_at < now() - INTERVAL '1 hour'
        AND coalesce(m.entered_at, m.completed_at) < now() - INTERVAL '1 day'
        AND c.undone_record_id IS DISTINCT FROM c.csv_import_record_id
),

counted AS (
    SELECT
        w.contractor_config_id,
        w.coperniq_type,
        w.csv_import_id,
        w.import_name,
        w.what,
        count(*) AS records
    FROM waiting AS w
    GROUP BY w.contractor_config_id, w.coperniq_type, w.csv_import_id, w.import_name, w.what
)

SELECT
    w.contractor_config_id AS contractor_id,
    k.slug,
    w.coperniq_type AS type_name,
    w.csv_import_id AS import_id,
    w.import_name AS name,
    sum(w.records)::BIGINT AS records,
    'waiting for ' || string_agg(format('%%s (%%s)', w.what, w.records), ', ' ORDER BY w.records DESC, w.what ASC) AS why
FROM counted AS w
INNER JOIN mep_contractor_configs AS k ON w.contractor_config_id = k.id
GROUP BY w.contractor_config_id, k.slug, w.coperniq_type, w.csv_import_id, w.import_name
ORDER BY k.slug, w.coperniq_type, w.import_name
;
-- In Coperniq by the word of their rows, but not by that of data_lineage; of imports that were sent within a day.
WITH sent AS (
    SELECT DISTINCT s.csv_import_id
    FROM coperniq_sync_log AS s
    WHERE
        (s.contractor_config_id = %(contractor)s OR %(contractor)s::UUID IS NULL)
        AND s.started_at > now() - INTERVAL '1 day'
        AND s.operation_type IN ('import', 'update')
)

SELECT
    m.contractor_config_id AS contractor_id,
    k.slug,
    m.coperniq_type AS type_name,
    m.id AS import_id,
    m.import_name AS name,
    count(*) AS records,
    'without lineage' AS why
FROM sent AS s
INNER JOIN csv_imports AS m ON s.csv_import_id = m.id
INNER JOIN mep_contractor_configs AS k ON m.contractor_config_id = k.id
INNER JOIN csv_import_records AS r ON m.id = r.csv_import_id
WHERE
    r.status IN ('valid', 'warning')
    AND r.coperniq_id IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM data_lineage AS l
        WHERE
            l.csv_import_record_id = r.id
            AND l.coperniq_entity_type = m.coperniq_type
            AND l.coperniq_entity_id = r.coperniq_id
    )
GROUP BY m.contractor_config_id, k.slug, m.coperniq_type, m.id, m.import_name
ORDER BY k.slug, m.coperniq_type, m.import_name
;
-- Where the last comparison found Coperniq to differ; not of an import, so one row for each contractor and type.
SELECT
    f.contractor_config_id AS contractor_id,
    k.slug,
    f.coperniq_type AS type_name,
    NULL::UUID AS import_id,
    NULL AS name,
    count(*) AS records,
    concat_ws(
        ', ',
        nullif(count(*) FILTER (WHERE f.kind = 'missing'), 0) || ' missing',
        nullif(count(*) FILTER (WHERE f.kind = 'changed'), 0) || ' changed there',
        nullif(count(*) FILTER (WHERE f.kind = 'unknown'), 0) || ' unknown to us'
    ) AS why
FROM coperniq_findings AS f
INNER JOIN mep_contractor_configs AS k ON f.contractor_config_id = k.id
WHERE (f.contractor_config_id = %(contractor)s OR %(contractor)s::UUID IS NULL) AND f.resolved_at IS NULL
GROUP BY f.contractor_config_id, k.slug, f.coperniq_type
ORDER BY k.slug, f.coperniq_type
