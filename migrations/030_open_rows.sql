-- Open rows: one rule for which rows of imports need work, whoever asks for it; and what opens a row again that was put
-- right.

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
    AND i.status NOT IN ('processing', 'rolled_back')
    AND i.source_path IS NOT NULL;

COMMENT ON VIEW public.open_csv_import_records IS
'One row for each row of a file that needs work: an error, or refused by Coperniq for good, and no other row has put it
right. Rows of imports that were rolled back need none, nor do those of one that is not read to its end, and what forms
brought is corrected in the form.';
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

COMMENT ON COLUMN public.csv_imports.corrected_records IS
'Rows of status error that need no work any more: an attempt of a fix file or a later export has put them right.';
COMMENT ON COLUMN public.csv_imports.refused_records IS
'Sendable rows that Coperniq has refused for good and that need work still (open_csv_import_records).';
COMMENT ON COLUMN public.csv_import_records.corrected_by_id IS
'The row that put this one right, an attempt of a fix file or a row of a later export that is the same record; NULL for
a row that needs no work, and for one that still does.';

CREATE OR REPLACE FUNCTION public.recount_open_records(p_import_ids UUID[]) RETURNS VOID
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

CREATE OR REPLACE FUNCTION public.reopen_corrected_records() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_imports UUID[];
BEGIN
    WITH reopened AS (
        UPDATE public.csv_import_records AS r
        SET corrected_by_id = NULL
        FROM public.csv_import_records AS a
        WHERE a.csv_import_id = NEW.id AND r.corrected_by_id = a.id
        RETURNING r.csv_import_id
    )

    SELECT array_agg(DISTINCT reopened.csv_import_id) INTO v_imports FROM reopened;
    IF v_imports IS NOT NULL THEN
        PERFORM public.recount_open_records(v_imports);
    END IF;
    -- The rows of its fix file stand in that of the import before it again.
    UPDATE public.csv_imports SET handed_back_at = NULL WHERE id = NEW.parent_import_id;
    RETURN NULL;
END;
$$;

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

REVOKE ALL ON FUNCTION public.reopen_attempted_records() FROM public, anon, authenticated, service_role;

-- What later exports have put right before: what is known of a record stands with a later row.
UPDATE public.csv_import_records AS r
SET corrected_by_id = c.csv_import_record_id
FROM public.open_csv_import_records AS o
INNER JOIN public.csv_imports AS i ON o.csv_import_id = i.id
INNER JOIN public.coperniq_records AS c
    ON o.contractor_id = c.contractor_config_id AND o.coperniq_type = c.coperniq_type AND o.record_key = c.record_key
INNER JOIN public.csv_imports AS later ON c.csv_import_id = later.id
WHERE
    r.id = o.csv_import_record_id
    AND r.csv_import_id = o.csv_import_id
    AND later.parent_import_id IS NULL
    AND later.created_at > i.created_at
    AND later.id <> i.id;

-- What Coperniq refused of attempts before.
UPDATE public.csv_import_records SET refused_at = refused_at
WHERE refused_at IS NOT NULL AND corrects_record_id IS NOT NULL AND corrected_by_id IS NULL;

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
COMMENT ON COLUMN public.csv_import_summary.open_records IS
'Number of rows of a file that need work, errors and what Coperniq refused, and that no attempt of a fix file '
'and no later export has put right; 0 for an import of forms, and once it is rolled back.';

-- Down Migration
-- -- The view of summaries is as it was before, but for the words of its column.
-- DROP TRIGGER csv_import_records_reopen_attempted ON public.csv_import_records;
-- DROP FUNCTION public.reopen_attempted_records();
--
-- CREATE OR REPLACE FUNCTION public.reopen_corrected_records() RETURNS TRIGGER
-- LANGUAGE plpgsql
-- SET search_path = ''
-- AS $$
-- DECLARE
--     v_imports UUID[];
-- BEGIN
--     WITH reopened AS (
--         UPDATE public.csv_import_records AS r
--         SET corrected_by_id = NULL
--         FROM public.csv_import_records AS a
--         WHERE a.csv_import_id = NEW.id AND a.corrects_record_id IS NOT NULL AND r.corrected_by_id = a.id
--         RETURNING r.csv_import_id
--     )
--
--     SELECT array_agg(DISTINCT reopened.csv_import_id) INTO v_imports FROM reopened;
--     IF v_imports IS NOT NULL THEN
--         PERFORM public.recount_open_records(v_imports);
--     END IF;
--     RETURN NULL;
-- END;
-- $$;
--
-- CREATE OR REPLACE FUNCTION public.recount_open_records(p_import_ids UUID[]) RETURNS VOID
-- LANGUAGE sql
-- SET search_path = ''
-- AS $$
--     UPDATE public.csv_imports AS i
--     SET
--         corrected_records = (
--             SELECT count(*)
--             FROM public.csv_import_records AS r
--             WHERE r.csv_import_id = i.id AND r.status = 'error' AND r.corrected_by_id IS NOT NULL
--         ),
--         refused_records = (
--             SELECT count(*)
--             FROM public.coperniq_records AS c
--             INNER JOIN public.csv_import_records AS r ON c.csv_import_record_id = r.id
--             WHERE c.csv_import_id = i.id AND c.state = 'rejected' AND r.corrected_by_id IS NULL
--         )
--     WHERE i.id = ANY(p_import_ids);
-- $$;
-- COMMENT ON FUNCTION public.recount_open_records(UUID[]) IS
-- 'Counts of imports which rows attempts have put right, and which ones Coperniq has refused.';
-- COMMENT ON COLUMN public.csv_imports.corrected_records IS
-- 'Rows of status error that an attempt of a later fix file has put right.';
-- COMMENT ON COLUMN public.csv_imports.refused_records IS
-- 'Sendable rows that Coperniq has refused for good, and that no attempt of a later fix file has put right.';
-- COMMENT ON COLUMN public.csv_import_records.corrected_by_id IS
-- 'The attempt that put this row right; NULL for a row that needs no work, and for one that still does.';
--
-- CREATE OR REPLACE VIEW public.csv_import_summary WITH (security_invoker = true) AS
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
--     i.completed_at,
--     i.parent_import_id,
--     CASE
--         WHEN i.status = 'rolled_back' THEN 0
--         ELSE i.total_records_failed - i.corrected_records + i.refused_records
--     END AS open_records
-- FROM public.csv_imports AS i
-- INNER JOIN public.mep_contractor_configs AS c ON i.contractor_config_id = c.id;
-- COMMENT ON COLUMN public.csv_import_summary.open_records IS
-- 'Number of rows that need work, errors and what Coperniq refused, and that no attempt of a fix file has put right; '
-- '0 once it is rolled back.';
--
-- DROP VIEW public.open_csv_import_records;
-- DROP INDEX public.idx_csv_import_records_open;
