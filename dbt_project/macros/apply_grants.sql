{#
    Give a relation the rights that its model's `grants` state, and nobody else any: PUBLIC, single columns and what
    Supabase's default privileges gave a new view included. dbt's own macro sees neither of the first two.
#}
{% macro postgres__apply_grants(relation, grant_config, should_revoke=true) %}
    {% call statement('revoke') %}
        DO $revoke$
        DECLARE
            grantees TEXT;
        BEGIN
            SELECT string_agg(DISTINCT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::REGROLE::TEXT END, ', ')
            INTO grantees
            FROM pg_class AS c
            CROSS JOIN LATERAL (
                SELECT e.grantee FROM aclexplode(c.relacl) AS e
                UNION ALL
                SELECT e.grantee
                FROM pg_attribute AS a
                CROSS JOIN LATERAL aclexplode(a.attacl) AS e
                WHERE a.attrelid = c.oid
            ) AS acl
            WHERE c.oid = '{{ relation }}'::REGCLASS AND acl.grantee <> c.relowner;

            IF grantees IS NOT NULL THEN
                EXECUTE 'REVOKE ALL ON {{ relation }} FROM ' || grantees || ' CASCADE';
            END IF;
        END
        $revoke$;
    {% endcall %}
    {% for privilege, grantees in (grant_config or {}).items() %}
        {% call statement('grant') %}
            GRANT {{ privilege }} ON {{ relation }} TO {{ grantees | join(', ') }};
        {% endcall %}
    {% endfor %}
{% endmacro %}
