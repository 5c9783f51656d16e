-- Operations on what was sent: where Coperniq and the pipeline disagree, and which import made a record, so that it can
-- be undone.

CREATE TABLE public.coperniq_findings (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    contractor_config_id UUID NOT NULL REFERENCES public.mep_contractor_configs (id) ON DELETE CASCADE,
    coperniq_type TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('missing', 'changed', 'unknown')),
    coperniq_id TEXT NOT NULL,
    record_id UUID REFERENCES public.coperniq_records (id) ON DELETE SET NULL,
    fields TEXT[],
    found_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    confirmed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    resolved_at TIMESTAMPTZ,
    CHECK ((kind = 'changed') = (fields IS NOT NULL))
);

COMMENT ON TABLE public.coperniq_findings IS
'Where a comparison of Coperniq with coperniq_records found them to disagree; current while resolved_at is NULL.';
COMMENT ON COLUMN public.coperniq_findings.kind IS
'missing: believed to be in Coperniq, and not there. changed: there with other values than were sent. '
'unknown: in the company, and known to no contractor''s pipeline.';
COMMENT ON COLUMN public.coperniq_findings.record_id IS 'The row of coperniq_records; NULL for what is unknown.';
COMMENT ON COLUMN public.coperniq_findings.fields IS 'Names of the fields that differ; their values stay in Coperniq.';
COMMENT ON COLUMN public.coperniq_findings.found_at IS 'When it was found first.';
COMMENT ON COLUMN public.coperniq_findings.confirmed_at IS 'When it was found last.';
COMMENT ON COLUMN public.coperniq_findings.resolved_at IS 'When a comparison did not find it any more.';

CREATE UNIQUE INDEX coperniq_findings_one_current ON public.coperniq_findings (
    contractor_config_id, coperniq_type, coperniq_id, kind
) WHERE resolved_at IS NULL;
CREATE INDEX idx_coperniq_findings_contractor ON public.coperniq_findings (contractor_config_id, coperniq_type);
CREATE INDEX idx_coperniq_findings_record ON public.coperniq_findings (record_id);

CREATE TABLE public.coperniq_seen (
    check_id UUID NOT NULL,
    record_id UUID NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (check_id, record_id)
);

COMMENT ON TABLE public.coperniq_seen IS
'Records that a comparison under way has come across in Coperniq; empty while there is none.';

ALTER TABLE public.coperniq_findings ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.coperniq_seen ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.coperniq_findings, public.coperniq_seen FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.coperniq_findings, public.coperniq_seen TO service_role;

CREATE POLICY coperniq_findings_service ON public.coperniq_findings
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY coperniq_seen_service ON public.coperniq_seen
FOR ALL TO service_role USING (true) WITH CHECK (true);

ALTER TABLE public.coperniq_records ADD COLUMN created_by_import_id UUID;

COMMENT ON COLUMN public.coperniq_records.created_by_import_id IS
'The import whose row created the record in Coperniq; NULL where it was there before.';

-- A record that was entered with a row has that row's id, and its first lineage is of its creation.
UPDATE public.coperniq_records AS c
SET created_by_import_id = first_sent.csv_import_id
FROM (
    SELECT DISTINCT ON (l.coperniq_entity_type, l.coperniq_entity_id)
        l.coperniq_entity_type,
        l.coperniq_entity_id,
        r.csv_import_id
    FROM public.data_lineage AS l
    INNER JOIN public.csv_import_records AS r ON l.csv_import_record_id = r.id
    ORDER BY l.coperniq_entity_type, l.coperniq_entity_id, l.created_at
) AS first_sent
WHERE
    c.coperniq_type = first_sent.coperniq_entity_type
    AND c.coperniq_id = first_sent.coperniq_entity_id
    AND EXISTS (SELECT FROM public.csv_import_records AS r WHERE r.id = c.id);

ALTER TABLE public.data_lineage ADD COLUMN deleted_at TIMESTAMPTZ;

COMMENT ON COLUMN public.data_lineage.deleted_at IS 'When a rollback deleted the record from Coperniq; else NULL.';

-- A file whose import was rolled back may come again, and the records of that import stay as final as they were.
DROP INDEX public.csv_imports_one_per_file;
CREATE UNIQUE INDEX csv_imports_one_per_file
ON public.csv_imports (contractor_config_id, coperniq_type, file_hash)
WHERE status NOT IN ('failed', 'rolled_back');
COMMENT ON INDEX public.csv_imports_one_per_file IS
'The same file again is refused, unless its import failed or was rolled back.';

CREATE OR REPLACE FUNCTION public.create_csv_import(
    p_contractor_id UUID,
    p_import_name TEXT,
    p_coperniq_type TEXT,
    p_imported_by TEXT DEFAULT NULL,
    p_file_size_bytes INTEGER DEFAULT NULL,
    p_file_hash TEXT DEFAULT NULL
) RETURNS UUID
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
    v_id UUID;
    v_constraint TEXT;
BEGIN
    PERFORM public.require_contractor(p_contractor_id);
    INSERT INTO public.csv_imports (
        contractor_config_id, import_name, coperniq_type, imported_by, file_size_bytes, file_hash
    ) VALUES (
        p_contractor_id,
        p_import_name,
        p_coperniq_type,
        coalesce(p_imported_by, public.current_contractor_email()),
        p_file_size_bytes,
        p_file_hash
    ) RETURNING id INTO v_id;
    RETURN v_id;
EXCEPTION
    WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
        IF v_constraint <> 'csv_imports_one_per_file' THEN
            RAISE;
        END IF;
        SELECT i.id INTO v_id
        FROM public.csv_imports AS i
        WHERE i.contractor_config_id = p_contractor_id
            AND i.coperniq_type = p_coperniq_type
            AND i.file_hash = p_file_hash
            AND i.status NOT IN ('failed', 'rolled_back');
        RAISE unique_violation USING
            CONSTRAINT = v_constraint,
            MESSAGE = format(
                'File %s was imported already as %s: see import %s. It may come again once that import failed or was rolled back.',
                p_import_name, p_coperniq_type, coalesce(v_id::text, 'in progress')
            );
END;
$$;

CREATE OR REPLACE FUNCTION public.keep_final_records() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_imports UUID[];
    v_final RECORD;
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN
            SELECT array_agg(DISTINCT a.csv_import_id) INTO v_imports FROM after AS a;
        WHEN 'DELETE' THEN
            SELECT array_agg(DISTINCT b.csv_import_id) INTO v_imports FROM before AS b;
        WHEN 'UPDATE' THEN
            SELECT array_agg(DISTINCT touched.csv_import_id) INTO v_imports
            FROM before AS b
            FULL JOIN after AS a ON b.id = a.id
            CROSS JOIN LATERAL (VALUES (b.csv_import_id), (a.csv_import_id)) AS touched (csv_import_id)
            WHERE (b.csv_import_id, b.status) IS DISTINCT FROM (a.csv_import_id, a.status);
    END CASE;
    IF v_imports IS NULL THEN
        RETURN NULL;
    END IF;

    -- Waits for whoever is about to finish the import, and makes later ones wait until this transaction ends. The
    -- status is read after that, by a statement of its own. An import that is deleted with its records is gone.
    PERFORM 1 FROM public.csv_imports AS i WHERE i.id = ANY(v_imports) FOR KEY SHARE;
    SELECT i.id, i.status INTO v_final
    FROM public.csv_imports AS i
    WHERE i.id = ANY(v_imports) AND i.status IN ('success', 'partial_success', 'rolled_back')
    LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING MESSAGE = format(
            'Import %s is %s, which is final: its records do not come, go or change their status.',
            v_final.id, v_final.status
        );
    END IF;
    RETURN NULL;
END;
$$;

-- Down Migration
-- -- What was rolled back counts as failed.
-- UPDATE public.csv_imports SET status = 'failed' WHERE status = 'rolled_back';
-- CREATE OR REPLACE FUNCTION public.keep_final_records() RETURNS TRIGGER
-- LANGUAGE plpgsql
-- SET search_path = ''
-- AS $$
-- DECLARE
--     v_imports UUID[];
--     v_final RECORD;
-- BEGIN
--     CASE TG_OP
--         WHEN 'INSERT' THEN
--             SELECT array_agg(DISTINCT a.csv_import_id) INTO v_imports FROM after AS a;
--         WHEN 'DELETE' THEN
--             SELECT array_agg(DISTINCT b.csv_import_id) INTO v_imports FROM before AS b;
--         WHEN 'UPDATE' THEN
--             SELECT array_agg(DISTINCT touched.csv_import_id) INTO v_imports
--             FROM before AS b
--             FULL JOIN after AS a ON b.id = a.id
--             CROSS JOIN LATERAL (VALUES (b.csv_import_id), (a.csv_import_id)) AS touched (csv_import_id)
--             WHERE (b.csv_import_id, b.status) IS DISTINCT FROM (a.csv_import_id, a.status);
--     END CASE;
--     IF v_imports IS NULL THEN
--         RETURN NULL;
--     END IF;
--
--     -- Waits for whoever is about to finish the import, and makes later ones wait until this transaction ends. The
--     -- status is read after that, by a statement of its own. An import that is deleted with its records is gone.
--     PERFORM 1 FROM public.csv_imports AS i WHERE i.id = ANY(v_imports) FOR KEY SHARE;
--     SELECT i.id, i.status INTO v_final
--     FROM public.csv_imports AS i
--     WHERE i.id = ANY(v_imports) AND i.status IN ('success', 'partial_success')
--     LIMIT 1;
--     IF FOUND THEN
--         RAISE check_violation USING MESSAGE = format(
--             'Import %s is %s, which is final: its records do not come, go or change their status.',
--             v_final.id, v_final.status
--         );
--     END IF;
--     RETURN NULL;
-- END;
-- $$;
-- CREATE OR REPLACE FUNCTION public.create_csv_import(
--     p_contractor_id UUID,
--     p_import_name TEXT,
--     p_coperniq_type TEXT,
--     p_imported_by TEXT DEFAULT NULL,
--     p_file_size_bytes INTEGER DEFAULT NULL,
--     p_file_hash TEXT DEFAULT NULL
-- ) RETURNS UUID
-- LANGUAGE plpgsql SECURITY DEFINER
-- SET search_path = ''
-- AS $$
-- DECLARE
--     v_id UUID;
--     v_constraint TEXT;
-- BEGIN
--     PERFORM public.require_contractor(p_contractor_id);
--     INSERT INTO public.csv_imports (
--         contractor_config_id, import_name, coperniq_type, imported_by, file_size_bytes, file_hash
--     ) VALUES (
--         p_contractor_id,
--         p_import_name,
--         p_coperniq_type,
--         coalesce(p_imported_by, public.current_contractor_email()),
--         p_file_size_bytes,
--         p_file_hash
--     ) RETURNING id INTO v_id;
--     RETURN v_id;
-- EXCEPTION
--     WHEN unique_violation THEN
--         GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
--         IF v_constraint <> 'csv_imports_one_per_file' THEN
--             RAISE;
--         END IF;
--         SELECT i.id INTO v_id
--         FROM public.csv_imports AS i
--         WHERE i.contractor_config_id = p_contractor_id
--             AND i.coperniq_type = p_coperniq_type
--             AND i.file_hash = p_file_hash
--             AND i.status <> 'failed';
--         RAISE unique_violation USING
--             CONSTRAINT = v_constraint,
--             MESSAGE = format(
--                 'File %s was imported already as %s: see import %s. It may come again once that import failed.',
--                 p_import_name, p_coperniq_type, coalesce(v_id::text, 'in progress')
--             );
-- END;
-- $$;
-- DROP INDEX public.csv_imports_one_per_file;
-- CREATE UNIQUE INDEX csv_imports_one_per_file
-- ON public.csv_imports (contractor_config_id, coperniq_type, file_hash)
-- WHERE status <> 'failed';
-- COMMENT ON INDEX public.csv_imports_one_per_file IS 'The same file again is refused, unless its import failed.';
-- ALTER TABLE public.data_lineage DROP COLUMN deleted_at;
-- ALTER TABLE public.coperniq_records DROP COLUMN created_by_import_id;
-- DROP TABLE public.coperniq_seen;
-- DROP TABLE public.coperniq_findings;
