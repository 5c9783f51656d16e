-- Delivery to Coperniq: what is sent for a row, and the one table that says, for each contractor, type and natural key,
-- what is in Coperniq and what is on its way there. Nothing here is for contractors: only the service role reads it.

ALTER TABLE public.mep_contractor_configs
ADD COLUMN slug TEXT UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$');

COMMENT ON COLUMN public.mep_contractor_configs.slug IS
'Names the contractor''s folder in the inbox and its partition in Dagster; NULL until the pipeline serves it.';

-- A file whose name fits no type is registered as failed, with the reason.
ALTER TABLE public.csv_imports
ADD COLUMN source_path TEXT,
ALTER COLUMN coperniq_type DROP NOT NULL,
ADD CONSTRAINT csv_imports_type_known CHECK (coperniq_type IS NOT NULL OR status = 'failed');

COMMENT ON COLUMN public.csv_imports.source_path IS
'Where the file was found: relative to the inbox, or absolute. An interrupted import is read again from there.';

ALTER TABLE public.csv_import_records
ADD COLUMN mapped_data JSONB,
ADD COLUMN names TEXT[],
ADD COLUMN parent_keys JSONB;

COMMENT ON COLUMN public.csv_import_records.mapped_data IS
'What is sent, by Coperniq field name; references as the file has them. NULL where nothing is sent.';
COMMENT ON COLUMN public.csv_import_records.names IS
'Normalised names by which other rows may refer to this record, such as a contact''s e-mails, phones and name.';
COMMENT ON COLUMN public.csv_import_records.parent_keys IS
'The row''s references: {field: the parent''s name, normalised}. NULL for a type without parents.';

CREATE TYPE public.delivery_state AS ENUM ('waiting', 'ready', 'in_flight', 'unknown', 'synced', 'rejected');

COMMENT ON TYPE public.delivery_state IS
'waiting: for its parents to be in Coperniq. ready: to be sent. in_flight: its request may have left. '
'unknown: whether it was carried out could not be settled. synced: Coperniq has it. rejected: Coperniq refused it.';

CREATE TABLE public.coperniq_records (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    contractor_config_id UUID NOT NULL REFERENCES public.mep_contractor_configs (id) ON DELETE CASCADE,
    coperniq_type TEXT NOT NULL,
    record_key TEXT NOT NULL,
    state public.delivery_state NOT NULL DEFAULT 'waiting',
    coperniq_id TEXT,
    csv_import_id UUID REFERENCES public.csv_imports (id) ON DELETE SET NULL,
    csv_import_record_id UUID REFERENCES public.csv_import_records (id) ON DELETE SET NULL,
    record_number INTEGER,
    parent_keys JSONB,
    parent_ids JSONB NOT NULL DEFAULT '{}',
    waiting_for TEXT,
    claim_id UUID,
    claimed_at TIMESTAMPTZ,
    claimed_record_id UUID,
    claim_logged BOOLEAN NOT NULL DEFAULT false,
    sent_data JSONB,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (contractor_config_id, coperniq_type, record_key),
    CHECK ((state IN ('in_flight', 'unknown')) = (claim_id IS NOT NULL)),
    CHECK (state <> 'synced' OR coperniq_id IS NOT NULL)
);

COMMENT ON TABLE public.coperniq_records IS
'Current state of every record that the pipeline knows, by contractor, type and natural key; history is data_lineage.';
COMMENT ON COLUMN public.coperniq_records.record_key IS
'The natural key, in which a reference to a known parent is replaced by that parent''s own key.';
COMMENT ON COLUMN public.coperniq_records.csv_import_record_id IS
'The row whose values are to be in Coperniq: the latest with this key.';
COMMENT ON COLUMN public.coperniq_records.parent_ids IS 'Coperniq ids of the parents, by field, once they are known.';
COMMENT ON COLUMN public.coperniq_records.claim_id IS
'Written before a request leaves: the claim that may write its outcome. A later claim takes the right away.';
COMMENT ON COLUMN public.coperniq_records.claimed_record_id IS 'The row whose values the claim sends.';
COMMENT ON COLUMN public.coperniq_records.claim_logged IS
'Whether coperniq_sync_log says what came of the claim''s request; if not, the run that made it died.';
COMMENT ON COLUMN public.coperniq_records.sent_data IS 'mapped_data as Coperniq accepted it last.';

-- What is left to do for a contractor and type; small however much has been sent.
CREATE INDEX idx_coperniq_records_open ON public.coperniq_records (
    contractor_config_id, coperniq_type, state, csv_import_id, record_number
) WHERE state <> 'synced';
CREATE INDEX idx_coperniq_records_coperniq_id ON public.coperniq_records (coperniq_type, coperniq_id);
CREATE INDEX idx_coperniq_records_import ON public.coperniq_records (csv_import_id, state);
CREATE INDEX idx_coperniq_records_row ON public.coperniq_records (csv_import_record_id);

CREATE TABLE public.coperniq_record_names (
    contractor_config_id UUID NOT NULL,
    coperniq_type TEXT NOT NULL,
    name TEXT NOT NULL,
    record_id UUID NOT NULL REFERENCES public.coperniq_records (id) ON DELETE CASCADE,
    PRIMARY KEY (contractor_config_id, coperniq_type, name, record_id)
);

COMMENT ON TABLE public.coperniq_record_names IS
'Every name by which a record may be referred to. A name of two records is ambiguous.';

CREATE INDEX idx_coperniq_record_names_record ON public.coperniq_record_names (record_id);

CREATE FUNCTION public.coperniq_identity(
    p_coperniq_type TEXT, p_record_key TEXT, p_data JSONB, p_parent_name TEXT, p_parent_key TEXT
) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = ''
AS $$
DECLARE
    c_between CONSTANT TEXT := ' | ';
    -- What follows the reference in the key; NULL where the key begins with the reference.
    v_after TEXT := CASE p_coperniq_type
        WHEN 'Site' THEN ''
        WHEN 'ServicePlanInstance' THEN c_between || coalesce(p_data ->> 'startDate', '')
    END;
    v_part TEXT := CASE WHEN v_after IS NULL THEN p_parent_name || c_between ELSE c_between || p_parent_name || v_after END;
BEGIN
    RETURN CASE
        WHEN p_parent_key IS NULL OR (p_coperniq_type = 'Asset' AND p_data ? 'serialNumber') THEN p_record_key
        WHEN v_after IS NULL AND starts_with(p_record_key, v_part)
            THEN p_parent_key || substr(p_record_key, length(p_parent_name) + 1)
        WHEN right(p_record_key, length(v_part)) = v_part
            THEN left(p_record_key, -length(v_part)) || c_between || p_parent_key || v_after
        ELSE p_record_key
    END;
END;
$$;
COMMENT ON FUNCTION public.coperniq_identity(TEXT, TEXT, JSONB, TEXT, TEXT) IS
'A row''s record_key with the parent''s own key in the place of the name that the row calls the parent by, and nowhere
else. The key as it is where the parent is not known, or the key holds no parent.';

ALTER TABLE public.coperniq_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.coperniq_record_names ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.coperniq_records, public.coperniq_record_names FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.coperniq_records, public.coperniq_record_names TO service_role;
REVOKE ALL ON FUNCTION public.coperniq_identity(TEXT, TEXT, JSONB, TEXT, TEXT)
FROM public, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION public.coperniq_identity(TEXT, TEXT, JSONB, TEXT, TEXT) TO service_role;

CREATE POLICY coperniq_records_service ON public.coperniq_records
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY coperniq_record_names_service ON public.coperniq_record_names
FOR ALL TO service_role USING (true) WITH CHECK (true);

-- Down Migration
-- DROP FUNCTION public.coperniq_identity(TEXT, TEXT, JSONB, TEXT, TEXT);
-- DROP TABLE public.coperniq_record_names;
-- DROP TABLE public.coperniq_records;
-- DROP TYPE public.delivery_state;
-- ALTER TABLE public.csv_import_records DROP COLUMN mapped_data, DROP COLUMN names, DROP COLUMN parent_keys;
-- DELETE FROM public.csv_imports WHERE coperniq_type IS NULL;
-- ALTER TABLE public.csv_imports
--     DROP CONSTRAINT csv_imports_type_known, ALTER COLUMN coperniq_type SET NOT NULL, DROP COLUMN source_path;
-- ALTER TABLE public.mep_contractor_configs DROP COLUMN slug;
