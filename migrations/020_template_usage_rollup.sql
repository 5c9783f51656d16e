-- How templates are used, counted once: the rollup holds the counts of each contractor and template, the queue what has
-- changed since. Each statement that changes usage events writes to the queue what it changed, in its own transaction,
-- and dbt moves that into the rollup from time to time, in one statement. So the two together are, in every snapshot,
-- what the events add up to, whoever commits when.

CREATE TABLE public.template_usage_changes (
    contractor_config_id UUID NOT NULL,
    template_id UUID NOT NULL,
    action public.USAGE_ACTION_TYPE NOT NULL,
    events INTEGER NOT NULL,
    timed_events INTEGER NOT NULL,
    time_spent_seconds BIGINT NOT NULL,
    last_used_at TIMESTAMPTZ,
    recount BOOLEAN NOT NULL
-- It is filled and emptied all the time: what is dead must go before readers have to step over much of it.
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
-- There is no key, and a publication may still tell which row went.
ALTER TABLE public.template_usage_changes REPLICA IDENTITY FULL;

COMMENT ON TABLE public.template_usage_changes IS
'One row for each contractor, template and action whose usage events a statement changed, until dbt counts it into
template_usage_rollup. Written by triggers alone.';
COMMENT ON COLUMN public.template_usage_changes.action IS 'What was done with the template.';
COMMENT ON COLUMN public.template_usage_changes.events IS 'How many events were added, less those taken away.';
COMMENT ON COLUMN public.template_usage_changes.timed_events IS 'The same, of those that have a time.';
COMMENT ON COLUMN public.template_usage_changes.time_spent_seconds IS 'Seconds that were added, less those taken away.';
COMMENT ON COLUMN public.template_usage_changes.last_used_at IS 'The latest of the events added; NULL where none was.';
COMMENT ON COLUMN public.template_usage_changes.recount IS
'Whether the latest event may have been taken away or set earlier: when the last use was, the events alone can say.';

CREATE TABLE public.template_usage_rollup (
    contractor_config_id UUID NOT NULL,
    template_id UUID NOT NULL,
    events INTEGER NOT NULL CHECK (events > 0),
    views INTEGER NOT NULL CHECK (views >= 0),
    fills INTEGER NOT NULL CHECK (fills >= 0),
    submissions INTEGER NOT NULL CHECK (submissions >= 0),
    edits INTEGER NOT NULL CHECK (edits >= 0),
    exports INTEGER NOT NULL CHECK (exports >= 0),
    timed_events INTEGER NOT NULL CHECK (timed_events >= 0),
    time_spent_seconds BIGINT NOT NULL CHECK (time_spent_seconds >= 0),
    last_used_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (contractor_config_id, template_id)
);

COMMENT ON TABLE public.template_usage_rollup IS
'One row for each template that a contractor used: its usage events without what template_usage_changes holds. It names
no contractor or template by a foreign key: what it says of one that is deleted goes with the next roll-up.';
COMMENT ON COLUMN public.template_usage_rollup.events IS 'How many events.';
COMMENT ON COLUMN public.template_usage_rollup.views IS 'How many of them are viewed.';
COMMENT ON COLUMN public.template_usage_rollup.fills IS 'How many of them are filled.';
COMMENT ON COLUMN public.template_usage_rollup.submissions IS 'How many of them are submitted.';
COMMENT ON COLUMN public.template_usage_rollup.edits IS 'How many of them are edited.';
COMMENT ON COLUMN public.template_usage_rollup.exports IS 'How many of them are exported.';
COMMENT ON COLUMN public.template_usage_rollup.timed_events IS 'How many of them have a time, 0 seconds included.';
COMMENT ON COLUMN public.template_usage_rollup.time_spent_seconds IS 'Seconds of all of them.';
COMMENT ON COLUMN public.template_usage_rollup.last_used_at IS 'The latest of them.';

CREATE INDEX idx_template_usage_changes ON public.template_usage_changes (contractor_config_id, template_id);
CREATE INDEX idx_template_usage_changes_recount ON public.template_usage_changes (contractor_config_id, template_id)
WHERE recount;

-- What a statement changed --------------------------------------------------------------------------------------------

CREATE FUNCTION public.queue_template_usage() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
    c_sign CONSTANT INTEGER := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    INSERT INTO public.template_usage_changes (
        contractor_config_id, template_id, action, events, timed_events, time_spent_seconds, last_used_at, recount
    )
    SELECT
        e.contractor_config_id,
        e.template_id,
        e.action,
        c_sign * count(*),
        c_sign * count(e.time_spent_seconds),
        c_sign * coalesce(sum(e.time_spent_seconds), 0),
        CASE WHEN c_sign > 0 THEN max(e.timestamp) END,
        c_sign < 0
    FROM events AS e
    GROUP BY e.contractor_config_id, e.template_id, e.action;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.queue_template_usage() IS
'Trigger: writes to template_usage_changes what usage events a statement added or took away.';

CREATE FUNCTION public.queue_altered_template_usage() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
    INSERT INTO public.template_usage_changes (
        contractor_config_id, template_id, action, events, timed_events, time_spent_seconds, last_used_at, recount
    )
    SELECT
        e.contractor_config_id,
        e.template_id,
        e.action,
        sum(e.sign),
        coalesce(sum(e.sign) FILTER (WHERE e.time_spent_seconds IS NOT NULL), 0),
        coalesce(sum(e.sign * e.time_spent_seconds), 0),
        max(e.timestamp) FILTER (WHERE e.sign > 0),
        -- Where the latest that went is among those that came, or earlier, the latest of all is as it was or came.
        coalesce(
            max(e.timestamp) FILTER (WHERE e.sign < 0) > max(e.timestamp) FILTER (WHERE e.sign > 0),
            bool_and(e.sign < 0)
        )
    FROM (
        SELECT 1 AS sign, a.* FROM added AS a
        UNION ALL
        SELECT -1, r.* FROM removed AS r
    ) AS e
    GROUP BY e.contractor_config_id, e.template_id, e.action
    -- Most updates change nothing that is counted here.
    HAVING sum(e.sign) <> 0
        OR sum(e.sign) FILTER (WHERE e.time_spent_seconds IS NOT NULL) <> 0
        OR sum(e.sign * e.time_spent_seconds) <> 0
        OR max(e.timestamp) FILTER (WHERE e.sign < 0) <> max(e.timestamp) FILTER (WHERE e.sign > 0);
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.queue_altered_template_usage() IS
'Trigger: writes to template_usage_changes what a statement altered in usage events, as far as that is counted.';

CREATE FUNCTION public.forget_template_usage() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
    TRUNCATE public.template_usage_changes, public.template_usage_rollup;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.forget_template_usage() IS
'Trigger: where all usage events are gone at once, so are their counts.';

-- From here on nobody writes events until this migration is done: none is missing in the rollup, and none in it twice.
CREATE TRIGGER mep_template_usage_queue_added
AFTER INSERT ON public.mep_template_usage
REFERENCING NEW TABLE AS events
FOR EACH STATEMENT EXECUTE FUNCTION public.queue_template_usage();
CREATE TRIGGER mep_template_usage_queue_removed
AFTER DELETE ON public.mep_template_usage
REFERENCING OLD TABLE AS events
FOR EACH STATEMENT EXECUTE FUNCTION public.queue_template_usage();
CREATE TRIGGER mep_template_usage_queue_altered
AFTER UPDATE ON public.mep_template_usage
REFERENCING OLD TABLE AS removed NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION public.queue_altered_template_usage();
CREATE TRIGGER mep_template_usage_forget
AFTER TRUNCATE ON public.mep_template_usage
FOR EACH STATEMENT EXECUTE FUNCTION public.forget_template_usage();

INSERT INTO public.template_usage_rollup (
    contractor_config_id, template_id, events, views, fills, submissions, edits, exports, timed_events,
    time_spent_seconds, last_used_at
)
SELECT
    u.contractor_config_id,
    u.template_id,
    count(*) AS events,
    count(*) FILTER (WHERE u.action = 'viewed') AS views,
    count(*) FILTER (WHERE u.action = 'filled') AS fills,
    count(*) FILTER (WHERE u.action = 'submitted') AS submissions,
    count(*) FILTER (WHERE u.action = 'edited') AS edits,
    count(*) FILTER (WHERE u.action = 'exported') AS exports,
    count(u.time_spent_seconds) AS timed_events,
    coalesce(sum(u.time_spent_seconds), 0) AS time_spent_seconds,
    max(u.timestamp) AS last_used_at
FROM public.mep_template_usage AS u
GROUP BY u.contractor_config_id, u.template_id;

-- Functions for contractors ------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION public.get_contractor_template_stats(p_contractor_id UUID)
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
        sum(u.views),
        sum(u.fills),
        sum(u.submissions),
        CASE
            WHEN bool_or(u.recount) THEN (
                SELECT max(e.timestamp)
                FROM public.mep_template_usage AS e
                WHERE e.contractor_config_id = p_contractor_id AND e.template_id = t.id
            )
            ELSE max(u.last_used_at)
        END
    FROM (
        SELECT
            r.template_id,
            r.events,
            r.views,
            r.fills,
            r.submissions,
            r.last_used_at,
            false AS recount
        FROM public.template_usage_rollup AS r
        WHERE r.contractor_config_id = p_contractor_id
        UNION ALL
        SELECT
            c.template_id,
            c.events,
            CASE c.action WHEN 'viewed' THEN c.events ELSE 0 END,
            CASE c.action WHEN 'filled' THEN c.events ELSE 0 END,
            CASE c.action WHEN 'submitted' THEN c.events ELSE 0 END,
            c.last_used_at,
            c.recount
        FROM public.template_usage_changes AS c
        WHERE c.contractor_config_id = p_contractor_id
    ) AS u
    INNER JOIN public.templates AS t ON u.template_id = t.id
    GROUP BY t.id
    HAVING sum(u.events) > 0
    ORDER BY t.name;
END;
$$;

-- Row-level security and grants: contractors read their own; nobody but the triggers and dbt writes -------------------

ALTER TABLE public.template_usage_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.template_usage_rollup ENABLE ROW LEVEL SECURITY;

CREATE POLICY template_usage_changes_service ON public.template_usage_changes
FOR SELECT TO service_role USING (true);
CREATE POLICY template_usage_changes_own ON public.template_usage_changes
FOR SELECT TO authenticated
USING (contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]));
CREATE POLICY template_usage_rollup_service ON public.template_usage_rollup
FOR SELECT TO service_role USING (true);
CREATE POLICY template_usage_rollup_own ON public.template_usage_rollup
FOR SELECT TO authenticated
USING (contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]));

REVOKE ALL ON public.template_usage_changes, public.template_usage_rollup
FROM public, anon, authenticated, service_role;
GRANT SELECT ON public.template_usage_changes, public.template_usage_rollup TO authenticated, service_role;
REVOKE ALL ON FUNCTION
public.queue_template_usage(), public.queue_altered_template_usage(), public.forget_template_usage()
FROM public, anon, authenticated, service_role;

-- Down Migration
-- DROP TRIGGER mep_template_usage_forget ON public.mep_template_usage;
-- DROP TRIGGER mep_template_usage_queue_altered ON public.mep_template_usage;
-- DROP TRIGGER mep_template_usage_queue_removed ON public.mep_template_usage;
-- DROP TRIGGER mep_template_usage_queue_added ON public.mep_template_usage;
-- DROP FUNCTION public.forget_template_usage();
-- DROP FUNCTION public.queue_altered_template_usage();
-- DROP FUNCTION public.queue_template_usage();
-- CREATE OR REPLACE FUNCTION public.get_contractor_template_stats(p_contractor_id UUID)
-- RETURNS TABLE (
--     template_id UUID,
--     template_name TEXT,
--     trade public.TRADE_TYPE,
--     views BIGINT,
--     fills BIGINT,
--     submissions BIGINT,
--     last_used_at TIMESTAMPTZ
-- )
-- LANGUAGE plpgsql STABLE
-- SET search_path = ''
-- AS $$
-- BEGIN
--     PERFORM public.require_contractor(p_contractor_id);
--     RETURN QUERY
--     SELECT
--         t.id,
--         t.name,
--         t.trade,
--         count(*) FILTER (WHERE u.action = 'viewed'),
--         count(*) FILTER (WHERE u.action = 'filled'),
--         count(*) FILTER (WHERE u.action = 'submitted'),
--         max(u.timestamp)
--     FROM public.mep_template_usage AS u
--     INNER JOIN public.templates AS t ON u.template_id = t.id
--     WHERE u.contractor_config_id = p_contractor_id
--     GROUP BY t.id
--     ORDER BY t.name;
-- END;
-- $$;
-- -- The views that dbt built on these go with them; those that migrations made before are again as they made them.
-- DROP TABLE public.template_usage_rollup, public.template_usage_changes CASCADE;
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
