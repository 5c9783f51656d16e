{# dbt's hook: what a generic test reads in the place of its model. #}
{% macro get_where_subquery(relation) %}
    {{ return(tested_rows(relation, config.get('where'))) }}
{% endmacro %}


{#
    Give the rows of a relation that a test looks at: all of them, or in a plain `dbt build` those that came in lately.
    Which those are is said by `meta.lately` of a large table, or of a model that reads one whole: a condition, in which
    {since} stands for a time, or `by import`, which is those of imports that changed since. These are looked up import
    by import (OFFSET 0): for a list of imports the planner reads the whole table. `dbt test`, `dbt build --full-refresh`
    and what else compiles a test look at everything.
#}
{% macro tested_rows(relation, where=none) %}
    {% set rows = [relation] %}
    {% set conditions = [where] if where else [] %}
    {% if tests_lately() %}
        {% set since = "now() - INTERVAL '" ~ var('tests_look_back_days') | int ~ " days'" %}
        {% for node in graph.sources.values() | list + graph.nodes.values() | list %}
            {% if node.relation_name == relation | string and node.config.meta.lately == 'by import' %}
                {% do rows.append(rows_by_import(relation, since)) %}
            {% elif node.relation_name == relation | string and node.config.meta.lately %}
                {% do conditions.append(node.config.meta.lately.replace('{since}', since)) %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {% if not conditions %}
        {{ return(rows | last) }}
    {% endif %}
    {{ return('(SELECT * FROM ' ~ rows | last ~ ' WHERE (' ~ conditions | join(') AND (') ~ ')) AS dbt_subquery') }}
{% endmacro %}


{# Whether tests look at what came in lately, and not at everything. #}
{% macro tests_lately() %}
    {{ return(execute and flags.WHICH == 'build' and not flags.FULL_REFRESH) }}
{% endmacro %}


{% macro rows_by_import(relation, since) -%}
    (
        SELECT of_import.*
        FROM public.csv_imports AS changed
        CROSS JOIN LATERAL (SELECT * FROM {{ relation }} WHERE csv_import_id = changed.id OFFSET 0) AS of_import
        WHERE changed.updated_at >= {{ since }}
    ) AS dbt_subquery
{%- endmacro %}
