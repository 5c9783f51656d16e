{# Lineage of a record of Coperniq that another contractor has lineage of, too: one sends over what the other sent. #}
{% test is_one_contractors(model, lineage) %}

WITH this AS (
    SELECT * FROM {{ model }}
    WHERE deleted_at IS NULL
)

SELECT
    this.id,
    this.contractor_config_id
FROM this
WHERE
    EXISTS (
        SELECT FROM {{ lineage }} AS other
        WHERE
            other.coperniq_entity_type = this.coperniq_entity_type
            AND other.coperniq_entity_id = this.coperniq_entity_id
            AND other.coperniq_company_id IS NOT DISTINCT FROM this.coperniq_company_id
            AND other.contractor_config_id <> this.contractor_config_id
            AND other.deleted_at IS NULL
    )

{% endtest %}
