{#
    Records that are in Coperniq by their own word, but not by that of the lineage: nothing proves where they went. The
    lineage of what came in lately is looked up record by record (OFFSET 0), and not read whole.
#}
{% test has_lineage(model, imports, lineage) %}

WITH sent AS (
    SELECT * FROM {{ model }}
    -- A skipped record was in Coperniq before: it has the lineage of the one that was sent.
    WHERE coperniq_id IS NOT NULL AND status <> 'skipped'
)

SELECT
    sent.id,
    sent.coperniq_id
FROM sent
INNER JOIN {{ imports }} AS imports ON sent.csv_import_id = imports.id
WHERE
    NOT EXISTS (
        SELECT FROM {{ lineage }} AS lineage
        WHERE
            lineage.csv_import_record_id = sent.id
            AND lineage.coperniq_entity_type = imports.coperniq_type
            AND lineage.coperniq_entity_id = sent.coperniq_id
            AND lineage.deleted_at IS NULL
        {{ 'OFFSET 0' if tests_lately() }}
    )

{% endtest %}
