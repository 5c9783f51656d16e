{# Keys of another relation that this one has no row for: with `unique`, the two have the same rows. #}
{% test has_row_for_each(model, column_name, of, field) %}

WITH this AS (
    SELECT * FROM {{ model }}
),

other AS (
    SELECT * FROM {{ tested_rows(of) }}
)

SELECT other.{{ field }}
FROM other
LEFT JOIN this ON other.{{ field }} = this.{{ column_name }}
WHERE this.{{ column_name }} IS NULL AND other.{{ field }} IS NOT NULL

{% endtest %}
