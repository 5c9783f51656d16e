WITH operations AS (
    SELECT
        *,
        (completed_at AT TIME ZONE 'UTC')::date AS day
    FROM {{ ref('stg_coperniq_sync_log') }}
),

counted AS (
    SELECT
        entity_type,
        day,
        count(*) AS operations,
        count(*) FILTER (WHERE status = 'failed') AS failed_operations,
        count(*) FILTER (WHERE status = 'partial_success') AS partly_failed_operations,
        -- A comparison changes no record, and what differs did not fail.
        coalesce(sum(records_processed) FILTER (WHERE operation_type <> 'sync_check'), 0)::bigint AS records,
        coalesce(sum(records_failed) FILTER (WHERE operation_type <> 'sync_check'), 0)::bigint AS failed_records,
        -- Aggregates leave out what has no time: a request that no response came to.
        count(api_response_time_ms) AS timed_operations,
        round(avg(api_response_time_ms), 2)::numeric(12, 2) AS avg_response_time_ms,
        percentile_disc(0.95) WITHIN GROUP (ORDER BY api_response_time_ms) AS p95_response_time_ms,
        max(api_response_time_ms) AS max_response_time_ms
    FROM operations
    GROUP BY entity_type, day
)

SELECT
    entity_type,
    day,
    operations,
    failed_operations,
    partly_failed_operations,
    (100.0 * failed_operations / operations)::numeric(5, 2) AS failed_operations_rate,
    records,
    failed_records,
    (100.0 * failed_records / nullif(records, 0))::numeric(5, 2) AS failed_records_rate,
    timed_operations,
    avg_response_time_ms,
    p95_response_time_ms,
    max_response_time_ms
FROM counted
