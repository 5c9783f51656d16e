{#
    Keep a table of counts current by what has changed since: the model's rows take the place of those with the same
    `unique_key`, and no row is removed. `meta.drains` names the source that queues the changes.

    Migrations make the table; here is no DDL. Emptying the queue, counting and writing is one statement, so of one
    snapshot: what is emptied is what was counted, what commits later stays in the queue, and a reader sees all of it or
    nothing. The lock lets one such statement at a time see what the one before it left.
#}
{% materialization rollup, adapter='postgres' %}
    {%- set relation = load_relation(this) -%}
    {% if relation is none %}
        {% do exceptions.raise_compiler_error('There is no table ' ~ this ~ ': run `mep migrate up` first.') %}
    {% endif %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main') %}
        {{ get_assert_columns_equivalent(sql) if config.get('contract').enforced }}
        {{ lock_relation_sql(relation) }}
        -- To count millions of rows without sorting them.
        SET LOCAL work_mem = '128MB';
        {{ roll_up_sql(relation, sql, config.get('unique_key'), source('mep', config.get('meta').drains)) }}
    {% endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{% macro roll_up_sql(relation, sql, key, queue) %}
    {%- set columns = model.columns | list -%}
    {%- set counts = columns | reject('in', key) | list -%}
    WITH drained AS (
        DELETE FROM {{ queue }}
    ),

    counted AS MATERIALIZED (
        {{ sql }}
    )

    INSERT INTO {{ relation }} AS kept ({{ columns | join(', ') }})
    SELECT {{ of('counted', columns) }} FROM counted
    ON CONFLICT ({{ key | join(', ') }}) DO UPDATE SET ({{ counts | join(', ') }}) = ({{ of('excluded', counts) }})
    WHERE ({{ of('kept', counts) }}) IS DISTINCT FROM ({{ of('excluded', counts) }});
{% endmacro %}


{# The columns of a table, each with its name before it. #}
{% macro of(table, columns) -%}
    {{ table }}.{{ columns | join(', ' ~ table ~ '.') }}
{%- endmacro %}
