{# Rows whose value lies outside the range. NULL is not a value: not_null says whether it may stand there. #}
{% test accepted_range(model, column_name, minimum, maximum='NULL') %}

SELECT {{ column_name }}
FROM {{ model }}
WHERE {{ column_name }} < {{ minimum }} OR {{ column_name }} > {{ maximum }}

{% endtest %}
