{#
    Rebuild a view in place: nobody who reads it meanwhile finds no view, or one with other rights. dbt's own
    materialization makes a second view and swaps names, which forgets `security_invoker` and the grants.
#}
{% materialization view, adapter='postgres' %}
    {%- set relation = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('lock') %}
        {{ lock_view_sql(relation) }}
    {% endcall %}
    {% call statement('main') %}
        {{ get_assert_columns_equivalent(sql) if config.get('contract').enforced }}
        {{ replace_view_sql(relation, sql) }}
    {% endcall %}
    {% do apply_grants(relation, config.get('grants')) %}
    {% do persist_docs(relation, model) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{# Serialise builds of one view until the transaction ends, and let nobody queue for long behind a build that waits. #}
{% macro lock_view_sql(relation) %}
    SELECT pg_advisory_xact_lock(hashtextextended('dbt {{ relation.schema }}.{{ relation.identifier }}', 0));
    SET LOCAL lock_timeout = '5s';
{% endmacro %}


{#
    Replace the view, unless it is the wanted one already: replacing waits for its readers, and lets others wait. Where
    the columns there are not the first columns of the new ones, PostgreSQL refuses; the view is then dropped and made
    anew in the same transaction. Anything else is an error, a table of that name and a view that something depends on
    included: nothing but this view is ever dropped.
#}
{% macro replace_view_sql(relation, sql) %}
    DO $rebuild$
    DECLARE
        definition TEXT := $definition$ WITH (security_invoker = true) AS
{{ sql }}
        $definition$;
        stands BOOLEAN;
    BEGIN
        EXECUTE 'CREATE TEMPORARY VIEW wanted' || definition;
        SELECT
            there.reloptions = wanted.reloptions AND pg_get_viewdef(there.oid) = pg_get_viewdef(wanted.oid)
        INTO stands
        FROM pg_class AS there
        INNER JOIN pg_class AS wanted ON there.relkind = wanted.relkind
        WHERE there.oid = to_regclass('{{ relation }}') AND wanted.oid = to_regclass('pg_temp.wanted');
        DROP VIEW pg_temp.wanted;
        IF stands THEN
            RETURN;
        END IF;

        EXECUTE 'CREATE OR REPLACE VIEW {{ relation }}' || definition;
    EXCEPTION
        WHEN invalid_table_definition THEN
            DROP VIEW {{ relation }};
            EXECUTE 'CREATE VIEW {{ relation }}' || definition;
    END
    $rebuild$;
{% endmacro %}
