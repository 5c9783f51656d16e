{#
    Rebuild a view in place: nobody who reads it meanwhile finds no view, or one with other rights. dbt's own
    materialization makes a second view and swaps names, which forgets `security_invoker` and the grants.
#}
{% materialization view, adapter='postgres' %}
    {%- set relation = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('lock') %}
        {{ lock_relation_sql(relation) }}
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


{# Serialise builds of one relation until the transaction ends, and let nobody queue for long behind one that waits. #}
{% macro lock_relation_sql(relation) %}
    SELECT pg_advisory_xact_lock(hashtextextended('dbt {{ relation.schema }}.{{ relation.identifier }}', 0));
    SET LOCAL lock_timeout = '5s';
{% endmacro %}


{#
    Replace the view, unless it is the wanted one already: replacing waits for its readers, and lets others wait. Where
    the columns there are not the first columns of the new ones, PostgreSQL refuses; the view is then dropped and made
    anew in the same transaction. A staging view that others are built on steps aside instead: those read it under
    another name until they are rebuilt themselves. Anything else is an error, a table of that name and a mart that
    something depends on included: nothing but this view is ever dropped.
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
            BEGIN
                DROP VIEW {{ relation }};
            {%- if relation.schema == 'analytics' %}
            EXCEPTION
                WHEN dependent_objects_still_exist THEN
                    EXECUTE format(
                        'ALTER VIEW {{ relation }} RENAME TO %I',
                        '{{ relation.identifier }}__' || to_regclass('{{ relation }}')::OID
                    );
            {%- endif %}
            END;
            EXECUTE 'CREATE VIEW {{ relation }}' || definition;
    END
    $rebuild$;
{% endmacro %}


{#
    Drop the staging views that stepped aside and that nothing is built on any more, at the end of a command that builds:
    who tests may own no view. One that somebody still reads goes the next time.
#}
{% macro drop_replaced_views() %}
    {% if flags.WHICH in ('build', 'run') %}
    DO $drop$
    DECLARE
        replaced REGCLASS;
    BEGIN
        SET LOCAL lock_timeout = '1s';
        FOR replaced IN
            SELECT c.oid
            FROM pg_class AS c
            WHERE
                c.relnamespace = to_regnamespace('analytics')
                AND c.relkind = 'v'
                AND c.relname ~ '__[0-9]+$'
                AND NOT EXISTS (
                    SELECT FROM pg_depend AS d
                    INNER JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::REGCLASS AND d.objid = r.oid
                    WHERE d.refobjid = c.oid AND r.ev_class <> c.oid
                )
        LOOP
            BEGIN
                EXECUTE format('DROP VIEW %s', replaced);
            EXCEPTION
                WHEN lock_not_available THEN
                    CONTINUE;
            END;
        END LOOP;
    END
    $drop$;
    {% endif %}
{% endmacro %}
