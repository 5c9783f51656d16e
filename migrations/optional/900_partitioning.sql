-- Partitions, for a database of a hundred million rows and more: `mep migrate up --with partitioning` applies this, and
-- docs/scaling.md says when, and how long that takes. The tables keep their names, columns, grants, policies and
-- triggers; what changes:
-- csv_import_records, by hash of the import, whose rows are all in one partition. The key is (id, csv_import_id).
-- data_lineage, by hash of the row. id is unique together with the row; triggers keep the reference to the row, because
-- no foreign key can lead to an id alone.
-- coperniq_sync_log, by the month in which an entry was logged: retention drops whole months.

CREATE SCHEMA mep_partitions;
COMMENT ON SCHEMA mep_partitions IS 'Partitions of the tables of public. Nobody but the owner looks in here.';
REVOKE ALL ON SCHEMA mep_partitions FROM public;

CREATE FUNCTION mep_partitions.rebuild(p_table TEXT, p_how TEXT, p_key TEXT, p_parts TEXT[]) RETURNS VOID
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_new TEXT := format('public.%I', p_table);
    v_old TEXT := format('mep_partitions.%I', p_table);
    v_oid OID := v_new::regclass;
    v_columns TEXT;
    v_views TEXT[];
    v_then TEXT[];
    v_statement TEXT;
BEGIN
    -- What LIKE does not copy. Views and functions are written out while they still name the table that will stand.
    SELECT array_agg(format(
        'CREATE OR REPLACE VIEW %s%s AS %s', v.oid::regclass, ' WITH (' || array_to_string(v.reloptions, ', ') || ')',
        pg_get_viewdef(v.oid)
    )) INTO v_views
    FROM pg_catalog.pg_class AS v
    WHERE v.relkind = 'v' AND EXISTS (
        SELECT FROM pg_catalog.pg_rewrite AS w
        INNER JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
        WHERE w.ev_class = v.oid AND d.refobjid = v_oid
    );

    SELECT array_agg(made.statement ORDER BY made.place, made.statement) INTO v_then
    FROM (
        SELECT 1, format('ALTER TABLE %s ADD CONSTRAINT %I %s', v_new, c.conname, coalesce(
            CASE WHEN c.conname = p_table || '_pkey' THEN p_key END, pg_get_constraintdef(c.oid)
        ))
        FROM pg_catalog.pg_constraint AS c
        WHERE c.conrelid = v_oid AND c.contype IN ('p', 'u', 'f')
        UNION ALL
        SELECT 2, pg_get_indexdef(i.indexrelid)
        FROM pg_catalog.pg_index AS i
        WHERE i.indrelid = v_oid
            AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.conrelid = v_oid
            )
        UNION ALL
        SELECT 3, pg_get_triggerdef(t.oid)
        FROM pg_catalog.pg_trigger AS t
        WHERE t.tgrelid = v_oid AND NOT t.tgisinternal
        UNION ALL
        SELECT 4, format(
            'CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.policyname, v_new, p.permissive, p.cmd,
            (SELECT string_agg(CASE r WHEN 'public' THEN r ELSE quote_ident(r) END, ', ') FROM unnest(p.roles) AS r),
            ' USING (' || p.qual || ')', ' WITH CHECK (' || p.with_check || ')'
        )
        FROM pg_catalog.pg_policies AS p
        WHERE p.schemaname = 'public' AND p.tablename = p_table
        UNION ALL
        SELECT 5, format('GRANT %s ON %s TO %s', g.privilege_type, v_new, coalesce(r.rolname::regrole::text, 'public'))
        FROM pg_catalog.pg_class AS c
        CROSS JOIN LATERAL aclexplode(c.relacl) AS g
        LEFT JOIN pg_catalog.pg_roles AS r ON g.grantee = r.oid
        WHERE c.oid = v_oid
        UNION ALL
        SELECT 5, format(
            'GRANT %s (%I) ON %s TO %s', g.privilege_type, a.attname, v_new,
            coalesce(r.rolname::regrole::text, 'public')
        )
        FROM pg_catalog.pg_attribute AS a
        CROSS JOIN LATERAL aclexplode(a.attacl) AS g
        LEFT JOIN pg_catalog.pg_roles AS r ON g.grantee = r.oid
        WHERE a.attrelid = v_oid
        UNION ALL
        SELECT 6, format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', v_new, a.attname, a.attstattarget)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = v_oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget >= 0
        UNION ALL
        SELECT 7, format('COMMENT ON TABLE %s IS %L', v_new, obj_description(v_oid, 'pg_class'))
        UNION ALL
        SELECT 7, format('COMMENT ON INDEX public.%I IS %L', c.relname, obj_description(c.oid, 'pg_class'))
        FROM pg_catalog.pg_index AS i INNER JOIN pg_catalog.pg_class AS c ON i.indexrelid = c.oid
        WHERE i.indrelid = v_oid AND obj_description(c.oid, 'pg_class') IS NOT NULL
    ) AS made (place, statement);

    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO v_columns
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = v_oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';

    EXECUTE format('ALTER TABLE %s SET SCHEMA mep_partitions', v_new);
    EXECUTE format('ALTER TABLE %s RENAME TO %I', v_old, p_table || '_before');
    EXECUTE format(
        'CREATE TABLE %s (LIKE %s_before INCLUDING ALL EXCLUDING INDEXES) %s', v_new, v_old, p_how
    );
    EXECUTE format('REVOKE ALL ON %s FROM public, anon, authenticated, service_role', v_new);
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', v_new);
    FOREACH v_statement IN ARRAY p_parts LOOP
        EXECUTE v_statement;
    END LOOP;
    -- Indexes come after the rows, and so do triggers, which judged the rows when they came.
    EXECUTE format('INSERT INTO %s (%s) SELECT %2$s FROM %s_before', v_new, v_columns, v_old);
    FOREACH v_statement IN ARRAY v_then || v_views LOOP
        EXECUTE v_statement;
    END LOOP;
    EXECUTE format('DROP TABLE %s_before', v_old);
    EXECUTE format('ANALYZE %s', v_new);
END;
$$;
COMMENT ON FUNCTION mep_partitions.rebuild(TEXT, TEXT, TEXT, TEXT[]) IS
'Makes a table of public anew, partitioned or whole, with that primary key and with whatever else the old one has.';

CREATE FUNCTION mep_partitions.hashed(p_table TEXT) RETURNS TEXT[]
LANGUAGE sql IMMUTABLE
SET search_path = ''
AS $$
    SELECT array_agg(format(statement, p_table, to_char(part, 'FM00'), part) ORDER BY part, place)
    FROM generate_series(0, 15) AS part
    CROSS JOIN (
        VALUES
        (
            1,
            'CREATE TABLE mep_partitions.%1$s_%2$s PARTITION OF public.%1$s '
            'FOR VALUES WITH (MODULUS 16, REMAINDER %3$s)'
        ),
        (2, 'ALTER TABLE mep_partitions.%1$s_%2$s ENABLE ROW LEVEL SECURITY')
    ) AS wanted (place, statement);
$$;
COMMENT ON FUNCTION mep_partitions.hashed(TEXT) IS 'The statements that make sixteen partitions by hash.';

CREATE FUNCTION mep_partitions.make_months(p_since TIMESTAMPTZ DEFAULT now()) RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    c_at CONSTANT TEXT := 'YYYY-MM-DD 00:00:00+00';
    v_month TIMESTAMP;
    v_part TEXT;
    v_made INTEGER := 0;
BEGIN
    FOR v_month IN
        SELECT month FROM generate_series(
            date_trunc('month', least(
                now(), p_since, (SELECT min(o.logged_at) FROM mep_partitions.coperniq_sync_log_other AS o)
            ) AT TIME ZONE 'UTC'),
            now() AT TIME ZONE 'UTC' + INTERVAL '2 months',
            INTERVAL '1 month'
        ) AS month
    LOOP
        v_part := 'coperniq_sync_log_' || to_char(v_month, 'YYYY_MM');
        CONTINUE WHEN to_regclass('mep_partitions.' || v_part) IS NOT NULL;
        -- Attached when it is full: who writes meanwhile does not wait. What came too early for its month moves there.
        EXECUTE format(
            'CREATE TABLE mep_partitions.%I (LIKE public.coperniq_sync_log INCLUDING ALL EXCLUDING INDEXES)', v_part
        );
        EXECUTE format('ALTER TABLE mep_partitions.%I ENABLE ROW LEVEL SECURITY', v_part);
        EXECUTE format('REVOKE ALL ON mep_partitions.%I FROM public, anon, authenticated, service_role', v_part);
        EXECUTE format(
            'WITH moved AS (DELETE FROM mep_partitions.coperniq_sync_log_other '
            'WHERE logged_at >= %1$L AND logged_at < %2$L RETURNING *) INSERT INTO mep_partitions.%3$I TABLE moved',
            to_char(v_month, c_at), to_char(v_month + INTERVAL '1 month', c_at), v_part
        );
        EXECUTE format(
            'ALTER TABLE public.coperniq_sync_log ATTACH PARTITION mep_partitions.%3$I '
            'FOR VALUES FROM (%1$L) TO (%2$L)',
            to_char(v_month, c_at), to_char(v_month + INTERVAL '1 month', c_at), v_part
        );
        v_made := v_made + 1;
    END LOOP;
    RETURN v_made;
END;
$$;
COMMENT ON FUNCTION mep_partitions.make_months(TIMESTAMPTZ) IS
'Makes the partitions of coperniq_sync_log that are missing, from that month to two months ahead; says how many.';

CREATE FUNCTION mep_partitions.forget_months(p_before TIMESTAMPTZ) RETURNS BIGINT
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_month RECORD;
    v_entries BIGINT;
    v_open BIGINT;
    v_removed BIGINT := 0;
BEGIN
    PERFORM mep_partitions.make_months();
    FOR v_month IN
        SELECT c.oid::regclass AS part
        FROM pg_catalog.pg_inherits AS h
        INNER JOIN pg_catalog.pg_class AS c ON h.inhrelid = c.oid
        WHERE h.inhparent = 'public.coperniq_sync_log'::regclass
            AND c.relname < 'coperniq_sync_log_' || to_char(p_before AT TIME ZONE 'UTC', 'YYYY_MM')
    LOOP
        EXECUTE format(
            $count$
                SELECT count(*), count(*) FILTER (WHERE i.coperniq_sync_status = 'pending')
                FROM %s AS l LEFT JOIN public.csv_imports AS i ON l.csv_import_id = i.id
            $count$, v_month.part
        ) INTO v_entries, v_open;
        -- A month waits until nothing is left to be sent of the imports that it tells of.
        CONTINUE WHEN v_open > 0;
        EXECUTE format('DROP TABLE %s', v_month.part);
        v_removed := v_removed + v_entries;
    END LOOP;
    -- Nobody else takes the statistics of a table that is only its partitions.
    ANALYZE public.csv_import_records, public.data_lineage, public.coperniq_sync_log;
    RETURN v_removed;
END;
$$;
COMMENT ON FUNCTION mep_partitions.forget_months(TIMESTAMPTZ) IS
'Drops the months of coperniq_sync_log that ended before a time, makes those ahead, and says how many entries went.';

-- The rows of files and their lineage ---------------------------------------------------------------------------------

LOCK TABLE public.csv_imports, public.csv_import_records, public.data_lineage, public.coperniq_sync_log
IN ACCESS EXCLUSIVE MODE;

ALTER TABLE public.data_lineage DROP CONSTRAINT data_lineage_csv_import_record_id_fkey;

SELECT mep_partitions.rebuild(
    'csv_import_records', 'PARTITION BY HASH (csv_import_id)', 'PRIMARY KEY (id, csv_import_id)',
    mep_partitions.hashed('csv_import_records')
);
SELECT mep_partitions.rebuild(
    'data_lineage', 'PARTITION BY HASH (csv_import_record_id)', 'UNIQUE (id, csv_import_record_id)',
    mep_partitions.hashed('data_lineage')
);

CREATE FUNCTION mep_partitions.require_row() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
    PERFORM FROM public.csv_import_records AS r WHERE r.id = NEW.csv_import_record_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING
            CONSTRAINT = 'data_lineage_csv_import_record_id_fkey',
            MESSAGE = format('There is no row %s to have lineage.', NEW.csv_import_record_id);
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mep_partitions.require_row() IS 'Trigger: lineage is of a row that stands, and holds it.';

CREATE TRIGGER data_lineage_require_row
AFTER INSERT OR UPDATE OF csv_import_record_id ON public.data_lineage
FOR EACH ROW WHEN (NEW.csv_import_record_id IS NOT NULL)
EXECUTE FUNCTION mep_partitions.require_row();

CREATE FUNCTION mep_partitions.take_lineage_along() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
    DELETE FROM public.data_lineage AS l USING before AS b WHERE l.csv_import_record_id = b.id;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mep_partitions.take_lineage_along() IS 'Trigger: lineage goes with its row.';

CREATE TRIGGER csv_import_records_take_lineage_along
AFTER DELETE ON public.csv_import_records
REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mep_partitions.take_lineage_along();

-- The audit log -------------------------------------------------------------------------------------------------------
-- A trigger completes the times of an entry, and a trigger comes too late to choose its partition.

ALTER TABLE public.coperniq_sync_log
ADD COLUMN logged_at TIMESTAMPTZ NOT NULL GENERATED ALWAYS AS (completed_at) STORED;
ALTER TABLE public.coperniq_sync_log
ALTER COLUMN logged_at DROP EXPRESSION,
ALTER COLUMN logged_at SET DEFAULT now();
COMMENT ON COLUMN public.coperniq_sync_log.logged_at IS 'When the entry was written; its month is its partition.';

SELECT mep_partitions.rebuild(
    'coperniq_sync_log', 'PARTITION BY RANGE (logged_at)', 'PRIMARY KEY (id, logged_at)',
    ARRAY[
        'CREATE TABLE mep_partitions.coperniq_sync_log_other PARTITION OF public.coperniq_sync_log DEFAULT',
        'ALTER TABLE mep_partitions.coperniq_sync_log_other ENABLE ROW LEVEL SECURITY',
        'SELECT mep_partitions.make_months((SELECT min(logged_at) FROM mep_partitions.coperniq_sync_log_before))'
    ]
);

REVOKE ALL ON FUNCTION
mep_partitions.rebuild(TEXT, TEXT, TEXT, TEXT[]),
mep_partitions.hashed(TEXT),
mep_partitions.make_months(TIMESTAMPTZ),
mep_partitions.forget_months(TIMESTAMPTZ),
mep_partitions.require_row(),
mep_partitions.take_lineage_along()
FROM public, anon, authenticated, service_role;
REVOKE ALL ON ALL TABLES IN SCHEMA mep_partitions FROM public, anon, authenticated, service_role;

-- Down Migration
-- LOCK TABLE public.csv_imports, public.csv_import_records, public.data_lineage, public.coperniq_sync_log
-- IN ACCESS EXCLUSIVE MODE;
-- DROP TRIGGER csv_import_records_take_lineage_along ON public.csv_import_records;
-- DROP TRIGGER data_lineage_require_row ON public.data_lineage;
-- SELECT mep_partitions.rebuild('csv_import_records', '', 'PRIMARY KEY (id)', '{}');
-- SELECT mep_partitions.rebuild('data_lineage', '', 'PRIMARY KEY (id)', '{}');
-- SELECT mep_partitions.rebuild('coperniq_sync_log', '', 'PRIMARY KEY (id)', '{}');
-- ALTER TABLE public.data_lineage ADD CONSTRAINT data_lineage_csv_import_record_id_fkey
-- FOREIGN KEY (csv_import_record_id) REFERENCES public.csv_import_records (id) ON DELETE CASCADE;
-- ALTER TABLE public.coperniq_sync_log DROP COLUMN logged_at;
-- DROP SCHEMA mep_partitions CASCADE;
