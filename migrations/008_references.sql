-- References: the names of a record stand in its row, and coperniq_record_names only says where a name stands. Nobody
-- but the triggers writes it, so a million records are entered without a million checks of what cannot be otherwise.

ALTER TABLE public.coperniq_records ADD COLUMN names TEXT[] NOT NULL DEFAULT '{}';

COMMENT ON COLUMN public.coperniq_records.names IS
'Every name by which the record may be referred to, normalised, without doubles. They only grow.';

UPDATE public.coperniq_records AS c
SET names = known.names
FROM (
    SELECT
        record_id,
        array_agg(name ORDER BY name) AS names
    FROM public.coperniq_record_names
    GROUP BY record_id
) AS known
WHERE c.id = known.record_id;

DROP TABLE public.coperniq_record_names;

CREATE TABLE public.coperniq_record_names (
    name_hash BIGINT NOT NULL,
    record_id UUID NOT NULL,
    PRIMARY KEY (name_hash, record_id)
);

COMMENT ON TABLE public.coperniq_record_names IS
'Where to look for a name: a hint, proved by coperniq_records.names. A name of two records is ambiguous.';
COMMENT ON COLUMN public.coperniq_record_names.name_hash IS
'hashtextextended(name, hashtextextended(coperniq_type, uuid_hash_extended(contractor_config_id, 0))).';

CREATE FUNCTION public.list_coperniq_names() RETURNS TRIGGER
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
    -- In the order of the hashes: the index grows at one place at a time, however many records come.
    CASE TG_OP
        WHEN 'INSERT' THEN
            INSERT INTO public.coperniq_record_names (name_hash, record_id)
            SELECT DISTINCT
                hashtextextended(
                    given.name, hashtextextended(a.coperniq_type, uuid_hash_extended(a.contractor_config_id, 0))
                ) AS name_hash,
                a.id
            FROM after AS a
            CROSS JOIN LATERAL unnest(a.names) AS given (name)
            ORDER BY name_hash, a.id;
        WHEN 'UPDATE' THEN
            INSERT INTO public.coperniq_record_names (name_hash, record_id)
            SELECT
                hashtextextended(
                    given.name, hashtextextended(NEW.coperniq_type, uuid_hash_extended(NEW.contractor_config_id, 0))
                ) AS name_hash,
                NEW.id
            FROM unnest(NEW.names) AS given (name)
            ON CONFLICT DO NOTHING;
        WHEN 'DELETE' THEN
            DELETE FROM public.coperniq_record_names AS n
            USING before AS b CROSS JOIN LATERAL unnest(b.names) AS given (name)
            WHERE
                n.record_id = b.id
                AND n.name_hash = hashtextextended(
                    given.name, hashtextextended(b.coperniq_type, uuid_hash_extended(b.contractor_config_id, 0))
                );
    END CASE;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.list_coperniq_names() IS
'Trigger: whatever a record is called, coperniq_record_names leads to it. Once for a statement in which records come or
go, however many.';

CREATE TRIGGER coperniq_records_list_names_on_insert
AFTER INSERT ON public.coperniq_records
REFERENCING NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION public.list_coperniq_names();

CREATE TRIGGER coperniq_records_list_names_on_update
AFTER UPDATE OF names ON public.coperniq_records
FOR EACH ROW WHEN (NEW.names <> OLD.names)
EXECUTE FUNCTION public.list_coperniq_names();

CREATE TRIGGER coperniq_records_list_names_on_delete
AFTER DELETE ON public.coperniq_records
REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION public.list_coperniq_names();

INSERT INTO public.coperniq_record_names (name_hash, record_id)
SELECT DISTINCT
    hashtextextended(
        given.name, hashtextextended(c.coperniq_type, uuid_hash_extended(c.contractor_config_id, 0))
    ) AS name_hash,
    c.id
FROM public.coperniq_records AS c
CROSS JOIN LATERAL unnest(c.names) AS given (name);

-- The rows of an import come and go with it (keep_final_records), so the reference to the import speaks for its row.
ALTER TABLE public.coperniq_records DROP CONSTRAINT coperniq_records_csv_import_record_id_fkey;

CREATE FUNCTION public.forget_coperniq_row() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    NEW.csv_import_record_id := NULL;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.forget_coperniq_row() IS 'Trigger: a record whose import was deleted has no row any more.';

CREATE TRIGGER coperniq_records_forget_row
BEFORE UPDATE OF csv_import_id ON public.coperniq_records
FOR EACH ROW WHEN (NEW.csv_import_id IS NULL AND NEW.csv_import_record_id IS NOT NULL)
EXECUTE FUNCTION public.forget_coperniq_row();

-- Nobody looks a record up by its row, and only records that have an id by it.
DROP INDEX public.idx_coperniq_records_row;
DROP INDEX public.idx_coperniq_records_coperniq_id;
CREATE INDEX idx_coperniq_records_coperniq_id
ON public.coperniq_records (coperniq_type, coperniq_id) WHERE coperniq_id IS NOT NULL;

ALTER TABLE public.coperniq_record_names ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.coperniq_record_names FROM public, anon, authenticated, service_role;
GRANT SELECT ON public.coperniq_record_names TO service_role;
REVOKE ALL ON FUNCTION public.list_coperniq_names(), public.forget_coperniq_row()
FROM public, anon, authenticated, service_role;

CREATE POLICY coperniq_record_names_service ON public.coperniq_record_names
FOR SELECT TO service_role USING (true);

-- Down Migration
-- DROP INDEX public.idx_coperniq_records_coperniq_id;
-- CREATE INDEX idx_coperniq_records_coperniq_id ON public.coperniq_records (coperniq_type, coperniq_id);
-- CREATE INDEX idx_coperniq_records_row ON public.coperniq_records (csv_import_record_id);
-- DROP TRIGGER coperniq_records_forget_row ON public.coperniq_records;
-- DROP FUNCTION public.forget_coperniq_row();
-- ALTER TABLE public.coperniq_records
-- ADD CONSTRAINT coperniq_records_csv_import_record_id_fkey
-- FOREIGN KEY (csv_import_record_id) REFERENCES public.csv_import_records (id) ON DELETE SET NULL;
-- DROP TRIGGER coperniq_records_list_names_on_insert ON public.coperniq_records;
-- DROP TRIGGER coperniq_records_list_names_on_update ON public.coperniq_records;
-- DROP TRIGGER coperniq_records_list_names_on_delete ON public.coperniq_records;
-- DROP FUNCTION public.list_coperniq_names();
-- DROP TABLE public.coperniq_record_names;
-- CREATE TABLE public.coperniq_record_names (
--     contractor_config_id UUID NOT NULL,
--     coperniq_type TEXT NOT NULL,
--     name TEXT NOT NULL,
--     record_id UUID NOT NULL REFERENCES public.coperniq_records (id) ON DELETE CASCADE,
--     PRIMARY KEY (contractor_config_id, coperniq_type, name, record_id)
-- );
-- COMMENT ON TABLE public.coperniq_record_names IS
-- 'Every name by which a record may be referred to. A name of two records is ambiguous.';
-- CREATE INDEX idx_coperniq_record_names_record ON public.coperniq_record_names (record_id);
-- INSERT INTO public.coperniq_record_names (contractor_config_id, coperniq_type, name, record_id)
-- SELECT DISTINCT
--     c.contractor_config_id,
--     c.coperniq_type,
--     given.name,
--     c.id
-- FROM public.coperniq_records AS c
-- CROSS JOIN LATERAL unnest(c.names) AS given (name);
-- ALTER TABLE public.coperniq_record_names ENABLE ROW LEVEL SECURITY;
-- REVOKE ALL ON public.coperniq_record_names FROM public, anon, authenticated, service_role;
-- GRANT SELECT, INSERT, UPDATE, DELETE ON public.coperniq_record_names TO service_role;
-- CREATE POLICY coperniq_record_names_service ON public.coperniq_record_names
-- FOR ALL TO service_role USING (true) WITH CHECK (true);
-- ALTER TABLE public.coperniq_records DROP COLUMN names;
