-- Migration 2: contractors and their configuration, the forms they submit, and how templates are used.
--
-- A signed-in contractor is the e-mail of its token: auth.jwt() ->> 'email', compared without regard to case with
-- mep_contractor_configs.contractor_email. One e-mail may own several configurations.

CREATE TYPE public.submission_status AS ENUM ('draft', 'submitted', 'approved', 'rejected', 'archived');
COMMENT ON TYPE public.submission_status IS 'draft, then submitted, then approved or rejected, then archived.';

CREATE TYPE public.usage_action_type AS ENUM ('viewed', 'filled', 'submitted', 'edited', 'exported');
COMMENT ON TYPE public.usage_action_type IS 'What a user did with a template.';

-- Tables -------------------------------------------------------------------------------------------------------------

CREATE TABLE public.mep_contractor_configs (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    contractor_id UUID GENERATED ALWAYS AS (id) STORED,
    contractor_name TEXT NOT NULL,
    contractor_email TEXT,
    contractor_phone TEXT,
    trades TEXT[] NOT NULL DEFAULT '{}',
    markets TEXT[] NOT NULL DEFAULT '{}',
    phases TEXT[] NOT NULL DEFAULT '{}',
    templates_enabled TEXT[] DEFAULT '{}',
    preset_used TEXT,
    is_active BOOLEAN NOT NULL DEFAULT true,
    created_by TEXT NOT NULL DEFAULT coalesce(auth.jwt() ->> 'email', current_user),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT mep_contractor_configs_one_per_contractor
    UNIQUE NULLS NOT DISTINCT (contractor_name, contractor_email),
    CONSTRAINT mep_contractor_configs_name_given CHECK (btrim(contractor_name) <> '')
);
COMMENT ON TABLE public.mep_contractor_configs IS 'One row for each contractor: who it is and what the wizard chose.';
COMMENT ON COLUMN public.mep_contractor_configs.contractor_id IS 'Same as id, under the name that other tables use.';
COMMENT ON COLUMN public.mep_contractor_configs.contractor_email IS 'Sign-in: decides what the contractor may see.';
COMMENT ON COLUMN public.mep_contractor_configs.templates_enabled IS 'Names of templates (templates.name).';
COMMENT ON COLUMN public.mep_contractor_configs.preset_used IS 'Preset of the wizard, such as hvac_residential.';
COMMENT ON COLUMN public.mep_contractor_configs.created_by IS 'E-mail of whoever created it, else the database role.';

CREATE TABLE public.mep_form_submissions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    template_id UUID NOT NULL REFERENCES public.templates (id),
    contractor_config_id UUID NOT NULL REFERENCES public.mep_contractor_configs (id),
    submission_number INTEGER NOT NULL,
    form_title TEXT NOT NULL,
    form_data JSONB NOT NULL DEFAULT '{}',
    status public.submission_status NOT NULL DEFAULT 'draft',
    submitted_by TEXT,
    parent_submission_id UUID,
    revision_count INTEGER NOT NULL DEFAULT 0,
    coperniq_import_status TEXT,
    coperniq_import_id TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    submitted_at TIMESTAMPTZ,
    approved_at TIMESTAMPTZ,
    archived_at TIMESTAMPTZ,
    UNIQUE (contractor_config_id, template_id, submission_number),
    UNIQUE (id, contractor_config_id),
    CONSTRAINT mep_form_submissions_parent_of_same_contractor
    FOREIGN KEY (parent_submission_id, contractor_config_id)
    REFERENCES public.mep_form_submissions (id, contractor_config_id),
    CONSTRAINT mep_form_submissions_title_given CHECK (btrim(form_title) <> ''),
    CONSTRAINT mep_form_submissions_data_is_object CHECK (jsonb_typeof(form_data) = 'object'),
    CONSTRAINT mep_form_submissions_number_from_1 CHECK (submission_number >= 1),
    CONSTRAINT mep_form_submissions_revision_count CHECK (revision_count >= 0),
    CONSTRAINT mep_form_submissions_import_status
    CHECK (coperniq_import_status IN ('pending', 'success', 'failed'))
);
COMMENT ON TABLE public.mep_form_submissions IS
'One row for each form that a contractor fills. There is no updated_at, so that the audit query can join the configs.';
COMMENT ON COLUMN public.mep_form_submissions.submission_number IS
'1, 2, 3 … within contractor and template; given by the database.';
COMMENT ON COLUMN public.mep_form_submissions.form_data IS '{field name: value}, with the names of template_fields.';
COMMENT ON COLUMN public.mep_form_submissions.submitted_by IS 'E-mail of the person who fills the form.';
COMMENT ON COLUMN public.mep_form_submissions.parent_submission_id IS 'The submission that this one revises.';
COMMENT ON COLUMN public.mep_form_submissions.revision_count IS '0 for an original, else one more than its parent''s.';
COMMENT ON COLUMN public.mep_form_submissions.coperniq_import_status IS 'NULL until the form is exported to Coperniq.';
COMMENT ON COLUMN public.mep_form_submissions.coperniq_import_id IS 'Coperniq''s reference of that export.';
COMMENT ON COLUMN public.mep_form_submissions.submitted_at IS 'Set by the database, like approved_at, archived_at.';

CREATE TABLE public.mep_template_usage (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    template_id UUID NOT NULL REFERENCES public.templates (id),
    contractor_config_id UUID NOT NULL REFERENCES public.mep_contractor_configs (id),
    submission_id UUID,
    action public.usage_action_type NOT NULL,
    time_spent_seconds INTEGER,
    user_email TEXT,
    timestamp TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT mep_template_usage_submission_of_same_contractor
    FOREIGN KEY (submission_id, contractor_config_id)
    REFERENCES public.mep_form_submissions (id, contractor_config_id) ON DELETE SET NULL (submission_id),
    CONSTRAINT mep_template_usage_time_spent CHECK (time_spent_seconds >= 0)
);
COMMENT ON TABLE public.mep_template_usage IS 'One row for each thing that a user did with a template.';
COMMENT ON COLUMN public.mep_template_usage.time_spent_seconds IS 'Seconds; 0 is a time, NULL is unknown.';

-- Indexes ------------------------------------------------------------------------------------------------------------

CREATE INDEX idx_contractor_configs_name ON public.mep_contractor_configs (contractor_name);
CREATE INDEX idx_contractor_configs_email ON public.mep_contractor_configs (contractor_email);
CREATE INDEX idx_contractor_configs_sign_in ON public.mep_contractor_configs (lower(contractor_email));
CREATE INDEX idx_contractor_configs_trades ON public.mep_contractor_configs USING gin (trades);
CREATE INDEX idx_contractor_configs_markets ON public.mep_contractor_configs USING gin (markets);
CREATE INDEX idx_contractor_configs_phases ON public.mep_contractor_configs USING gin (phases);
CREATE INDEX idx_contractor_configs_active ON public.mep_contractor_configs (is_active);

CREATE INDEX idx_form_submissions_status ON public.mep_form_submissions (status);
CREATE INDEX idx_form_submissions_composite
ON public.mep_form_submissions (contractor_config_id, template_id, status);
CREATE INDEX idx_form_submissions_template ON public.mep_form_submissions (template_id);
CREATE INDEX idx_form_submissions_submitted_at
ON public.mep_form_submissions (contractor_config_id, submitted_at DESC);
CREATE INDEX idx_form_submissions_parent ON public.mep_form_submissions (parent_submission_id);
CREATE INDEX idx_form_submissions_import_status ON public.mep_form_submissions (coperniq_import_status);

CREATE INDEX idx_template_usage_composite
ON public.mep_template_usage (contractor_config_id, template_id, action);
CREATE INDEX idx_template_usage_template ON public.mep_template_usage (template_id, action);
CREATE INDEX idx_template_usage_submission ON public.mep_template_usage (submission_id);
CREATE INDEX idx_template_usage_timestamp ON public.mep_template_usage (timestamp DESC);

-- Who calls ----------------------------------------------------------------------------------------------------------

CREATE FUNCTION public.current_contractor_email() RETURNS TEXT
LANGUAGE sql STABLE
SET search_path = ''
AS $$
    -- A token of a phone sign-in carries an empty e-mail: that is nobody's.
    SELECT nullif(lower(btrim(auth.jwt() ->> 'email')), '');
$$;
COMMENT ON FUNCTION public.current_contractor_email() IS 'The caller''s e-mail in lower case, or NULL.';

CREATE FUNCTION public.current_contractor_ids() RETURNS UUID[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = ''
AS $$
    SELECT coalesce(array_agg(c.id), '{}')
    FROM public.mep_contractor_configs AS c
    WHERE lower(c.contractor_email) = public.current_contractor_email();
$$;
COMMENT ON FUNCTION public.current_contractor_ids() IS
'The contractors that the caller is, for policies. Write (SELECT …) around it: evaluated once, not for every row.';

CREATE FUNCTION public.require_contractor(p_contractor_id UUID) RETURNS VOID
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
    -- The caller: current_user is the owner in here, and SET ROLE leaves session_user as it was.
    v_caller TEXT := CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END;
BEGIN
    IF pg_has_role(v_caller, 'service_role', 'USAGE') OR pg_has_role(v_caller, current_user, 'USAGE') THEN
        RETURN;
    END IF;
    IF p_contractor_id = ANY (public.current_contractor_ids()) THEN
        RETURN;
    END IF;
    RAISE insufficient_privilege USING
        MESSAGE = format(
            'Contractor %s is not yours: sign in as that contractor.', coalesce(p_contractor_id::text, '(none)')
        );
END;
$$;
COMMENT ON FUNCTION public.require_contractor(UUID) IS
'Raises insufficient_privilege unless the caller is that contractor, the service role or the owner of the schema.';

-- Triggers -----------------------------------------------------------------------------------------------------------

CREATE TRIGGER mep_contractor_configs_set_updated_at
BEFORE UPDATE ON public.mep_contractor_configs
FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE FUNCTION public.begin_form_submission() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    IF NEW.status NOT IN ('draft', 'submitted') THEN
        RAISE check_violation USING
            MESSAGE = format('A submission begins as draft or submitted, not as %s.', NEW.status);
    END IF;
    NEW.submitted_at := CASE NEW.status WHEN 'submitted' THEN now() END;
    NEW.approved_at := NULL;
    NEW.archived_at := NULL;

    IF NEW.submission_number IS NULL THEN
        -- One at a time for a contractor and template, to the end of the transaction: no number is given twice.
        PERFORM pg_advisory_xact_lock(
            hashtextextended(format('%s %s', NEW.contractor_config_id, NEW.template_id), 0)
        );
        SELECT coalesce(max(s.submission_number), 0) + 1 INTO NEW.submission_number
        FROM public.mep_form_submissions AS s
        WHERE s.contractor_config_id = NEW.contractor_config_id AND s.template_id = NEW.template_id;
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.begin_form_submission() IS
'Trigger: a submission is born draft or submitted, gets its number, and its times from the clock of the database.';

CREATE TRIGGER mep_form_submissions_begin
BEFORE INSERT ON public.mep_form_submissions
FOR EACH ROW EXECUTE FUNCTION public.begin_form_submission();

CREATE FUNCTION public.advance_form_submission() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    NEW.submitted_at := OLD.submitted_at;
    NEW.approved_at := OLD.approved_at;
    NEW.archived_at := OLD.archived_at;
    CASE
        WHEN NEW.status = OLD.status THEN
            NULL;
        WHEN OLD.status = 'draft' AND NEW.status = 'submitted' THEN
            NEW.submitted_at := now();
        WHEN OLD.status = 'submitted' AND NEW.status = 'approved' THEN
            NEW.approved_at := now();
        WHEN OLD.status = 'submitted' AND NEW.status = 'rejected' THEN
            NULL;
        WHEN OLD.status IN ('approved', 'rejected') AND NEW.status = 'archived' THEN
            NEW.archived_at := now();
        ELSE
            RAISE check_violation USING MESSAGE = format(
                'Submission %s cannot go from %s to %s: draft, submitted, approved or rejected, archived is the order.',
                OLD.id, OLD.status, NEW.status
            );
    END CASE;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.advance_form_submission() IS
'Trigger: allows the next status only, for every writer, and stamps its time. Nobody else writes these times.';

CREATE TRIGGER mep_form_submissions_advance
BEFORE UPDATE ON public.mep_form_submissions
FOR EACH ROW EXECUTE FUNCTION public.advance_form_submission();

-- Functions for contractors ------------------------------------------------------------------------------------------

CREATE FUNCTION public.record_template_usage(
    p_template_id UUID,
    p_contractor_id UUID,
    p_action public.USAGE_ACTION_TYPE,
    p_user_email TEXT DEFAULT NULL,
    p_time_spent_seconds INTEGER DEFAULT NULL,
    p_submission_id UUID DEFAULT NULL
) RETURNS UUID
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_id UUID;
BEGIN
    PERFORM public.require_contractor(p_contractor_id);
    INSERT INTO public.mep_template_usage (
        template_id, contractor_config_id, submission_id, action, time_spent_seconds, user_email
    ) VALUES (
        p_template_id,
        p_contractor_id,
        p_submission_id,
        p_action,
        p_time_spent_seconds,
        coalesce(p_user_email, public.current_contractor_email())
    ) RETURNING id INTO v_id;
    RETURN v_id;
END;
$$;
COMMENT ON FUNCTION public.record_template_usage(UUID, UUID, public.usage_action_type, TEXT, INTEGER, UUID) IS
'Records one usage event and returns its id. 0 seconds is a time.';

CREATE FUNCTION public.create_form_submission(
    p_template_id UUID,
    p_contractor_id UUID,
    p_form_title TEXT,
    p_form_data JSONB,
    p_submitted_by TEXT,
    p_status public.SUBMISSION_STATUS DEFAULT 'draft'
) RETURNS UUID
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_id UUID;
BEGIN
    PERFORM public.require_contractor(p_contractor_id);
    INSERT INTO public.mep_form_submissions (
        template_id, contractor_config_id, form_title, form_data, submitted_by, status
    ) VALUES (
        p_template_id, p_contractor_id, p_form_title, p_form_data, p_submitted_by, p_status
    ) RETURNING id INTO v_id;
    RETURN v_id;
END;
$$;
COMMENT ON FUNCTION public.create_form_submission(UUID, UUID, TEXT, JSONB, TEXT, public.submission_status) IS
'Creates a submission with the next number of its contractor and template, and returns its id.';

CREATE FUNCTION public.get_contractor_template_stats(p_contractor_id UUID)
RETURNS TABLE (
    template_id UUID,
    template_name TEXT,
    trade public.TRADE_TYPE,
    views BIGINT,
    fills BIGINT,
    submissions BIGINT,
    last_used_at TIMESTAMPTZ
)
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
BEGIN
    PERFORM public.require_contractor(p_contractor_id);
    RETURN QUERY
    SELECT
        t.id,
        t.name,
        t.trade,
        count(*) FILTER (WHERE u.action = 'viewed'),
        count(*) FILTER (WHERE u.action = 'filled'),
        count(*) FILTER (WHERE u.action = 'submitted'),
        max(u.timestamp)
    FROM public.mep_template_usage AS u
    INNER JOIN public.templates AS t ON u.template_id = t.id
    WHERE u.contractor_config_id = p_contractor_id
    GROUP BY t.id
    ORDER BY t.name;
END;
$$;
COMMENT ON FUNCTION public.get_contractor_template_stats(UUID) IS
'One row for each template that the contractor used, with how often and when last.';

-- Views --------------------------------------------------------------------------------------------------------------
-- contractor_summary and template_usage_analytics are rebuilt by dbt with these columns, names and types.

CREATE VIEW public.contractor_summary WITH (security_invoker = true) AS
SELECT
    c.id AS contractor_id,
    c.contractor_name,
    c.contractor_email,
    c.trades,
    c.markets,
    c.phases,
    c.preset_used,
    c.is_active,
    coalesce(cardinality(c.templates_enabled), 0)::bigint AS template_enabled_count,
    count(s.id)::bigint AS total_submissions,
    (count(s.id) FILTER (WHERE s.status = 'draft'))::bigint AS draft_submissions,
    (count(s.id) FILTER (WHERE s.status = 'submitted'))::bigint AS submitted_submissions,
    (count(s.id) FILTER (WHERE s.status = 'approved'))::bigint AS approved_submissions,
    (count(s.id) FILTER (WHERE s.status = 'rejected'))::bigint AS rejected_submissions,
    (count(s.id) FILTER (WHERE s.status = 'archived'))::bigint AS archived_submissions,
    max(s.submitted_at)::timestamptz AS last_submission_at,
    c.created_at,
    c.updated_at
FROM public.mep_contractor_configs AS c
LEFT JOIN public.mep_form_submissions AS s ON c.id = s.contractor_config_id
GROUP BY c.id;
COMMENT ON VIEW public.contractor_summary IS
'One row for each contractor, with its submissions by the status they have now.';

CREATE VIEW public.template_usage_analytics WITH (security_invoker = true) AS
SELECT
    t.id AS template_id,
    t.name AS template_name,
    t.display_name,
    t.trade,
    t.phase,
    t.category,
    t.is_active,
    count(DISTINCT u.contractor_config_id)::bigint AS unique_contractors,
    (count(u.id) FILTER (WHERE u.action = 'viewed'))::bigint AS views,
    (count(u.id) FILTER (WHERE u.action = 'filled'))::bigint AS fills,
    (count(u.id) FILTER (WHERE u.action = 'submitted'))::bigint AS submissions,
    (count(u.id) FILTER (WHERE u.action = 'edited'))::bigint AS edits,
    (count(u.id) FILTER (WHERE u.action = 'exported'))::bigint AS exports,
    avg(u.time_spent_seconds)::numeric(12, 2) AS avg_time_spent_seconds,
    max(u.timestamp)::timestamptz AS last_used_at
FROM public.templates AS t
LEFT JOIN public.mep_template_usage AS u ON t.id = u.template_id
GROUP BY t.id;
COMMENT ON VIEW public.template_usage_analytics IS
'One row for each template, unused and retired ones included, over the usage events that the caller may see.';

CREATE VIEW public.form_submission_details WITH (security_invoker = true) AS
SELECT
    s.id AS submission_id,
    s.form_title,
    s.status,
    s.template_id,
    t.name AS template_name,
    t.display_name AS template_display_name,
    t.trade AS template_trade,
    t.phase AS template_phase,
    s.contractor_config_id AS contractor_id,
    c.contractor_name,
    c.contractor_email,
    s.submission_number,
    s.parent_submission_id,
    s.revision_count,
    s.submitted_by,
    s.created_at,
    s.submitted_at,
    s.approved_at,
    s.archived_at,
    s.coperniq_import_status,
    s.coperniq_import_id,
    (SELECT count(*) FROM jsonb_object_keys(s.form_data)) AS field_count,
    s.form_data
FROM public.mep_form_submissions AS s
INNER JOIN public.templates AS t ON s.template_id = t.id
INNER JOIN public.mep_contractor_configs AS c ON s.contractor_config_id = c.id;
COMMENT ON VIEW public.form_submission_details IS 'One row for each submission, with its template and contractor.';
COMMENT ON COLUMN public.form_submission_details.field_count IS 'Number of fields in form_data, 0 for an empty form.';

-- Row-level security -------------------------------------------------------------------------------------------------

ALTER TABLE public.mep_contractor_configs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.mep_form_submissions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.mep_template_usage ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Service role full access" ON public.mep_contractor_configs
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Public read active configs" ON public.mep_contractor_configs
FOR SELECT TO anon USING (is_active);
CREATE POLICY "Contractor read own config" ON public.mep_contractor_configs
FOR SELECT TO authenticated
USING (lower(contractor_email) = (SELECT public.current_contractor_email()));
CREATE POLICY "Contractor create own config" ON public.mep_contractor_configs
FOR INSERT TO authenticated
WITH CHECK (lower(contractor_email) = (SELECT public.current_contractor_email()));
CREATE POLICY "Contractor update own config" ON public.mep_contractor_configs
FOR UPDATE TO authenticated
USING (lower(contractor_email) = (SELECT public.current_contractor_email()))
WITH CHECK (lower(contractor_email) = (SELECT public.current_contractor_email()));

CREATE POLICY "Service role full access" ON public.mep_form_submissions
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Contractor read own submissions" ON public.mep_form_submissions
FOR SELECT TO authenticated
USING (contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]));
CREATE POLICY "Contractor create submissions" ON public.mep_form_submissions
FOR INSERT TO authenticated
WITH CHECK (contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]));
CREATE POLICY "Contractor update draft submissions only" ON public.mep_form_submissions
FOR UPDATE TO authenticated
USING (status = 'draft' AND contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]))
WITH CHECK (contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]));

CREATE POLICY "Service role full access" ON public.mep_template_usage
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Contractor read own usage" ON public.mep_template_usage
FOR SELECT TO authenticated
USING (contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]));
CREATE POLICY "Contractor create own usage" ON public.mep_template_usage
FOR INSERT TO authenticated
WITH CHECK (contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]));

-- Grants: contractors write the columns of a form, not its number, its times or its export ---------------------------

REVOKE ALL ON
public.mep_contractor_configs, public.mep_form_submissions, public.mep_template_usage,
public.contractor_summary, public.template_usage_analytics, public.form_submission_details
FROM PUBLIC, anon, authenticated, service_role;

GRANT SELECT ON
public.mep_contractor_configs, public.mep_form_submissions, public.mep_template_usage,
public.contractor_summary, public.template_usage_analytics, public.form_submission_details
TO authenticated, service_role;
GRANT INSERT, UPDATE, DELETE ON
public.mep_contractor_configs, public.mep_form_submissions, public.mep_template_usage
TO service_role;

GRANT SELECT (
    id, contractor_id, contractor_name, trades, markets, phases, templates_enabled, preset_used, is_active,
    created_at, updated_at
) ON public.mep_contractor_configs TO anon;

GRANT INSERT (
    id, contractor_name, contractor_email, contractor_phone, trades, markets, phases, templates_enabled, preset_used,
    is_active
) ON public.mep_contractor_configs TO authenticated;
GRANT UPDATE (
    contractor_name, contractor_email, contractor_phone, trades, markets, phases, templates_enabled, preset_used,
    is_active
) ON public.mep_contractor_configs TO authenticated;

GRANT INSERT (
    id, template_id, contractor_config_id, form_title, form_data, status, submitted_by
) ON public.mep_form_submissions TO authenticated;
GRANT UPDATE (form_title, form_data, status, submitted_by) ON public.mep_form_submissions TO authenticated;

GRANT INSERT (
    id, template_id, contractor_config_id, submission_id, action, time_spent_seconds, user_email
) ON public.mep_template_usage TO authenticated;

REVOKE ALL ON FUNCTION
public.current_contractor_email(),
public.current_contractor_ids(),
public.require_contractor(UUID),
public.begin_form_submission(),
public.advance_form_submission(),
public.record_template_usage(UUID, UUID, public.usage_action_type, TEXT, INTEGER, UUID),
public.create_form_submission(UUID, UUID, TEXT, JSONB, TEXT, public.submission_status),
public.get_contractor_template_stats(UUID)
FROM PUBLIC, anon, authenticated, service_role;

GRANT EXECUTE ON FUNCTION
public.current_contractor_email(),
public.current_contractor_ids(),
public.require_contractor(UUID),
public.record_template_usage(UUID, UUID, public.usage_action_type, TEXT, INTEGER, UUID),
public.create_form_submission(UUID, UUID, TEXT, JSONB, TEXT, public.submission_status),
public.get_contractor_template_stats(UUID)
TO authenticated, service_role;

-- Down Migration
-- DO $$ BEGIN
--     IF to_regclass('public.csv_imports') IS NOT NULL THEN
--         RAISE 'Roll migration 003 back first: its tables refer to these.';
--     END IF;
-- END $$;
-- DROP VIEW IF EXISTS public.form_submission_details, public.template_usage_analytics, public.contractor_summary;
-- DROP FUNCTION IF EXISTS public.get_contractor_template_stats(UUID);
-- DROP FUNCTION IF EXISTS public.create_form_submission(UUID, UUID, TEXT, JSONB, TEXT, public.submission_status);
-- DROP FUNCTION IF EXISTS public.record_template_usage(UUID, UUID, public.usage_action_type, TEXT, INTEGER, UUID);
-- DROP TABLE IF EXISTS public.mep_template_usage, public.mep_form_submissions, public.mep_contractor_configs CASCADE;
-- DROP FUNCTION IF EXISTS public.advance_form_submission(), public.begin_form_submission();
-- DROP FUNCTION IF EXISTS public.require_contractor(UUID);
-- DROP FUNCTION IF EXISTS public.current_contractor_ids(), public.current_contractor_email();
-- DROP TYPE IF EXISTS public.usage_action_type, public.submission_status;
