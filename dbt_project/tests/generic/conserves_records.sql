{#
    Finished imports whose counts are not those of their records, rolled back ones included: their records stay. Each
    record has one status of five, so the records attempted are the valid, warning, error, duplicate and skipped ones,
    together and nothing else.
#}
{% test conserves_records(model, records) %}

WITH imports AS (
    SELECT * FROM {{ model }}
    WHERE status IN ('success', 'partial_success', 'rolled_back')
)

SELECT
    imports.csv_import_id,
    imports.total_records_attempted,
    imports.total_records_success,
    imports.total_records_failed,
    counted.attempted,
    counted.success,
    counted.failed
FROM imports
-- Lateral: of a few imports, only their records are read.
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE status IN ('valid', 'warning', 'error', 'duplicate', 'skipped')) AS attempted,
        count(*) FILTER (WHERE status IN ('valid', 'warning')) AS success,
        count(*) FILTER (WHERE status = 'error') AS failed
    FROM {{ records }}
    WHERE csv_import_id = imports.csv_import_id
) AS counted
WHERE
    (imports.total_records_attempted, imports.total_records_success, imports.total_records_failed)
    IS DISTINCT FROM (counted.attempted, counted.success, counted.failed)

{% endtest %}
