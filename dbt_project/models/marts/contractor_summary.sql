WITH contractors AS (
    SELECT * FROM {{ ref('stg_contractors') }}
),

submissions AS (
    SELECT * FROM {{ ref('stg_form_submissions') }}
)

SELECT
    contractors.contractor_id,
    contractors.contractor_name,
    contractors.contractor_email,
    contractors.trades,
    contractors.markets,
    contractors.phases,
    contractors.preset_used,
    contractors.is_active,
    contractors.template_enabled_count::bigint AS template_enabled_count,
    counted.total_submissions,
    counted.draft_submissions,
    counted.submitted_submissions,
    counted.approved_submissions,
    counted.rejected_submissions,
    counted.archived_submissions,
    counted.last_submission_at,
    contractors.created_at,
    contractors.updated_at
FROM contractors
-- Lateral: a question about one contractor counts that one's submissions, not everybody's.
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total_submissions,
        count(*) FILTER (WHERE submissions.status = 'draft') AS draft_submissions,
        count(*) FILTER (WHERE submissions.status = 'submitted') AS submitted_submissions,
        count(*) FILTER (WHERE submissions.status = 'approved') AS approved_submissions,
        count(*) FILTER (WHERE submissions.status = 'rejected') AS rejected_submissions,
        count(*) FILTER (WHERE submissions.status = 'archived') AS archived_submissions,
        max(submissions.submitted_at) AS last_submission_at
    FROM submissions
    WHERE submissions.contractor_id = contractors.contractor_id
) AS counted
