WITH templates AS (
    SELECT * FROM {{ ref('stg_templates') }}
),

steps AS (
    SELECT
        contractor_id,
        template_id,
        views,
        fills,
        NULL::uuid AS submission_id,
        NULL::public.submission_status AS status,
        NULL AS coperniq_import_status,
        NULL::timestamptz AS submitted_at,
        NULL::timestamptz AS approved_at
    FROM {{ ref('int_template_usage') }}
    WHERE views <> 0 OR fills <> 0
    UNION ALL
    SELECT
        contractor_id,
        template_id,
        0 AS views,
        0 AS fills,
        submission_id,
        status,
        coperniq_import_status,
        submitted_at,
        approved_at
    FROM {{ ref('stg_form_submissions') }}
)

SELECT
    steps.contractor_id,
    steps.template_id,
    templates.template_name,
    sum(steps.views)::bigint AS views,
    count(steps.submission_id) AS forms,
    count(steps.submitted_at) AS submitted,
    count(steps.approved_at) AS approved,
    count(*) FILTER (WHERE steps.status = 'rejected') AS rejected,
    count(*) FILTER (WHERE steps.coperniq_import_status = 'success') AS in_coperniq,
    count(*) FILTER (WHERE steps.coperniq_import_status = 'failed') AS failed,
    round(100.0 * count(steps.submitted_at) / nullif(count(steps.submission_id), 0), 2)::numeric(5, 2)
        AS submitted_rate,
    round(100.0 * count(steps.approved_at) / nullif(count(steps.submitted_at), 0), 2)::numeric(5, 2) AS approved_rate,
    templates.trade,
    sum(steps.fills)::bigint AS filled
FROM steps
INNER JOIN templates ON steps.template_id = templates.template_id
GROUP BY steps.contractor_id, steps.template_id, templates.template_name, templates.trade
-- What changed since the last roll-up may have taken away what is rolled up.
HAVING sum(steps.views) > 0 OR sum(steps.fills) > 0 OR count(steps.submission_id) > 0
