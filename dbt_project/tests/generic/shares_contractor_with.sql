{# Rows that refer to a row of another contractor: one of the two is shown to somebody whom it does not belong to. #}
{% test shares_contractor_with(model, column_name, of, contractor='contractor_config_id') %}

WITH this AS (
    SELECT * FROM {{ model }}
)

SELECT
    this.{{ column_name }},
    this.{{ contractor }},
    other.{{ contractor }} AS owner_id
FROM this
INNER JOIN {{ of }} AS other ON this.{{ column_name }} = other.id
WHERE this.{{ contractor }} <> other.{{ contractor }}

{% endtest %}
