-- Retention: what is old goes, and a line says so. The rows of files, their lineage and what is in Coperniq stay for
-- ever: sending again, undoing and proving need them.

CREATE TABLE public.retention_log (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    what TEXT NOT NULL CHECK (what IN ('runs', 'files', 'sync_log')),
    older_than TIMESTAMPTZ NOT NULL,
    removed BIGINT NOT NULL CHECK (removed > 0),
    removed_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

COMMENT ON TABLE public.retention_log IS 'One row for each time that something old was removed. Append-only.';
COMMENT ON COLUMN public.retention_log.what IS
'runs: of Dagster, with their events. files: of the inbox. sync_log: entries of coperniq_sync_log.';
COMMENT ON COLUMN public.retention_log.older_than IS 'What was removed was older; not all that was older was removed.';
COMMENT ON COLUMN public.retention_log.removed IS 'How many.';

ALTER TABLE public.csv_imports ADD COLUMN file_removed_at TIMESTAMPTZ;

COMMENT ON COLUMN public.csv_imports.file_removed_at IS
'When retention took the file out of the inbox, or found it gone; else NULL. Its rows stay in csv_import_records.';

CREATE INDEX idx_csv_imports_file_to_remove ON public.csv_imports (completed_at)
WHERE file_removed_at IS NULL AND status IN ('success', 'partial_success');

CREATE FUNCTION public.forget_sync_log(p_before TIMESTAMPTZ, p_most INTEGER) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
    c_youngest CONSTANT TIMESTAMPTZ := now() - INTERVAL '30 days';
    v_removed BIGINT;
BEGIN
    IF p_before IS NULL OR p_before > c_youngest THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('Entries of the last 30 days stay: ask for those before %s.', c_youngest);
    END IF;
    -- Where the log is partitioned, whole months go.
    IF to_regclass('mep_partitions.coperniq_sync_log_other') IS NOT NULL THEN
        EXECUTE 'SELECT mep_partitions.forget_months($1)' INTO v_removed USING p_before;
    ELSE
        DELETE FROM public.coperniq_sync_log
        WHERE id IN (
            SELECT l.id
            FROM public.coperniq_sync_log AS l
            LEFT JOIN public.csv_imports AS i ON l.csv_import_id = i.id
            WHERE l.started_at < p_before
                AND l.completed_at < p_before
                AND i.coperniq_sync_status IS DISTINCT FROM 'pending'
            ORDER BY l.started_at
            LIMIT p_most
        );
        GET DIAGNOSTICS v_removed = ROW_COUNT;
    END IF;
    IF v_removed > 0 THEN
        INSERT INTO public.retention_log (what, older_than, removed) VALUES ('sync_log', p_before, v_removed);
    END IF;
    RETURN v_removed;
END;
$$;
COMMENT ON FUNCTION public.forget_sync_log(TIMESTAMPTZ, INTEGER) IS
'Deletes the oldest entries of coperniq_sync_log before a time, at most so many, and says how many. Those of the last 30
days stay, and those of an import of which something is still to be sent.';

ALTER TABLE public.retention_log ENABLE ROW LEVEL SECURITY;

CREATE POLICY retention_log_service ON public.retention_log
FOR ALL TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON public.retention_log FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT ON public.retention_log TO service_role;
REVOKE ALL ON FUNCTION public.forget_sync_log(TIMESTAMPTZ, INTEGER) FROM public, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION public.forget_sync_log(TIMESTAMPTZ, INTEGER) TO service_role;

-- Down Migration
-- DROP FUNCTION public.forget_sync_log(TIMESTAMPTZ, INTEGER);
-- DROP INDEX public.idx_csv_imports_file_to_remove;
-- ALTER TABLE public.csv_imports DROP COLUMN file_removed_at;
-- DROP TABLE public.retention_log;
