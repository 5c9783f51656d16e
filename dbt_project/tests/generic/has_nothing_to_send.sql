{# Imports that are said to be in Coperniq, every sendable record of them, while one still waits or was refused. #}
{% test has_nothing_to_send(model, records) %}

WITH imports AS (
    SELECT * FROM {{ model }}
    WHERE coperniq_sync_status = 'synced'
)

SELECT imports.id
FROM imports
WHERE
    EXISTS (
        SELECT FROM {{ records }} AS records
        WHERE records.csv_import_id = imports.id AND records.state <> 'synced'
    )

{% endtest %}
