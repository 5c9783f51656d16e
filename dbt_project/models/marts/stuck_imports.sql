-- Of files, the rule of the check no_import_is_stuck, in assets/csv_imports/health.sql: a test holds the two to the
-- same imports. Of others, whose records somebody adds, those that were begun: no lease tells who is at work.
WITH imports AS (
    SELECT
        *,
        coalesce(completed_at, started_at, created_at) AS stuck_since
    FROM {{ ref('stg_csv_imports') }}
    WHERE
        entered_at IS NULL
        AND status NOT IN ('failed', 'rolled_back')
        AND (source_path IS NOT NULL OR status IN ('validating', 'processing'))
),

contractors AS (
    SELECT * FROM {{ ref('stg_contractors') }}
),

leases AS (
    SELECT * FROM {{ ref('stg_contractor_leases') }}
)

SELECT
    imports.csv_import_id,
    imports.contractor_id,
    contractors.contractor_name,
    imports.import_name,
    imports.coperniq_type,
    imports.status,
    imports.total_records_attempted,
    imports.readings,
    imports.stuck_since,
    leases.taken_by AS last_run,
    CASE
        WHEN imports.source_path IS NULL
            THEN
                format(
                    'Add what is missing and finish it, or give it up: UPDATE csv_imports SET status = ''failed'', '
                    || 'error_summary = ''{"reason": "timeout"}'' WHERE id = %L;', imports.csv_import_id
                )
        WHEN NOT contractors.is_active
            THEN 'Its contractor is inactive: activate it, and the next run goes on with the import.'
        WHEN imports.completed_at IS NULL
            THEN format('Run `mep import %s`: it reads the file again, from its start.', contractors.slug)
        ELSE format('Run `mep import %s`: it enters the rows that were read, and sends them.', contractors.slug)
    END AS what_to_do
FROM imports
INNER JOIN contractors ON imports.contractor_id = contractors.contractor_id
LEFT JOIN leases ON imports.contractor_id = leases.contractor_id
WHERE
    CASE
        WHEN imports.source_path IS NULL THEN imports.stuck_since < now() - INTERVAL '30 minutes'
        ELSE
            imports.stuck_since < now() - INTERVAL '15 minutes'
            AND coalesce(leases.expires_at < now() - INTERVAL '15 minutes', true)
    END
