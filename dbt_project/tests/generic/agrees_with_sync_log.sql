{#
    Imports whose audit log counts other records than were sent. Each record that a request created or updated has
    lineage, and each that one deleted says so there: no more of an import than that are logged as successful. What has
    lineage beyond it was settled by looking it up, for several imports at once: of a contractor and type, no more than
    its look-ups found. Imports from before the last removal of old entries are not judged: their log is not whole.
#}
{% test agrees_with_sync_log(model, log, records, lineage, removals) %}

WITH imports AS (
    SELECT * FROM {{ model }}
    WHERE
        created_at > coalesce(
            (SELECT max(older_than) FROM {{ removals }} WHERE what = 'sync_log'), '-infinity'::timestamptz
        )
),

logged AS (
    SELECT
        csv_import_id,
        sum(records_successful) FILTER (WHERE operation_type IN ('import', 'update')) AS sent,
        sum(records_successful) FILTER (WHERE operation_type = 'delete') AS deleted
    FROM {{ log }}
    WHERE csv_import_id IN (SELECT id FROM imports)
    GROUP BY csv_import_id
),

noted AS (
    SELECT
        records.csv_import_id,
        count(*) AS sent,
        count(lineage.deleted_at) AS deleted
    FROM (SELECT * FROM {{ tested_rows(records) }}) AS records
    INNER JOIN {{ lineage }} AS lineage ON records.id = lineage.csv_import_record_id
    GROUP BY records.csv_import_id
),

counted AS (
    SELECT
        imports.id AS csv_import_id,
        imports.contractor_config_id,
        imports.coperniq_type,
        coalesce(logged.sent, 0) AS logged_sent,
        coalesce(logged.deleted, 0) AS logged_deleted,
        coalesce(noted.sent, 0) AS sent,
        coalesce(noted.deleted, 0) AS deleted
    FROM imports
    LEFT JOIN logged ON imports.id = logged.csv_import_id
    LEFT JOIN noted ON imports.id = noted.csv_import_id
),

unlogged AS (
    SELECT
        contractor_config_id,
        coperniq_type,
        sum(sent - logged_sent) AS sent
    FROM counted
    GROUP BY contractor_config_id, coperniq_type
    HAVING sum(sent - logged_sent) > 0
)

SELECT
    contractor_config_id,
    coperniq_type,
    csv_import_id
FROM counted
WHERE logged_sent > sent OR logged_deleted > deleted
UNION ALL
SELECT
    unlogged.contractor_config_id,
    unlogged.coperniq_type,
    NULL AS csv_import_id
FROM unlogged
WHERE
    unlogged.sent > (
        SELECT coalesce(sum(log.records_successful), 0)
        FROM {{ log }} AS log
        WHERE
            log.contractor_config_id = unlogged.contractor_config_id
            AND log.entity_type = unlogged.coperniq_type
            AND log.operation_type = 'sync_check'
            AND log.csv_import_id IS NOT NULL
    )

{% endtest %}
