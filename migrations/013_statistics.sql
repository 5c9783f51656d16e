-- What the planner believes of an import. Statistics name the imports that were there when they were taken; of any
-- other the planner would believe that it holds no row, and read all of its rows, again and again, to find a few.
-- Without statistics it takes each for a two-hundredth of the table. ANALYZE takes none from now on; what it took
-- before stays until it is removed.

ALTER TABLE public.csv_import_records ALTER COLUMN csv_import_id SET STATISTICS 0;
ALTER TABLE public.coperniq_records ALTER COLUMN csv_import_id SET STATISTICS 0;

DO $$
DECLARE
    v_table TEXT;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['csv_import_records', 'coperniq_records'] LOOP
        IF current_setting('server_version_num')::integer >= 180000 THEN
            EXECUTE format('SELECT pg_clear_attribute_stats(%L, %L, %L, false)', 'public', v_table, 'csv_import_id');
        ELSE
            DELETE FROM pg_catalog.pg_statistic AS s USING pg_catalog.pg_attribute AS a
            WHERE s.starelid = a.attrelid
                AND s.staattnum = a.attnum
                AND a.attrelid = format('public.%I', v_table)::regclass
                AND a.attname = 'csv_import_id';
        END IF;
    END LOOP;
EXCEPTION
    -- Before PostgreSQL 18 only a superuser removes statistics.
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'Statistics of csv_import_id stay, and imports into tables with many rows are slow: as a superuser '
            'run DELETE FROM pg_statistic for that column of csv_import_records and coperniq_records.';
END;
$$;

-- Down Migration
-- ALTER TABLE public.coperniq_records ALTER COLUMN csv_import_id SET STATISTICS -1;
-- ALTER TABLE public.csv_import_records ALTER COLUMN csv_import_id SET STATISTICS -1;
