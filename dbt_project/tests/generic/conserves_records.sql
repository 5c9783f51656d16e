{#
    Finished imports whose counts are not those of their records. Each record has one status of five, so the records
    attempted are the valid, warning, error, duplicate and skipped ones, together and nothing else.
#}
{% test conserves_records(model, records) %}

WITH counted AS (
    SELECT
        csv_import_id,
        count(*) FILTER (WHERE status IN ('valid', 'warning', 'error', 'duplicate', 'skipped')) AS attempted,
        count(*) FILTER (WHERE status IN ('valid', 'warning')) AS success,
        count(*) FILTER (WHERE status = 'error') AS failed
    FROM {{ records }}
    GROUP BY csv_import_id
)

SELECT
    imports.csv_import_id,
    imports.total_records_attempted,
    imports.total_records_success,
    imports.total_records_failed,
    counted.attempted,
    counted.success,
    counted.failed
FROM {{ model }} AS imports
LEFT JOIN counted ON imports.csv_import_id = counted.csv_import_id
WHERE
    imports.status IN ('success', 'partial_success')
    AND (imports.total_records_attempted, imports.total_records_success, imports.total_records_failed)
    IS DISTINCT FROM (coalesce(counted.attempted, 0), coalesce(counted.success, 0), coalesce(counted.failed, 0))

{% endtest %}
