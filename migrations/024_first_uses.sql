-- First uses of a template are found without matching the whole queue with the rollup: a change says itself whether the
-- rollup had a row for its contractor and template when it was written. So that this stays true while others count,
-- commit and take events away, such a row is never removed: where no event is left, it says 0.

ALTER TABLE public.template_usage_rollup
DROP CONSTRAINT template_usage_rollup_events_check,
ADD CONSTRAINT template_usage_rollup_events_check CHECK (events >= 0),
ALTER COLUMN last_used_at DROP NOT NULL;

COMMENT ON TABLE public.template_usage_rollup IS
'One row for each template that a contractor ever used: its usage events without what template_usage_changes holds. It
names no contractor or template by a foreign key, and keeps its row, with 0 events, when one is deleted.';
COMMENT ON COLUMN public.template_usage_rollup.last_used_at IS 'The latest of them; NULL where there is none.';

-- What is queued already is taken for new, which is slower and not wrong.
ALTER TABLE public.template_usage_changes ADD COLUMN is_new BOOLEAN NOT NULL DEFAULT true;

COMMENT ON COLUMN public.template_usage_changes.is_new IS
'Whether template_usage_rollup had no row for the contractor and template yet; set by a trigger.';

CREATE INDEX idx_template_usage_changes_new ON public.template_usage_changes (contractor_config_id, template_id)
WHERE is_new;
CREATE INDEX idx_template_usage_rollup_empty ON public.template_usage_rollup (contractor_config_id, template_id)
WHERE events = 0;

CREATE FUNCTION public.mark_new_template_usage() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
    NEW.is_new := NOT EXISTS (
        SELECT FROM public.template_usage_rollup AS r
        WHERE r.contractor_config_id = NEW.contractor_config_id AND r.template_id = NEW.template_id
    );
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.mark_new_template_usage() IS
'Trigger: says of a change whether the rollup has a row for its contractor and template.';

CREATE TRIGGER template_usage_changes_mark_new
BEFORE INSERT ON public.template_usage_changes
FOR EACH ROW EXECUTE FUNCTION public.mark_new_template_usage();

REVOKE ALL ON FUNCTION public.mark_new_template_usage() FROM public, anon, authenticated, service_role;

-- The funnel has a row where a template was only filled, too. Where dbt's stands, which has columns more, it has it
-- already. A view that is replaced keeps its owner and rights.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'public.form_funnel'::REGCLASS AND attname = 'filled' AND NOT attisdropped
    ) THEN
        CREATE OR REPLACE VIEW public.form_funnel WITH (security_invoker = true) AS
        SELECT
            f.contractor_id,
            f.template_id,
            t.name AS template_name,
            count(*) FILTER (WHERE f.action = 'viewed') AS views,
            count(f.submission_id) AS forms,
            count(f.submitted_at) AS submitted,
            count(f.approved_at) AS approved,
            count(*) FILTER (WHERE f.status = 'rejected') AS rejected,
            count(*) FILTER (WHERE f.coperniq_import_status = 'success') AS in_coperniq,
            count(*) FILTER (WHERE f.coperniq_import_status = 'failed') AS failed,
            round(100.0 * count(f.submitted_at) / nullif(count(f.submission_id), 0), 2)::NUMERIC(5, 2)
                AS submitted_rate,
            round(100.0 * count(f.approved_at) / nullif(count(f.submitted_at), 0), 2)::NUMERIC(5, 2) AS approved_rate
        FROM (
            SELECT
                u.contractor_config_id,
                u.template_id,
                u.action,
                NULL AS id,
                NULL AS status,
                NULL AS coperniq_import_status,
                NULL AS submitted_at,
                NULL AS approved_at
            FROM public.mep_template_usage AS u
            WHERE u.action IN ('viewed', 'filled')
            UNION ALL
            SELECT
                s.contractor_config_id,
                s.template_id,
                NULL AS action,
                s.id,
                s.status,
                s.coperniq_import_status,
                s.submitted_at,
                s.approved_at
            FROM public.mep_form_submissions AS s
        ) AS f (
            contractor_id, template_id, action, submission_id, status, coperniq_import_status, submitted_at, approved_at
        )
        INNER JOIN public.templates AS t ON f.template_id = t.id
        GROUP BY f.contractor_id, f.template_id, t.name;
    END IF;
END
$$;

-- Down Migration
-- DROP TRIGGER template_usage_changes_mark_new ON public.template_usage_changes;
-- DROP FUNCTION public.mark_new_template_usage();
-- DROP INDEX public.idx_template_usage_rollup_empty;
-- -- The views that dbt built on the column go with it; those that migrations made before are made again below.
-- ALTER TABLE public.template_usage_changes DROP COLUMN is_new CASCADE;
-- COMMENT ON COLUMN public.template_usage_rollup.last_used_at IS 'The latest of them.';
-- COMMENT ON TABLE public.template_usage_rollup IS
-- 'One row for each template that a contractor used: its usage events without what template_usage_changes holds. It
-- names no contractor or template by a foreign key: what it says of one that is deleted goes with the next roll-up.';
-- DELETE FROM public.template_usage_rollup WHERE events = 0;
-- ALTER TABLE public.template_usage_rollup
-- ALTER COLUMN last_used_at SET NOT NULL,
-- DROP CONSTRAINT template_usage_rollup_events_check,
-- ADD CONSTRAINT template_usage_rollup_events_check CHECK (events > 0);
--
-- CREATE OR REPLACE VIEW public.template_usage_analytics WITH (security_invoker = true) AS
-- SELECT
--     t.id AS template_id,
--     t.name AS template_name,
--     t.display_name,
--     t.trade,
--     t.phase,
--     t.category,
--     t.is_active,
--     count(DISTINCT u.contractor_config_id)::bigint AS unique_contractors,
--     (count(u.id) FILTER (WHERE u.action = 'viewed'))::bigint AS views,
--     (count(u.id) FILTER (WHERE u.action = 'filled'))::bigint AS fills,
--     (count(u.id) FILTER (WHERE u.action = 'submitted'))::bigint AS submissions,
--     (count(u.id) FILTER (WHERE u.action = 'edited'))::bigint AS edits,
--     (count(u.id) FILTER (WHERE u.action = 'exported'))::bigint AS exports,
--     avg(u.time_spent_seconds)::numeric(12, 2) AS avg_time_spent_seconds,
--     max(u.timestamp)::timestamptz AS last_used_at
-- FROM public.templates AS t
-- LEFT JOIN public.mep_template_usage AS u ON t.id = u.template_id
-- GROUP BY t.id;
-- COMMENT ON VIEW public.template_usage_analytics IS
-- 'One row for each template, unused and retired ones included, over the usage events that the caller may see.';
--
-- CREATE OR REPLACE VIEW public.form_funnel WITH (security_invoker = true) AS
-- SELECT
--     f.contractor_id,
--     f.template_id,
--     t.name AS template_name,
--     count(*) FILTER (WHERE f.submission_id IS NULL) AS views,
--     count(f.submission_id) AS forms,
--     count(f.submitted_at) AS submitted,
--     count(f.approved_at) AS approved,
--     count(*) FILTER (WHERE f.status = 'rejected') AS rejected,
--     count(*) FILTER (WHERE f.coperniq_import_status = 'success') AS in_coperniq,
--     count(*) FILTER (WHERE f.coperniq_import_status = 'failed') AS failed,
--     round(100.0 * count(f.submitted_at) / nullif(count(f.submission_id), 0), 2)::NUMERIC(5, 2) AS submitted_rate,
--     round(100.0 * count(f.approved_at) / nullif(count(f.submitted_at), 0), 2)::NUMERIC(5, 2) AS approved_rate
-- FROM (
--     SELECT
--         u.contractor_config_id,
--         u.template_id,
--         NULL AS id,
--         NULL AS status,
--         NULL AS coperniq_import_status,
--         NULL AS submitted_at,
--         NULL AS approved_at
--     FROM public.mep_template_usage AS u
--     WHERE u.action = 'viewed'
--     UNION ALL
--     SELECT
--         s.contractor_config_id,
--         s.template_id,
--         s.id,
--         s.status,
--         s.coperniq_import_status,
--         s.submitted_at,
--         s.approved_at
--     FROM public.mep_form_submissions AS s
-- ) AS f (contractor_id, template_id, submission_id, status, coperniq_import_status, submitted_at, approved_at)
-- INNER JOIN public.templates AS t ON f.template_id = t.id
-- GROUP BY f.contractor_id, f.template_id, t.name;
-- COMMENT ON VIEW public.form_funnel IS
-- 'One row for each template that a contractor opened or filled: how many forms came how far, revisions included.';
--
-- REVOKE ALL ON public.template_usage_analytics, public.form_funnel FROM public, anon, authenticated, service_role;
-- GRANT SELECT ON public.template_usage_analytics, public.form_funnel TO authenticated, service_role;
