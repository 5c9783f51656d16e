{# Keys of another relation that this one has no row for: with `unique`, the two have the same rows. #}
{% test has_row_for_each(model, column_name, of, field) %}

SELECT other.{{ field }}
FROM {{ of }} AS other
LEFT JOIN {{ model }} AS this ON other.{{ field }} = this.{{ column_name }}
WHERE this.{{ column_name }} IS NULL

{% endtest %}
