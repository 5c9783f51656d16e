-- A long history of Dagster's: a run of the import job over and over, for every contractor in turn, a minute apart.
-- Parameters: run, slug (of the run that there is), runs, contractors.

CREATE TEMP TABLE copies AS
SELECT
    n,
    gen_random_uuid()::TEXT AS run_id,
    'contractor-' || lpad((n %% %(contractors)s)::TEXT, 3, '0') AS slug,
    extract(EPOCH FROM now()) - 60 * (%(runs)s - n) AS began
FROM generate_series(1, %(runs)s - 1) AS n
;
INSERT INTO dynamic_partitions (partitions_def_name, partition)
SELECT DISTINCT 'contractor', slug FROM copies WHERE slug <> %(slug)s
;
INSERT INTO runs (
    run_id, snapshot_id, pipeline_name, mode, status, run_body, partition, partition_set, create_timestamp,
    update_timestamp, start_time, end_time
)
SELECT
    c.run_id, r.snapshot_id, r.pipeline_name, r.mode, r.status,
    replace(replace(r.run_body, r.run_id, c.run_id), %(slug)s, c.slug), c.slug, r.partition_set,
    to_timestamp(c.began), to_timestamp(c.began + 5), c.began, c.began + 5
FROM runs AS r CROSS JOIN copies AS c
WHERE r.run_id = %(run)s
ORDER BY c.n
;
INSERT INTO run_tags (run_id, key, value)
SELECT c.run_id, t.key, replace(t.value, %(slug)s, c.slug)
FROM run_tags AS t CROSS JOIN copies AS c
WHERE t.run_id = %(run)s
;
INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
SELECT
    c.run_id,
    regexp_replace(
        replace(replace(e.event, e.run_id, c.run_id), %(slug)s, c.slug), '"timestamp": [0-9.]+',
        '"timestamp": ' || c.began, 'g'
    ),
    e.dagster_event_type, to_timestamp(c.began), e.step_key, e.asset_key, nullif(c.slug, coalesce(e.partition, c.slug))
FROM event_logs AS e CROSS JOIN copies AS c
WHERE e.run_id = %(run)s AND (e.asset_key IS NOT NULL OR e.dagster_event_type LIKE 'PIPELINE%%')
ORDER BY c.n, e.id
;
INSERT INTO asset_event_tags (event_id, asset_key, key, value, event_timestamp)
SELECT e.id, e.asset_key, t.key, t.value, e.timestamp
FROM event_logs AS e
INNER JOIN asset_event_tags AS t ON e.asset_key = t.asset_key
WHERE
    e.dagster_event_type = 'ASSET_MATERIALIZATION' AND e.run_id <> %(run)s
    AND t.event_id IN (SELECT id FROM event_logs WHERE run_id = %(run)s)
;
INSERT INTO asset_check_executions (
    asset_key, check_name, partition, run_id, execution_status, evaluation_event, evaluation_event_timestamp,
    evaluation_event_storage_id, materialization_event_storage_id
)
SELECT
    k.asset_key, k.check_name, nullif(c.slug, coalesce(k.partition, c.slug)), c.run_id, k.execution_status,
    replace(replace(k.evaluation_event, k.run_id, c.run_id), %(slug)s, c.slug), to_timestamp(c.began),
    k.evaluation_event_storage_id, k.materialization_event_storage_id
FROM asset_check_executions AS k CROSS JOIN copies AS c
WHERE k.run_id = %(run)s
ORDER BY c.n
;
UPDATE asset_keys AS a
SET
    last_materialization = latest.event, last_run_id = latest.run_id, last_materialization_timestamp = latest.timestamp,
    cached_status_data = NULL
FROM (
    SELECT DISTINCT ON (asset_key) asset_key, event, run_id, timestamp
    FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION' AND run_id <> %(run)s
    ORDER BY asset_key, id DESC
) AS latest
WHERE a.asset_key = latest.asset_key
