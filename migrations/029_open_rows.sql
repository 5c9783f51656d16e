-- Open rows: one rule for which rows of imports need work, whoever asks for it; fix files, whose rows are each an
-- attempt to put one of them right; and what opens a row again that was put right.

ALTER TABLE public.csv_imports
ADD COLUMN parent_import_id UUID REFERENCES public.csv_imports (id) ON DELETE SET NULL,
ADD COLUMN corrected_records INTEGER NOT NULL DEFAULT 0,
ADD COLUMN refused_records INTEGER NOT NULL DEFAULT 0,
ADD COLUMN handed_back_at TIMESTAMPTZ,
ADD CONSTRAINT csv_imports_open_counts CHECK (corrected_records >= 0 AND refused_records >= 0),
ADD CONSTRAINT csv_imports_not_its_own_parent CHECK (parent_import_id <> id);

COMMENT ON COLUMN public.csv_imports.parent_import_id IS
'The import at whose rows those of this one are another attempt: its fix file brought them, or a replay judged them
again. NULL for any other.';
COMMENT ON COLUMN public.csv_imports.corrected_records IS
'Rows of status error that need no work any more: another attempt or a later export has put them right, or
the same row of their file, which was imported again, stands for them.';
COMMENT ON COLUMN public.csv_imports.refused_records IS
'Sendable rows that Coperniq has refused for good and that need work still (open_csv_import_records).';
COMMENT ON COLUMN public.csv_imports.handed_back_at IS
'When its results were written to the outbox last; NULL where they never were. They are to be written anew when
updated_at is later, which it always is of the epoch.';

ALTER TABLE public.csv_import_records
ADD COLUMN corrects_record_id UUID,
ADD COLUMN corrected_by_id UUID,
ADD COLUMN refused_at TIMESTAMPTZ,
ADD COLUMN withdrawn_at TIMESTAMPTZ;

COMMENT ON COLUMN public.csv_import_records.corrects_record_id IS
'The row that this one is another attempt at: its fix file names it, or a replay judged it again. NULL for any other.';
COMMENT ON COLUMN public.csv_import_records.corrected_by_id IS
'The row that put this one right, another attempt or a row of a later export that is the same record, or the same row of
a file that is imported again, whatever it is there; NULL for a row that needs no work, and for one that still does.';
COMMENT ON COLUMN public.csv_import_records.refused_at IS
'When Coperniq refused the row for good, or its parent turned out to be ambiguous; error_message says why. NULL for all
others, and for a record that Coperniq only refused to delete.';
COMMENT ON COLUMN public.csv_import_records.withdrawn_at IS
'When a rollback of its import took the row back: it is not sent any more, or is deleted from Coperniq. NULL for all
others, such as rows that the same rollback had to leave there.';

ALTER TABLE public.coperniq_records ADD COLUMN former_names TEXT[];

COMMENT ON COLUMN public.coperniq_records.former_names IS
'Those of names that the record has from refused rows that it is a correction of: each is another record''s once that
one has it. NULL for none.';

UPDATE public.csv_import_records AS r
SET refused_at = c.updated_at
FROM public.coperniq_records AS c
WHERE c.state = 'rejected' AND r.id = c.csv_import_record_id AND r.coperniq_id IS NULL;

CREATE INDEX idx_csv_imports_parent ON public.csv_imports (parent_import_id) WHERE parent_import_id IS NOT NULL;
CREATE INDEX idx_csv_imports_to_hand_back ON public.csv_imports (contractor_config_id)
WHERE handed_back_at IS NULL OR handed_back_at < updated_at;
CREATE INDEX idx_csv_import_records_corrects ON public.csv_import_records (corrects_record_id)
WHERE corrects_record_id IS NOT NULL;
CREATE INDEX idx_csv_import_records_corrected_by ON public.csv_import_records (corrected_by_id)
WHERE corrected_by_id IS NOT NULL;
CREATE INDEX idx_csv_import_records_open ON public.csv_import_records (csv_import_id, record_number)
WHERE corrected_by_id IS NULL AND (status = 'error' OR refused_at IS NOT NULL);

CREATE VIEW public.open_csv_import_records WITH (security_invoker = true) AS
SELECT
    r.id AS csv_import_record_id,
    r.csv_import_id,
    r.record_number,
    r.record_key,
    r.status,
    r.refused_at,
    i.contractor_config_id AS contractor_id,
    i.coperniq_type
FROM public.csv_import_records AS r
INNER JOIN public.csv_imports AS i ON r.csv_import_id = i.id
WHERE
    r.corrected_by_id IS NULL
    AND (r.status = 'error' OR r.refused_at IS NOT NULL)
    AND r.withdrawn_at IS NULL
    AND r.erased_at IS NULL
    AND i.status NOT IN ('processing', 'rolled_back')
    AND i.source_path IS NOT NULL;

COMMENT ON VIEW public.open_csv_import_records IS
'One row for each row of a file that needs work: an error, or refused by Coperniq for good, and no other row has put it
right or, where the file of a failed import came again, stands in its place. Rows of imports that were rolled back, rows
that a rollback took back and rows that were erased need none, nor do those of an import that is not read to its end,
and what forms brought is corrected in the form.';
COMMENT ON COLUMN public.open_csv_import_records.csv_import_record_id IS 'The row.';
COMMENT ON COLUMN public.open_csv_import_records.csv_import_id IS 'The import that it came with.';
COMMENT ON COLUMN public.open_csv_import_records.record_number IS 'Its number in the file, from 1.';
COMMENT ON COLUMN public.open_csv_import_records.record_key IS 'Its natural key; NULL where it has none.';
COMMENT ON COLUMN public.open_csv_import_records.status IS 'error, or valid or warning where Coperniq refused it.';
COMMENT ON COLUMN public.open_csv_import_records.refused_at IS 'When Coperniq refused it; NULL for an error.';
COMMENT ON COLUMN public.open_csv_import_records.contractor_id IS 'Whose import it is.';
COMMENT ON COLUMN public.open_csv_import_records.coperniq_type IS 'What the import''s rows are.';

REVOKE ALL ON public.open_csv_import_records FROM public, anon, authenticated, service_role;
GRANT SELECT ON public.open_csv_import_records TO authenticated, service_role;

CREATE FUNCTION public.recount_open_records(p_import_ids UUID[]) RETURNS VOID
LANGUAGE sql
SET search_path = ''
AS $$
    UPDATE public.csv_imports AS i
    SET corrected_records = counted.corrected, refused_records = counted.refused
    FROM (
        SELECT
            m.id,
            m.total_records_failed - count(*) FILTER (WHERE o.status = 'error') AS corrected,
            count(*) FILTER (WHERE o.status <> 'error') AS refused
        FROM public.csv_imports AS m
        LEFT JOIN public.open_csv_import_records AS o ON m.id = o.csv_import_id
        WHERE
            m.id = ANY(p_import_ids)
            AND m.source_path IS NOT NULL
            AND m.status NOT IN ('processing', 'rolled_back')
        GROUP BY m.id
    ) AS counted
    WHERE i.id = counted.id AND (i.corrected_records, i.refused_records) <> (counted.corrected, counted.refused);
$$;
COMMENT ON FUNCTION public.recount_open_records(UUID[]) IS
'Counts of imports which rows need work still, and changes those imports alone of which another number does.';

CREATE FUNCTION public.close_held_records(p_record_ids UUID[]) RETURNS VOID
LANGUAGE sql
SET search_path = ''
AS $$
    -- The values of a fix file are as old as the file that its rows came in first.
    WITH RECURSIVE origins AS (
        SELECT
            id,
            created_at
        FROM public.csv_imports
        WHERE
            parent_import_id IS NULL
            AND contractor_config_id IN (
                SELECT i.contractor_config_id
                FROM public.csv_import_records AS r
                INNER JOIN public.csv_imports AS i ON r.csv_import_id = i.id
                WHERE r.id = ANY(p_record_ids)
            )
        UNION ALL
        SELECT
            i.id,
            o.created_at
        FROM origins AS o
        INNER JOIN public.csv_imports AS i ON o.id = i.parent_import_id
    ),

    held AS (
        SELECT DISTINCT ON (o.csv_import_record_id)
            o.csv_import_record_id AS id,
            o.csv_import_id,
            holding.id AS by_id
        FROM public.open_csv_import_records AS o
        INNER JOIN public.coperniq_records AS c
            ON
                o.contractor_id = c.contractor_config_id
                AND o.coperniq_type = c.coperniq_type
                AND o.record_key = c.record_key
        CROSS JOIN LATERAL (
            SELECT
                c.csv_import_record_id AS id,
                c.csv_import_id
            UNION ALL
            SELECT
                r.id,
                r.csv_import_id
            FROM public.csv_import_records AS r
            WHERE r.coperniq_id = c.coperniq_id AND r.status = 'skipped'
        ) AS holding
        INNER JOIN public.csv_imports AS later
            ON
                holding.csv_import_id = later.id
                AND c.contractor_config_id = later.contractor_config_id
                AND c.coperniq_type = later.coperniq_type
        INNER JOIN origins AS own ON o.csv_import_id = own.id
        INNER JOIN origins ON later.id = origins.id
        WHERE
            o.csv_import_record_id = ANY(p_record_ids)
            AND later.status IN ('success', 'partial_success')
            AND origins.created_at > own.created_at
        ORDER BY o.csv_import_record_id, origins.created_at DESC, holding.id
    )

    UPDATE public.csv_import_records AS r
    SET corrected_by_id = held.by_id
    FROM held
    WHERE r.id = held.id AND r.csv_import_id = held.csv_import_id;
$$;
COMMENT ON FUNCTION public.close_held_records(UUID[]) IS
'Closes those of these rows that are open though a later file holds their record: the values that are known of it stand
with a row of that, or one there has them unchanged. Whoever closes counts afterwards.';

CREATE FUNCTION public.reopen_records(p_record_ids UUID[]) RETURNS VOID
LANGUAGE sql
SET search_path = ''
AS $$
    UPDATE public.csv_import_records SET corrected_by_id = NULL WHERE id = ANY(p_record_ids);
    SELECT public.close_held_records(p_record_ids) WHERE p_record_ids <> '{}';
$$;
COMMENT ON FUNCTION public.reopen_records(UUID[]) IS
'Opens rows again whose correction is taken back, but for those whose record a later file holds. Whoever opens counts
afterwards.';

CREATE FUNCTION public.reopen_corrected_records() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_records UUID[];
    v_imports UUID[];
BEGIN
    SELECT array_agg(r.id), array_agg(DISTINCT r.csv_import_id) INTO v_records, v_imports
    FROM public.csv_import_records AS a
    INNER JOIN public.csv_import_records AS r ON a.id = r.corrected_by_id
    WHERE a.csv_import_id = NEW.id;
    IF v_records IS NOT NULL THEN
        PERFORM public.reopen_records(v_records);
        PERFORM public.recount_open_records(v_imports);
    END IF;
    -- The rows of its fix file stand in that of the import before it again.
    UPDATE public.csv_imports SET handed_back_at = 'epoch'
    WHERE id = NEW.parent_import_id AND handed_back_at IS NOT NULL;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.reopen_corrected_records() IS
'Trigger: what an import has put right is open again once the import is rolled back, or fails after all.';

CREATE TRIGGER csv_imports_reopen_corrected_records
AFTER UPDATE OF status ON public.csv_imports
FOR EACH ROW WHEN (OLD.status IN ('success', 'partial_success') AND NEW.status IN ('failed', 'rolled_back'))
EXECUTE FUNCTION public.reopen_corrected_records();

CREATE FUNCTION public.reopen_attempted_records() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    WITH RECURSIVE earlier AS (
        SELECT
            r.id,
            r.corrects_record_id
        FROM public.csv_import_records AS r
        WHERE r.id = NEW.corrects_record_id
        UNION
        SELECT
            r.id,
            r.corrects_record_id
        FROM earlier AS e
        INNER JOIN public.csv_import_records AS r ON e.corrects_record_id = r.id
    )

    UPDATE public.csv_import_records AS r
    SET corrected_by_id = NULL
    FROM earlier AS e
    WHERE r.id = e.id AND r.corrected_by_id = NEW.id;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.reopen_attempted_records() IS
'Trigger: an attempt that Coperniq refuses has put nothing right; the rows that it is an attempt at need work again.
Whoever writes refusals counts them afterwards.';

CREATE TRIGGER csv_import_records_reopen_attempted
AFTER UPDATE OF refused_at ON public.csv_import_records
FOR EACH ROW WHEN (NEW.refused_at IS NOT NULL AND NEW.corrects_record_id IS NOT NULL)
EXECUTE FUNCTION public.reopen_attempted_records();

CREATE FUNCTION public.record_attempts(p_record_id UUID) RETURNS TABLE (
    attempt BIGINT,
    csv_import_record_id UUID,
    corrects_record_id UUID,
    corrected_by_id UUID,
    csv_import_id UUID,
    import_name TEXT,
    record_number INTEGER,
    status public.CSV_RECORD_STATUS,
    error_message TEXT,
    coperniq_id TEXT,
    processed_at TIMESTAMPTZ
)
LANGUAGE sql STABLE
SET search_path = ''
AS $$
    WITH RECURSIVE earlier AS (
        SELECT
            r.id,
            r.corrects_record_id
        FROM public.csv_import_records AS r
        WHERE r.id = p_record_id
        UNION
        SELECT
            r.id,
            r.corrects_record_id
        FROM earlier AS e
        INNER JOIN public.csv_import_records AS r ON e.corrects_record_id = r.id
    ),

    attempts AS (
        SELECT e.id FROM earlier AS e
        UNION
        SELECT r.id
        FROM attempts AS a
        INNER JOIN public.csv_import_records AS r ON a.id = r.corrects_record_id
    )

    SELECT
        row_number() OVER (ORDER BY i.created_at, i.id, r.record_number),
        r.id,
        r.corrects_record_id,
        r.corrected_by_id,
        i.id,
        i.import_name,
        r.record_number,
        r.status,
        r.error_message,
        r.coperniq_id,
        r.processed_at
    FROM attempts AS a
    INNER JOIN public.csv_import_records AS r ON a.id = r.id
    INNER JOIN public.csv_imports AS i ON r.csv_import_id = i.id
    ORDER BY 1;
$$;
COMMENT ON FUNCTION public.record_attempts(UUID) IS
'Every attempt at a row, in order: the row as it came first, and what fix files and replays made of it since. Any of
them may be asked for.';

REVOKE ALL ON FUNCTION
public.recount_open_records(UUID[]), public.close_held_records(UUID[]), public.reopen_records(UUID[]),
public.reopen_corrected_records(), public.reopen_attempted_records(), public.record_attempts(UUID)
FROM public, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION public.record_attempts(UUID) TO authenticated, service_role;
GRANT EXECUTE ON FUNCTION
public.recount_open_records(UUID[]), public.close_held_records(UUID[]), public.reopen_records(UUID[])
TO service_role;

-- What later exports have put right before.
SELECT public.close_held_records(array_agg(csv_import_record_id)) FROM public.open_csv_import_records;

SELECT public.recount_open_records(array_agg(id)) FROM public.csv_imports;

CREATE OR REPLACE VIEW public.csv_import_summary WITH (security_invoker = true) AS
SELECT
    i.id AS csv_import_id,
    i.contractor_config_id AS contractor_id,
    c.contractor_name,
    i.import_name,
    i.coperniq_type,
    i.status,
    i.total_records_attempted,
    i.total_records_success,
    i.total_records_failed,
    (100.0 * i.total_records_success / nullif(i.total_records_attempted, 0))::numeric(5, 2) AS success_rate,
    i.duration_seconds,
    i.coperniq_sync_status,
    i.coperniq_transaction_id,
    i.error_summary,
    i.file_size_bytes,
    i.file_hash,
    i.imported_by,
    i.created_at,
    i.started_at,
    i.completed_at,
    i.parent_import_id,
    CASE
        WHEN i.status = 'rolled_back' OR i.source_path IS NULL THEN 0
        ELSE i.total_records_failed - i.corrected_records + i.refused_records
    END AS open_records
FROM public.csv_imports AS i
INNER JOIN public.mep_contractor_configs AS c ON i.contractor_config_id = c.id;
COMMENT ON COLUMN public.csv_import_summary.parent_import_id IS
'The import at whose rows those of this one are another attempt, of its fix file or a replay; NULL for any other.';
COMMENT ON COLUMN public.csv_import_summary.open_records IS
'Number of rows of a file that need work, errors and what Coperniq refused, and that no other attempt, no later '
'export and no second import of the file has put right or taken over; 0 for an import of forms, and once it is '
'rolled back.';

-- Down Migration
-- -- The views that dbt built on these go with them; the one that a migration made before is again as it was.
-- DROP TRIGGER csv_import_records_reopen_attempted ON public.csv_import_records;
-- DROP TRIGGER csv_imports_reopen_corrected_records ON public.csv_imports;
-- DROP FUNCTION
-- public.record_attempts(UUID), public.reopen_attempted_records(), public.reopen_corrected_records(),
-- public.reopen_records(UUID[]), public.close_held_records(UUID[]), public.recount_open_records(UUID[]);
-- DROP VIEW public.open_csv_import_records CASCADE;
-- ALTER TABLE public.coperniq_records DROP COLUMN former_names;
-- ALTER TABLE public.csv_import_records
--     DROP COLUMN withdrawn_at CASCADE, DROP COLUMN refused_at CASCADE, DROP COLUMN corrected_by_id CASCADE,
--     DROP COLUMN corrects_record_id CASCADE;
-- ALTER TABLE public.csv_imports
--     DROP CONSTRAINT csv_imports_not_its_own_parent, DROP CONSTRAINT csv_imports_open_counts,
--     DROP COLUMN handed_back_at, DROP COLUMN refused_records CASCADE, DROP COLUMN corrected_records CASCADE,
--     DROP COLUMN parent_import_id CASCADE;
--
-- CREATE VIEW public.csv_import_summary WITH (security_invoker = true) AS
-- SELECT
--     i.id AS csv_import_id,
--     i.contractor_config_id AS contractor_id,
--     c.contractor_name,
--     i.import_name,
--     i.coperniq_type,
--     i.status,
--     i.total_records_attempted,
--     i.total_records_success,
--     i.total_records_failed,
--     (100.0 * i.total_records_success / nullif(i.total_records_attempted, 0))::numeric(5, 2) AS success_rate,
--     i.duration_seconds,
--     i.coperniq_sync_status,
--     i.coperniq_transaction_id,
--     i.error_summary,
--     i.file_size_bytes,
--     i.file_hash,
--     i.imported_by,
--     i.created_at,
--     i.started_at,
--     i.completed_at
-- FROM public.csv_imports AS i
-- INNER JOIN public.mep_contractor_configs AS c ON i.contractor_config_id = c.id;
-- COMMENT ON VIEW public.csv_import_summary IS 'One row for each import, with its contractor.';
-- COMMENT ON COLUMN public.csv_import_summary.success_rate IS
-- 'Per cent of the attempted records that are sendable, 0.00 to 100.00; NULL when nothing was attempted.';
-- REVOKE ALL ON public.csv_import_summary FROM public, anon, authenticated, service_role;
-- GRANT SELECT ON public.csv_import_summary TO authenticated, service_role;
