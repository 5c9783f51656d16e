{#
    Lineage of a record of a file that is not there, is of another type, or is not in Coperniq under that id. What a
    rollback deleted from Coperniq keeps its lineage and its record, but the record has no id any more.
#}
{% test has_record(model, records, imports) %}

WITH lineage AS (
    SELECT * FROM {{ model }}
    WHERE csv_import_record_id IS NOT NULL
)

SELECT
    lineage.id,
    lineage.csv_import_record_id
FROM lineage
LEFT JOIN {{ records }} AS records ON lineage.csv_import_record_id = records.id
LEFT JOIN {{ imports }} AS imports ON records.csv_import_id = imports.id
WHERE
    lineage.coperniq_entity_type IS DISTINCT FROM imports.coperniq_type
    OR (lineage.deleted_at IS NULL AND lineage.coperniq_entity_id IS DISTINCT FROM records.coperniq_id)

{% endtest %}
