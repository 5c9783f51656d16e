-- Questions that get slower with a contractor's history, or with everybody's. Each index is written where little is: on
-- rows that are rare, that come a hundred records at a time, or that people fill in by hand. csv_import_records gets
-- none, because reading a file is as fast as its indexes allow.

-- All that contractor_summary counts of a contractor, read from the index alone; it serves what the narrower one did.
DROP INDEX public.idx_form_submissions_submitted_at;
CREATE INDEX idx_form_submissions_submitted_at
ON public.mep_form_submissions (contractor_config_id, submitted_at DESC) INCLUDE (status);
-- Before row-level security has passed a row, no index finds it by an enum: but an index may hold such rows alone.
CREATE INDEX idx_form_submissions_waiting ON public.mep_form_submissions (contractor_config_id, submitted_at DESC)
WHERE status = 'submitted';

CREATE INDEX idx_coperniq_sync_log_failed ON public.coperniq_sync_log (started_at DESC)
WHERE status <> 'success';
CREATE INDEX idx_coperniq_sync_log_completed ON public.coperniq_sync_log (completed_at);
CREATE INDEX idx_data_lineage_low_quality ON public.data_lineage (contractor_config_id, data_quality_score)
WHERE data_quality_score < 0.8;

-- What the planner believes of a contractor. Who is signed in asks by contractor twice, row-level security being one of
-- the two. From statistics the planner takes them for independent, expects no row, and so any index for as good as
-- another. Without statistics it takes each contractor for a two-hundredth of the table, as 013 has it for imports.
ALTER TABLE public.mep_form_submissions ALTER COLUMN contractor_config_id SET STATISTICS 0;
ALTER TABLE public.data_lineage ALTER COLUMN contractor_config_id SET STATISTICS 0;

DO $$
DECLARE
    v_table TEXT;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['mep_form_submissions', 'data_lineage'] LOOP
        IF current_setting('server_version_num')::integer >= 180000 THEN
            EXECUTE format(
                'SELECT pg_clear_attribute_stats(%L, %L, %L, false)', 'public', v_table, 'contractor_config_id'
            );
        ELSE
            DELETE FROM pg_catalog.pg_statistic AS s USING pg_catalog.pg_attribute AS a
            WHERE s.starelid = a.attrelid
                AND s.staattnum = a.attnum
                AND a.attrelid = format('public.%I', v_table)::regclass
                AND a.attname = 'contractor_config_id';
        END IF;
    END LOOP;
EXCEPTION
    -- Before PostgreSQL 18 only a superuser removes statistics.
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'Statistics of contractor_config_id stay, and a contractor with a long history waits for its forms '
            'and its lineage: as a superuser run DELETE FROM pg_statistic for that column of mep_form_submissions and '
            'data_lineage.';
END;
$$;

-- Down Migration
-- ALTER TABLE public.data_lineage ALTER COLUMN contractor_config_id SET STATISTICS -1;
-- ALTER TABLE public.mep_form_submissions ALTER COLUMN contractor_config_id SET STATISTICS -1;
-- DROP INDEX public.idx_data_lineage_low_quality, public.idx_coperniq_sync_log_completed;
-- DROP INDEX public.idx_coperniq_sync_log_failed, public.idx_form_submissions_waiting;
-- DROP INDEX public.idx_form_submissions_submitted_at;
-- CREATE INDEX idx_form_submissions_submitted_at
-- ON public.mep_form_submissions (contractor_config_id, submitted_at DESC);
