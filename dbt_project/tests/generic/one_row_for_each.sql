{# Values of several columns, together the grain of a relation, that more than one of its rows has; NULL is a value. #}
{% test one_row_for_each(model, columns) %}

SELECT
    {{ columns | join(', ') }},
    count(*) AS row_count
FROM {{ model }}
GROUP BY {{ columns | join(', ') }}
HAVING count(*) > 1

{% endtest %}
