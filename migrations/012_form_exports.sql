-- Forms that go to Coperniq: which template field fills which field of Coperniq, whose word that is, and which row of
-- an import each approved form became.

-- Field mapping ------------------------------------------------------------------------------------------------------

ALTER TABLE public.coperniq_field_mapping
ADD COLUMN source TEXT NOT NULL DEFAULT 'human' CHECK (source IN ('catalogue', 'template', 'proposed', 'human')),
ADD COLUMN is_ignored BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN confirmed_by TEXT,
ADD COLUMN confirmed_at TIMESTAMPTZ;

COMMENT ON COLUMN public.coperniq_field_mapping.source IS
'catalogue: a field of Coperniq. template: the template''s YAML file says it. proposed: the field''s name suggests it. '
'human: somebody wrote or confirmed the row; the synchronisation never touches it again.';
COMMENT ON COLUMN public.coperniq_field_mapping.is_ignored IS 'True where a human said that nothing is to be sent.';
COMMENT ON COLUMN public.coperniq_field_mapping.confirmed_by IS 'Who wrote or confirmed the row; NULL for nobody.';

CREATE FUNCTION public.attribute_field_mapping() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    -- Who writes says so for its transaction.
    v_writer TEXT := nullif(current_setting('mep.field_mapping_writer', true), '');
BEGIN
    -- A reference that goes with its template is nobody's word.
    IF v_writer = 'sync' OR pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    NEW.source := 'human';
    NEW.confirmed_by := coalesce(v_writer, public.current_contractor_email(), current_user);
    NEW.confirmed_at := now();
    IF NEW.template_id IS NULL THEN
        SELECT t.id INTO NEW.template_id
        FROM public.templates AS t
        WHERE t.name = split_part(NEW.template_field_name, '.', 1);
    END IF;
    NEW.template_field_id := coalesce(NEW.template_field_id, (
        SELECT f.id
        FROM public.template_fields AS f
        WHERE f.template_id = NEW.template_id
            AND f.name = substr(NEW.template_field_name, strpos(NEW.template_field_name, '.') + 1)
    ));
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.attribute_field_mapping() IS
'Trigger: whatever the synchronisation did not write is a human''s word, and says whose and since when.';

CREATE TRIGGER coperniq_field_mapping_attribute
BEFORE INSERT OR UPDATE ON public.coperniq_field_mapping
FOR EACH ROW EXECUTE FUNCTION public.attribute_field_mapping();

-- Exports ------------------------------------------------------------------------------------------------------------

ALTER TABLE public.mep_form_submissions ADD COLUMN coperniq_import_error TEXT;

COMMENT ON COLUMN public.mep_form_submissions.coperniq_import_status IS
'NULL until the form is exported. pending: held, or on its way. success: every record of it is in Coperniq. failed: '
'one is not, and will not be.';
COMMENT ON COLUMN public.mep_form_submissions.coperniq_import_id IS
'Coperniq''s id of the form''s main record: of its records the one that the others are parents of, such as the task.';
COMMENT ON COLUMN public.mep_form_submissions.coperniq_import_error IS
'Why the form failed, what it waits for, or which question holds it; else NULL.';

CREATE TABLE public.form_exports (
    form_submission_id UUID NOT NULL REFERENCES public.mep_form_submissions (id),
    coperniq_type TEXT NOT NULL,
    csv_import_id UUID NOT NULL REFERENCES public.csv_imports (id) ON DELETE CASCADE,
    csv_import_record_id UUID NOT NULL UNIQUE,
    coperniq_record_id UUID,
    matched_record_id UUID,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (form_submission_id, coperniq_type)
);
COMMENT ON TABLE public.form_exports IS 'One row for each record that an approved form was made into: once, ever.';
COMMENT ON COLUMN public.form_exports.csv_import_record_id IS
'The form''s own row. It comes and goes with its import, so the reference to the import speaks for it.';
COMMENT ON COLUMN public.form_exports.coperniq_record_id IS
'The row of coperniq_records that it was entered into: a hint, proved by the row that stands there. NULL for none.';
COMMENT ON COLUMN public.form_exports.matched_record_id IS
'The row of an earlier file or form with the same natural key: what is updated is its record. NULL for a new one.';

CREATE INDEX idx_form_exports_import ON public.form_exports (csv_import_id);
CREATE INDEX idx_form_submissions_to_export ON public.mep_form_submissions (contractor_config_id, approved_at)
WHERE status = 'approved' AND (coperniq_import_status IS NULL OR coperniq_import_status = 'pending');

CREATE FUNCTION public.form_targets(p_template_id UUID, p_form_data JSONB)
RETURNS TABLE (
    template_field_name TEXT,
    coperniq_type TEXT,
    coperniq_field_name TEXT,
    confidence NUMERIC,
    value JSONB
)
LANGUAGE sql STABLE
SET search_path = ''
AS $$
    SELECT
        m.template_field_name,
        m.coperniq_type,
        m.coperniq_field_name,
        CASE m.source WHEN 'human' THEN 1 ELSE coalesce(m.mapping_confidence, 0) END,
        said.value
    FROM public.coperniq_field_mapping AS m
    CROSS JOIN LATERAL (
        SELECT p_form_data -> substr(m.template_field_name, strpos(m.template_field_name, '.') + 1)
    ) AS said (value)
    LEFT JOIN public.template_fields AS f ON m.template_field_id = f.id
    LEFT JOIN public.template_groups AS g ON f.group_id = g.id
    WHERE m.template_id = p_template_id
        AND NOT m.is_ignored
        AND NOT m.is_custom
        AND jsonb_typeof(said.value) IN ('string', 'number', 'boolean', 'array')
        AND btrim(said.value #>> '{}') NOT IN ('', '[]')
    ORDER BY g.display_order, f.display_order, m.template_field_name, m.coperniq_type, m.coperniq_field_name;
$$;
COMMENT ON FUNCTION public.form_targets(UUID, JSONB) IS
'Which fields of Coperniq a form fills, with what and how sure that is, in the order of the template. A human is sure.';

CREATE FUNCTION public.form_is_replaced(p_submission_id UUID) RETURNS BOOLEAN
LANGUAGE sql STABLE
SET search_path = ''
AS $$
    WITH RECURSIVE later AS (
        SELECT s.id, s.approved_at
        FROM public.mep_form_submissions AS s
        WHERE s.parent_submission_id = p_submission_id
        UNION ALL
        SELECT s.id, s.approved_at
        FROM public.mep_form_submissions AS s
        INNER JOIN later ON s.parent_submission_id = later.id
    )
    SELECT EXISTS (SELECT FROM later WHERE later.approved_at IS NOT NULL);
$$;
COMMENT ON FUNCTION public.form_is_replaced(UUID) IS
'Whether a revision of the form was approved, or a revision of one: that goes to Coperniq in its place.';

CREATE VIEW public.forms_to_export WITH (security_invoker = true) AS
SELECT
    s.id,
    s.contractor_config_id,
    s.template_id,
    s.form_data,
    s.approved_at,
    s.coperniq_import_status,
    s.coperniq_import_error
FROM public.mep_form_submissions AS s
WHERE
    s.status = 'approved'
    AND (s.coperniq_import_status IS NULL OR s.coperniq_import_status = 'pending')
    AND NOT EXISTS (SELECT FROM public.form_exports AS e WHERE e.form_submission_id = s.id)
    AND NOT public.form_is_replaced(s.id)
    -- Forms of a template that fills nothing stay here for ever: what they say is not looked at.
    AND CASE
        WHEN EXISTS (SELECT FROM public.coperniq_field_mapping AS m WHERE m.template_id = s.template_id)
            THEN EXISTS (SELECT FROM public.form_targets(s.template_id, s.form_data))
        ELSE false
    END;
COMMENT ON VIEW public.forms_to_export IS
'One row for each approved form that is to go to Coperniq: not exported yet, not revised by an approved one, and '
'filling something there. Those that a question holds are pending, the others have no status yet.';

-- dbt rebuilds it with these columns, names and types.
CREATE VIEW public.form_funnel WITH (security_invoker = true) AS
SELECT
    f.contractor_id,
    f.template_id,
    t.name AS template_name,
    count(*) FILTER (WHERE f.submission_id IS NULL) AS views,
    count(f.submission_id) AS forms,
    count(f.submitted_at) AS submitted,
    count(f.approved_at) AS approved,
    count(*) FILTER (WHERE f.status = 'rejected') AS rejected,
    count(*) FILTER (WHERE f.coperniq_import_status = 'success') AS in_coperniq,
    count(*) FILTER (WHERE f.coperniq_import_status = 'failed') AS failed,
    round(100.0 * count(f.submitted_at) / nullif(count(f.submission_id), 0), 2)::NUMERIC(5, 2) AS submitted_rate,
    round(100.0 * count(f.approved_at) / nullif(count(f.submitted_at), 0), 2)::NUMERIC(5, 2) AS approved_rate
FROM (
    SELECT
        u.contractor_config_id,
        u.template_id,
        NULL AS id,
        NULL AS status,
        NULL AS coperniq_import_status,
        NULL AS submitted_at,
        NULL AS approved_at
    FROM public.mep_template_usage AS u
    WHERE u.action = 'viewed'
    UNION ALL
    SELECT
        s.contractor_config_id,
        s.template_id,
        s.id,
        s.status,
        s.coperniq_import_status,
        s.submitted_at,
        s.approved_at
    FROM public.mep_form_submissions AS s
) AS f (contractor_id, template_id, submission_id, status, coperniq_import_status, submitted_at, approved_at)
INNER JOIN public.templates AS t ON f.template_id = t.id
GROUP BY f.contractor_id, f.template_id, t.name;
COMMENT ON VIEW public.form_funnel IS
'One row for each template that a contractor opened or filled: how many forms came how far, revisions included.';

CREATE FUNCTION public.ask_forms_again() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    UPDATE public.mep_form_submissions AS s
    SET coperniq_import_status = NULL, coperniq_import_error = NULL
    WHERE s.template_id = coalesce(NEW.template_id, OLD.template_id)
        AND s.coperniq_import_status = 'pending'
        AND NOT EXISTS (SELECT FROM public.form_exports AS e WHERE e.form_submission_id = s.id);
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.ask_forms_again() IS
'Trigger: what a form fills is asked anew once somebody has said more about its template.';

CREATE TRIGGER coperniq_field_mapping_ask_again
AFTER INSERT OR UPDATE OR DELETE ON public.coperniq_field_mapping
FOR EACH ROW EXECUTE FUNCTION public.ask_forms_again();

ALTER TABLE public.csv_column_mapping DROP CONSTRAINT csv_column_mapping_source_check;
ALTER TABLE public.csv_column_mapping ADD CONSTRAINT csv_column_mapping_source_check
CHECK (source IN ('name', 'alias', 'earlier', 'similar', 'override', 'form'));
COMMENT ON COLUMN public.csv_column_mapping.source IS
'What matched the header: the field''s name, an alias, this contractor''s earlier choice, likeness, the contractor''s
override file, or, in an import of forms, coperniq_field_mapping; NULL for a column that nothing fits.';

-- Row-level security and grants --------------------------------------------------------------------------------------

ALTER TABLE public.form_exports ENABLE ROW LEVEL SECURITY;

CREATE POLICY form_exports_service ON public.form_exports
FOR ALL TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON public.form_exports, public.forms_to_export, public.form_funnel
FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.form_exports TO service_role;
GRANT SELECT ON public.forms_to_export TO service_role;
GRANT SELECT ON public.form_funnel TO authenticated, service_role;

REVOKE ALL ON FUNCTION
public.attribute_field_mapping(),
public.ask_forms_again(),
public.form_is_replaced(UUID),
public.form_targets(UUID, JSONB)
FROM public, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION public.form_is_replaced(UUID), public.form_targets(UUID, JSONB) TO service_role;

-- Down Migration
-- UPDATE public.csv_column_mapping SET source = 'name' WHERE source = 'form';
-- ALTER TABLE public.csv_column_mapping DROP CONSTRAINT csv_column_mapping_source_check;
-- ALTER TABLE public.csv_column_mapping ADD CONSTRAINT csv_column_mapping_source_check
-- CHECK (source IN ('name', 'alias', 'earlier', 'similar', 'override'));
-- COMMENT ON COLUMN public.csv_column_mapping.source IS
-- 'What matched the header: the field''s name, an alias, this contractor''s earlier choice, likeness, or the
-- contractor''s override file; NULL for a column that nothing fits.';
-- DROP TRIGGER coperniq_field_mapping_ask_again ON public.coperniq_field_mapping;
-- DROP TRIGGER coperniq_field_mapping_attribute ON public.coperniq_field_mapping;
-- DROP VIEW public.form_funnel, public.forms_to_export;
-- DROP FUNCTION public.ask_forms_again(), public.attribute_field_mapping();
-- DROP FUNCTION public.form_is_replaced(UUID), public.form_targets(UUID, JSONB);
-- DROP INDEX public.idx_form_submissions_to_export;
-- DROP TABLE public.form_exports;
-- ALTER TABLE public.mep_form_submissions DROP COLUMN coperniq_import_error;
-- COMMENT ON COLUMN public.mep_form_submissions.coperniq_import_status IS
-- 'NULL until the form is exported to Coperniq.';
-- COMMENT ON COLUMN public.mep_form_submissions.coperniq_import_id IS 'Coperniq''s reference of that export.';
-- ALTER TABLE public.coperniq_field_mapping
-- DROP COLUMN source, DROP COLUMN is_ignored, DROP COLUMN confirmed_by, DROP COLUMN confirmed_at;
