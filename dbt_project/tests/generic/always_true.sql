{# Rows for which a condition over their columns is false or NULL. #}
{% test always_true(model, condition) %}

SELECT *
FROM {{ model }}
WHERE ({{ condition }}) IS NOT TRUE

{% endtest %}
