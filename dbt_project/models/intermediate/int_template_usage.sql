-- Not materialized: what reads few columns, or one contractor's rows, reads no more of them.
WITH kept AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('int_template_usage_rollup') }}
),

changes AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('stg_template_usage_changes') }}
),

recounted AS NOT MATERIALIZED (
    SELECT * FROM {{ ref('int_template_usage_recounted') }}
),

-- Changes of pairs that were not used so far as is rolled up. Of one without a row there, all are marked as new.
unused AS (
    SELECT changes.*
    FROM changes
    LEFT JOIN kept ON changes.contractor_id = kept.contractor_config_id AND changes.template_id = kept.template_id
    WHERE changes.is_new AND kept.template_id IS NULL
    UNION ALL
    SELECT changes.*
    FROM kept
    INNER JOIN changes ON kept.contractor_config_id = changes.contractor_id AND kept.template_id = changes.template_id
    WHERE kept.events = 0
),

-- First uses, then what is left of pairs that events were taken from.
settled AS (
    SELECT
        contractor_id,
        template_id,
        1 AS contractors,
        NULL AS last_used_at
    FROM unused
    GROUP BY contractor_id, template_id
    HAVING sum(events) > 0
    UNION ALL
    SELECT
        recounted.contractor_id,
        recounted.template_id,
        CASE WHEN kept.events > 0 AND recounted.last_used_at IS NULL THEN -1 ELSE 0 END AS contractors,
        recounted.last_used_at
    FROM recounted
    LEFT JOIN kept ON recounted.contractor_id = kept.contractor_config_id AND recounted.template_id = kept.template_id
)

-- One after the other and not joined: what reads them adds them up, which is faster than to match them.
SELECT
    contractor_config_id AS contractor_id,
    template_id,
    CASE WHEN events > 0 THEN 1 ELSE 0 END AS contractors,
    events,
    views,
    fills,
    submissions,
    edits,
    exports,
    timed_events,
    time_spent_seconds,
    CASE
        WHEN (contractor_config_id, template_id) NOT IN (
            SELECT
                recounted.contractor_id,
                recounted.template_id
            FROM recounted
        ) THEN last_used_at
    END AS last_used_at
FROM kept
UNION ALL
SELECT
    contractor_id,
    template_id,
    0 AS contractors,
    events,
    CASE action WHEN 'viewed' THEN events ELSE 0 END AS views,
    CASE action WHEN 'filled' THEN events ELSE 0 END AS fills,
    CASE action WHEN 'submitted' THEN events ELSE 0 END AS submissions,
    CASE action WHEN 'edited' THEN events ELSE 0 END AS edits,
    CASE action WHEN 'exported' THEN events ELSE 0 END AS exports,
    timed_events,
    time_spent_seconds,
    CASE
        WHEN (contractor_id, template_id) NOT IN (
            SELECT
                recounted.contractor_id,
                recounted.template_id
            FROM recounted
        ) THEN last_used_at
    END AS last_used_at
FROM changes
UNION ALL
SELECT
    contractor_id,
    template_id,
    contractors,
    0 AS events,
    0 AS views,
    0 AS fills,
    0 AS submissions,
    0 AS edits,
    0 AS exports,
    0 AS timed_events,
    0::bigint AS time_spent_seconds,
    last_used_at
FROM settled
