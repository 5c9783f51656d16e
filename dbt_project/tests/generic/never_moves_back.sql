{#
    Rows whose status is behind what they have reached. Stages are lists of statuses, in order; `reached` are
    conditions that hold once a stage was reached, by the status that begins it: times and ids that are written with a
    status and stay. There is no history of statuses to read, but a row that moved back still bears such a trace.
#}
{% test never_moves_back(model, column_name, stages, reached) %}

WITH this AS (
    SELECT * FROM {{ model }}
)
{% for status, condition in reached.items() %}
    {%- set behind = [] -%}
    {%- for stage in stages if not behind or behind[-1] != status -%}
        {%- do behind.append(status) if status in stage else behind.extend(stage) -%}
    {%- endfor %}
{{ 'UNION ALL' if not loop.first }}
SELECT
    id,
    {{ column_name }},
    '{{ status }}' AS has_been
FROM this
WHERE ({{ condition }}) AND {{ column_name }} IN ('{{ behind[:-1] | join("', '") }}')
{% endfor %}

{% endtest %}
