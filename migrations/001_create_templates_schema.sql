-- Migration 1: form templates, their groups and their fields, as the YAML files in templates/<trade>/ define them.
--
-- Grants are spelled out for every object: Supabase grants all on new objects of schema public to anon, authenticated
-- and service_role, a plain PostgreSQL grants EXECUTE to PUBLIC and nothing else. Both end up with the same rights.

CREATE TYPE public.trade_type AS ENUM (
    'hvac',
    'plumbing',
    'electrical',
    'solar',
    'fire_protection',
    'controls',
    'tud_market',
    'low_voltage',
    'roofing',
    'general_contractor'
);
COMMENT ON TYPE public.trade_type IS 'Trades of MEP contractors. Folders under templates/ bear these names.';

CREATE TYPE public.phase_type AS ENUM (
    'sales',
    'design',
    'permit',
    'install',
    'commissioning',
    'om',
    'service'
);
COMMENT ON TYPE public.phase_type IS 'Phase of a job in which a template is filled; om is operation and maintenance.';

-- Tables -------------------------------------------------------------------------------------------------------------

CREATE TABLE public.templates (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    trade public.trade_type NOT NULL,
    phase public.phase_type,
    category TEXT,
    description TEXT,
    compliance TEXT[] NOT NULL DEFAULT '{}',
    work_order_type TEXT,
    work_order_name TEXT,
    version TEXT NOT NULL DEFAULT '1.0',
    source_path TEXT,
    is_active BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT templates_name_is_slug CHECK (name ~ '^[a-z0-9]+(_[a-z0-9]+)*$'),
    CONSTRAINT templates_display_name_given CHECK (btrim(display_name) <> '')
);
COMMENT ON TABLE public.templates IS 'One row for each form template. Written by the sync of the YAML files.';
COMMENT ON COLUMN public.templates.name IS 'Slug that submissions and mappings refer to, such as lead_intake.';
COMMENT ON COLUMN public.templates.compliance IS 'Codes and standards the form serves, such as EPA 608 or NEC 625.';
COMMENT ON COLUMN public.templates.work_order_type IS 'Kind of work order in Coperniq: field or office.';
COMMENT ON COLUMN public.templates.work_order_name IS 'Title of the work order in Coperniq.';
COMMENT ON COLUMN public.templates.version IS 'Version as the YAML file states it.';
COMMENT ON COLUMN public.templates.source_path IS 'YAML file of the template, relative to templates/.';
COMMENT ON COLUMN public.templates.is_active IS
'False once the YAML file is gone. A retired template keeps its row, because submissions refer to it.';

CREATE TABLE public.template_groups (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    template_id UUID NOT NULL REFERENCES public.templates (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    display_order INTEGER NOT NULL DEFAULT 1,
    is_critical BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (template_id, name),
    UNIQUE (template_id, id)
);
COMMENT ON TABLE public.template_groups IS 'One row for each group of fields of a template.';
COMMENT ON COLUMN public.template_groups.display_order IS 'Place of the group within its template, from 1.';
COMMENT ON COLUMN public.template_groups.is_critical IS 'True for groups that safety or compliance depends on.';

CREATE TABLE public.template_fields (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    template_id UUID NOT NULL REFERENCES public.templates (id) ON DELETE CASCADE,
    group_id UUID NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    field_type TEXT NOT NULL,
    is_required BOOLEAN NOT NULL DEFAULT false,
    options TEXT[] NOT NULL DEFAULT '{}',
    placeholder TEXT,
    description TEXT,
    validation_rules JSONB NOT NULL DEFAULT '{}',
    display_order INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (template_id, name),
    CONSTRAINT template_fields_group_of_same_template
    FOREIGN KEY (template_id, group_id) REFERENCES public.template_groups (template_id, id) ON DELETE CASCADE,
    CONSTRAINT template_fields_known_type
    CHECK (field_type IN ('Text', 'Numeric', 'Single select', 'Multiple select', 'File')),
    CONSTRAINT template_fields_select_has_options
    CHECK (field_type NOT IN ('Single select', 'Multiple select') OR cardinality(options) > 0),
    CONSTRAINT template_fields_rules_are_object CHECK (jsonb_typeof(validation_rules) = 'object')
);
COMMENT ON TABLE public.template_fields IS 'One row for each field of a template.';
COMMENT ON COLUMN public.template_fields.name IS 'Key of the field in form_data, such as customerName.';
COMMENT ON COLUMN public.template_fields.label IS 'What the form shows, such as Customer Name.';
COMMENT ON COLUMN public.template_fields.field_type IS 'Field types of Coperniq''s form builder, spelled as it does.';
COMMENT ON COLUMN public.template_fields.options IS 'Choices of a select field, in order.';
COMMENT ON COLUMN public.template_fields.validation_rules IS 'Limits on the value, such as {"min": 0, "max": 100}.';
COMMENT ON COLUMN public.template_fields.display_order IS 'Place of the field within its group, from 1.';

-- Indexes ------------------------------------------------------------------------------------------------------------

CREATE INDEX idx_templates_trade ON public.templates (trade, phase);
CREATE INDEX idx_templates_phase ON public.templates (phase);
CREATE INDEX idx_templates_category ON public.templates (category);
CREATE INDEX idx_templates_active ON public.templates (is_active);
CREATE INDEX idx_templates_compliance ON public.templates USING gin (compliance);
CREATE INDEX idx_template_groups_order ON public.template_groups (template_id, display_order);
CREATE INDEX idx_template_fields_group ON public.template_fields (group_id, display_order);
CREATE INDEX idx_template_fields_name ON public.template_fields (name);

-- Functions and triggers ---------------------------------------------------------------------------------------------

CREATE FUNCTION public.set_updated_at() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.set_updated_at() IS 'Trigger: stamps updated_at on every UPDATE.';

CREATE TRIGGER templates_set_updated_at
BEFORE UPDATE ON public.templates
FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE FUNCTION public.get_template_full(p_template_name TEXT) RETURNS JSONB
LANGUAGE sql STABLE
SET search_path = ''
AS $$
    SELECT to_jsonb(t) || jsonb_build_object('groups', coalesce((
        SELECT jsonb_agg(
            to_jsonb(g) || jsonb_build_object('fields', coalesce((
                SELECT jsonb_agg(to_jsonb(f) ORDER BY f.display_order, f.name)
                FROM public.template_fields AS f
                WHERE f.group_id = g.id
            ), '[]'))
            ORDER BY g.display_order, g.name
        )
        FROM public.template_groups AS g
        WHERE g.template_id = t.id
    ), '[]'))
    FROM public.templates AS t
    WHERE t.name = p_template_name;
$$;
COMMENT ON FUNCTION public.get_template_full(TEXT) IS
'The template of that name as one object: its columns, and groups[] with fields[] in display order. NULL if unknown.';

-- View ---------------------------------------------------------------------------------------------------------------

CREATE VIEW public.template_summary WITH (security_invoker = true) AS
SELECT
    t.id AS template_id,
    t.name AS template_name,
    t.display_name,
    t.trade,
    t.phase,
    t.category,
    t.compliance,
    t.work_order_type,
    t.version,
    t.is_active,
    (SELECT count(*) FROM public.template_groups AS g WHERE g.template_id = t.id) AS group_count,
    f.field_count,
    f.required_field_count,
    t.created_at,
    t.updated_at
FROM public.templates AS t
CROSS JOIN LATERAL (
    SELECT
        count(*) AS field_count,
        count(*) FILTER (WHERE tf.is_required) AS required_field_count
    FROM public.template_fields AS tf
    WHERE tf.template_id = t.id
) AS f;
COMMENT ON VIEW public.template_summary IS 'One row for each template, with the numbers of its groups and fields.';

-- Row-level security and grants --------------------------------------------------------------------------------------

ALTER TABLE public.templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.template_groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.template_fields ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Public read" ON public.templates FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY "Public read" ON public.template_groups FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY "Public read" ON public.template_fields FOR SELECT TO anon, authenticated USING (true);

CREATE POLICY "Service role full access" ON public.templates
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Service role full access" ON public.template_groups
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Service role full access" ON public.template_fields
FOR ALL TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON
public.templates, public.template_groups, public.template_fields, public.template_summary
FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON
public.templates, public.template_groups, public.template_fields, public.template_summary
TO anon, authenticated, service_role;
GRANT INSERT, UPDATE, DELETE ON
public.templates, public.template_groups, public.template_fields
TO service_role;

REVOKE ALL ON FUNCTION public.set_updated_at(), public.get_template_full(TEXT)
FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION public.get_template_full(TEXT) TO anon, authenticated, service_role;

-- Down Migration
-- DO $$ BEGIN
--     IF to_regclass('public.mep_contractor_configs') IS NOT NULL THEN
--         RAISE 'Roll migration 002 back first: its tables refer to these.';
--     END IF;
-- END $$;
-- DROP VIEW IF EXISTS public.template_summary;
-- DROP FUNCTION IF EXISTS public.get_template_full(TEXT);
-- DROP TABLE IF EXISTS public.template_fields, public.template_groups, public.templates CASCADE;
-- DROP FUNCTION IF EXISTS public.set_updated_at();
-- DROP TYPE IF EXISTS public.phase_type, public.trade_type;
