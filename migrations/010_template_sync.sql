-- Templates that follow their YAML files: what vanished is retired instead of deleted, because submissions refer to it.

ALTER TABLE public.templates ADD COLUMN content_hash TEXT;
ALTER TABLE public.template_groups ADD COLUMN retired_at TIMESTAMPTZ;
ALTER TABLE public.template_fields
ADD COLUMN retired_at TIMESTAMPTZ,
ADD COLUMN coperniq_fields TEXT[] NOT NULL DEFAULT '{}',
ADD CONSTRAINT template_fields_coperniq_fields_are_names CHECK (
    array_to_string(coperniq_fields, ' ', '?') ~ '^([A-Z][A-Za-z]*\.[a-z][A-Za-z0-9]*( (?=.)|$))*$'
);

COMMENT ON COLUMN public.templates.content_hash IS
'SHA-256 of what the YAML file said when it was synced last; NULL where a template came from elsewhere.';
COMMENT ON COLUMN public.template_groups.retired_at IS
'When the YAML file stopped naming the group; NULL while it names it.';
COMMENT ON COLUMN public.template_fields.retired_at IS
'When the YAML file stopped naming the field; NULL while it names it. A field that comes back keeps its id.';
COMMENT ON COLUMN public.template_fields.coperniq_fields IS
'Fields of Coperniq that the field fills, such as {Contact.emails,Site.clientId}.';

CREATE OR REPLACE FUNCTION public.get_template_full(p_template_name TEXT) RETURNS JSONB
LANGUAGE sql STABLE
SET search_path = ''
AS $$
    SELECT (to_jsonb(t) - 'content_hash') || jsonb_build_object('groups', coalesce((
        SELECT jsonb_agg(
            (to_jsonb(g) - 'retired_at') || jsonb_build_object('fields', coalesce((
                SELECT jsonb_agg(to_jsonb(f) - 'retired_at' ORDER BY f.display_order, f.name)
                FROM public.template_fields AS f
                WHERE f.group_id = g.id AND f.retired_at IS NULL
            ), '[]'))
            ORDER BY g.display_order, g.name
        )
        FROM public.template_groups AS g
        WHERE g.template_id = t.id AND g.retired_at IS NULL
    ), '[]'))
    FROM public.templates AS t
    WHERE t.name = p_template_name;
$$;
COMMENT ON FUNCTION public.get_template_full(TEXT) IS
'The template of that name as one object: its columns, and groups[] with fields[] in display order, without what is '
'retired. NULL if unknown.';

CREATE OR REPLACE VIEW public.template_summary WITH (security_invoker = true) AS
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
    (
        SELECT count(*) FROM public.template_groups AS g
        WHERE g.template_id = t.id AND g.retired_at IS NULL
    ) AS group_count,
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
    INNER JOIN public.template_groups AS tg ON tf.group_id = tg.id
    WHERE tf.template_id = t.id AND tf.retired_at IS NULL AND tg.retired_at IS NULL
) AS f;
COMMENT ON VIEW public.template_summary IS
'One row for each template, with the numbers of its groups and fields that are not retired.';

-- Down Migration
-- CREATE OR REPLACE VIEW public.template_summary WITH (security_invoker = true) AS
-- SELECT
--     t.id AS template_id,
--     t.name AS template_name,
--     t.display_name,
--     t.trade,
--     t.phase,
--     t.category,
--     t.compliance,
--     t.work_order_type,
--     t.version,
--     t.is_active,
--     (SELECT count(*) FROM public.template_groups AS g WHERE g.template_id = t.id) AS group_count,
--     f.field_count,
--     f.required_field_count,
--     t.created_at,
--     t.updated_at
-- FROM public.templates AS t
-- CROSS JOIN LATERAL (
--     SELECT
--         count(*) AS field_count,
--         count(*) FILTER (WHERE tf.is_required) AS required_field_count
--     FROM public.template_fields AS tf
--     WHERE tf.template_id = t.id
-- ) AS f;
-- COMMENT ON VIEW public.template_summary IS 'One row for each template, with the numbers of its groups and fields.';
-- CREATE OR REPLACE FUNCTION public.get_template_full(p_template_name TEXT) RETURNS JSONB
-- LANGUAGE sql STABLE
-- SET search_path = ''
-- AS $$
--     SELECT to_jsonb(t) || jsonb_build_object('groups', coalesce((
--         SELECT jsonb_agg(
--             to_jsonb(g) || jsonb_build_object('fields', coalesce((
--                 SELECT jsonb_agg(to_jsonb(f) ORDER BY f.display_order, f.name)
--                 FROM public.template_fields AS f
--                 WHERE f.group_id = g.id
--             ), '[]'))
--             ORDER BY g.display_order, g.name
--         )
--         FROM public.template_groups AS g
--         WHERE g.template_id = t.id
--     ), '[]'))
--     FROM public.templates AS t
--     WHERE t.name = p_template_name;
-- $$;
-- COMMENT ON FUNCTION public.get_template_full(TEXT) IS
-- 'The template of that name as one object: its columns, and groups[] with fields[] in display order. '
-- 'NULL if unknown.';
-- ALTER TABLE public.template_fields DROP COLUMN coperniq_fields, DROP COLUMN retired_at;
-- ALTER TABLE public.template_groups DROP COLUMN retired_at;
-- ALTER TABLE public.templates DROP COLUMN content_hash;
