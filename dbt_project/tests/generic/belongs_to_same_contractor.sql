{# Lineage attributed to another contractor than the one whose file or form it came from: that one could not see it. #}
{% test belongs_to_same_contractor(model, records, imports, submissions) %}

WITH lineage AS (
    SELECT * FROM {{ model }}
)

SELECT
    lineage.id,
    lineage.contractor_config_id,
    coalesce(imports.contractor_config_id, submissions.contractor_config_id) AS owner_id
FROM lineage
LEFT JOIN {{ records }} AS records ON lineage.csv_import_record_id = records.id
LEFT JOIN {{ imports }} AS imports ON records.csv_import_id = imports.id
LEFT JOIN {{ submissions }} AS submissions ON lineage.form_submission_id = submissions.id
WHERE
    lineage.contractor_config_id
    IS DISTINCT FROM coalesce(imports.contractor_config_id, submissions.contractor_config_id)

{% endtest %}
