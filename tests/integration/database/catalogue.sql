-- One line for each fact about schema public, and about who may use that of the staging views: two databases with the
-- same lines have the same schema.
WITH relation AS (
    SELECT
        oid,
        oid::regclass::text AS name,
        relkind,
        relacl,
        relrowsecurity,
        reloptions
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
),

routine AS (
    SELECT
        oid,
        oid::regprocedure::text AS name,
        proacl
    FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
),

enumeration AS (
    SELECT oid
    FROM pg_type
    WHERE typnamespace = 'public'::regnamespace
),

facts AS (
    SELECT format('relation %s %s %s %s', name, relkind, relrowsecurity, reloptions) AS fact FROM relation
    UNION ALL
    SELECT format('grant on %s: %s', r.name, acl.*)
    FROM relation AS r
    CROSS JOIN aclexplode(r.relacl) AS acl
    UNION ALL
    -- The place of a column among those that are there: a number that was given and taken back is not given again.
    SELECT
        format(
            'column %s.%s %s %s %s %s %s', r.name, a.attname, row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum),
            format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, a.attacl
        )
    FROM relation AS r
    INNER JOIN pg_attribute AS a ON r.oid = a.attrelid
    WHERE r.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT format('default %s.%s %s', r.name, d.adnum, pg_get_expr(d.adbin, d.adrelid))
    FROM relation AS r
    INNER JOIN pg_attrdef AS d ON r.oid = d.adrelid
    UNION ALL
    SELECT format('constraint %s %s %s', r.name, c.conname, pg_get_constraintdef(c.oid))
    FROM relation AS r
    INNER JOIN pg_constraint AS c ON r.oid = c.conrelid
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(oid)) FROM relation
    WHERE relkind = 'i'
    UNION ALL
    SELECT format('view %s %s', name, pg_get_viewdef(oid)) FROM relation
    WHERE relkind = 'v'
    UNION ALL
    SELECT format('trigger %s %s', pg_get_triggerdef(t.oid), t.tgenabled)
    FROM relation AS r
    INNER JOIN pg_trigger AS t ON r.oid = t.tgrelid
    WHERE NOT t.tgisinternal
    UNION ALL
    SELECT
        format(
            'policy %s %s %s %s %s %s', r.name, p.polname, p.polcmd, p.polroles::regrole[],
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
        )
    FROM relation AS r
    INNER JOIN pg_policy AS p ON r.oid = p.polrelid
    UNION ALL
    SELECT format('function %s', pg_get_functiondef(oid)) FROM routine
    UNION ALL
    SELECT format('grant on %s: %s', f.name, acl.*)
    FROM routine AS f
    CROSS JOIN aclexplode(f.proacl) AS acl
    UNION ALL
    SELECT format('type %s %s', t.oid::regtype, array_agg(e.enumlabel ORDER BY e.enumsortorder))
    FROM enumeration AS t
    INNER JOIN pg_enum AS e ON t.oid = e.enumtypid
    GROUP BY t.oid
    UNION ALL
    SELECT format('comment on %s: %s', pg_describe_object(classoid, objoid, objsubid), description)
    FROM pg_description
    WHERE
        objoid IN (SELECT r.oid FROM relation AS r)
        OR objoid IN (SELECT f.oid FROM routine AS f)
        OR objoid IN (SELECT t.oid FROM enumeration AS t)
    UNION ALL
    SELECT format('schema %s: %s', nspname, nspacl) FROM pg_namespace
    WHERE nspname IN ('public', 'analytics')
)

SELECT fact FROM facts
ORDER BY fact;
