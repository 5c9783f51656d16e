-- The database's users of a deployment. Run by the owner of the tables (on Supabase: postgres), after each
-- `mep migrate up` and the `dbt run` that follows it, as often as one likes; it needs CREATEROLE and BYPASSRLS, or a
-- superuser where PostgreSQL is older than 16, and no psql: Supabase's SQL editor does.
--
--   mep_pipeline  reads and writes the rows of the product's tables, as far as the pipeline does, and rebuilds the
--                 contents of dbt's views. It makes, alters and drops nothing else. DATABASE_URL names it.
--   mep_dagster   owns schema dagster, where Dagster keeps its runs, and sees nothing else. DAGSTER_DATABASE_URL names
--                 it.
--   mep_views     owns dbt's views and has no right on any table. Nobody logs in as it; mep_pipeline is a member. A view
--                 that shows what its owner may see, instead of what its reader may, shows nothing.
--
-- None has a password from here: set them with psql's \password, which sends a hash. docs/security.md says more.

DO $roles$
DECLARE
    v_role TEXT;
    v_right RECORD;
    v_name TEXT;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['mep_pipeline', 'mep_dagster'] LOOP
        IF to_regrole(v_role) IS NULL THEN
            EXECUTE format('CREATE ROLE %I LOGIN', v_role);
        END IF;
        -- Who owns the tables goes on replacing dbt's views, and can hand things over to these two.
        EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
        EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), v_role);
    END LOOP;

    IF to_regrole('mep_views') IS NULL THEN
        CREATE ROLE mep_views NOLOGIN;
    END IF;
    EXECUTE 'GRANT mep_views TO CURRENT_USER, mep_pipeline';

    -- COPY does not go into a table whose row-level security holds for the user; what it may do is said below.
    ALTER ROLE mep_pipeline BYPASSRLS;
    -- Of a pooler in transaction mode, a connection has what its user has and nothing that a client set.
    EXECUTE format('ALTER ROLE mep_dagster IN DATABASE %I SET search_path = dagster', current_database());
    CREATE SCHEMA IF NOT EXISTS dagster;
    FOR v_name IN SELECT c.oid::REGCLASS FROM pg_class AS c
        WHERE c.relnamespace = 'dagster'::REGNAMESPACE AND c.relkind IN ('r', 'p')
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO mep_dagster', v_name);
    END LOOP;
    ALTER SCHEMA dagster OWNER TO mep_dagster;

    -- What the owner gave earlier and gives no more is taken back.
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM mep_pipeline;
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM mep_pipeline;
    GRANT USAGE ON SCHEMA public, analytics, auth, supabase_migrations TO mep_pipeline;
    GRANT SELECT ON supabase_migrations.schema_migrations TO mep_pipeline;

    FOR v_right IN
        SELECT *
        FROM (VALUES
            ('alerts', 'SELECT, INSERT, UPDATE'),
            ('contractor_leases', 'SELECT, INSERT, UPDATE'),
            ('coperniq_api_keys', 'SELECT, INSERT, UPDATE'),
            ('coperniq_api_requests', 'SELECT, INSERT, UPDATE, DELETE'),
            ('coperniq_field_mapping', 'SELECT, INSERT, UPDATE, DELETE'),
            ('coperniq_findings', 'SELECT, INSERT, UPDATE'),
            ('coperniq_record_names', 'SELECT'),
            ('coperniq_records', 'SELECT, INSERT, UPDATE, DELETE'),
            ('coperniq_seen', 'SELECT, INSERT, DELETE'),
            ('coperniq_sync_log', 'SELECT, INSERT'),
            ('csv_column_mapping', 'SELECT, INSERT, UPDATE, DELETE'),
            ('csv_import_records', 'SELECT, INSERT, UPDATE, DELETE'),
            ('csv_imports', 'SELECT, INSERT, UPDATE'),
            ('customer_blocks', 'SELECT, INSERT, DELETE'),
            ('data_lineage', 'SELECT, INSERT, UPDATE'),
            -- Erasing is the owner's, and the service role's.
            ('erasures', 'SELECT'),
            ('form_exports', 'SELECT, INSERT, UPDATE'),
            ('inbox_files', 'SELECT, INSERT, UPDATE, DELETE'),
            -- Not with which e-mail it signs in: that decides who sees what.
            (
                'mep_contractor_configs',
                'SELECT, INSERT, UPDATE (slug, trades, markets, phases, preset_used, templates_enabled, is_active,'
                ' rejected_share)'
            ),
            -- Neither what a form says nor its review: both are people's.
            (
                'mep_form_submissions',
                'SELECT, UPDATE (coperniq_import_status, coperniq_import_id, coperniq_import_error)'
            ),
            ('mep_template_usage', 'SELECT, INSERT'),
            ('possible_duplicates', 'SELECT, INSERT, UPDATE'),
            ('replays', 'SELECT, INSERT'),
            ('retention_log', 'SELECT, INSERT'),
            ('template_fields', 'SELECT, INSERT, UPDATE'),
            ('template_groups', 'SELECT, INSERT, UPDATE'),
            -- Filled by triggers, with the owner's rights.
            ('template_usage_changes', 'SELECT, DELETE'),
            ('template_usage_rollup', 'SELECT, INSERT, UPDATE, DELETE'),
            ('templates', 'SELECT, INSERT, UPDATE')
        ) AS needed (table_name, rights)
    LOOP
        EXECUTE format('GRANT %s ON public.%I TO mep_pipeline', v_right.rights, v_right.table_name);
    END LOOP;

    GRANT SELECT ON
        public.coperniq_sync_history, public.form_submission_details, public.open_csv_import_records,
        public.template_summary
    TO mep_pipeline;
    -- To lock the forms that it shows; they can be changed through it as far as in their own table.
    GRANT SELECT, UPDATE ON public.forms_to_export TO mep_pipeline;
    -- A function that runs with its caller's rights gives nobody more of them.
    FOR v_name IN SELECT f.oid::REGPROCEDURE FROM pg_proc AS f
        WHERE f.pronamespace = 'public'::REGNAMESPACE AND f.prokind = 'f' AND NOT f.prosecdef
            AND f.prorettype <> 'trigger'::REGTYPE AND pg_has_role(f.proowner, 'USAGE')
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO mep_pipeline', v_name);
    END LOOP;
    -- Those that run with the owner's are given one by one.
    GRANT EXECUTE ON FUNCTION public.forget_sync_log(TIMESTAMPTZ, INTEGER) TO mep_pipeline;

    -- dbt gives its views their grants and comments again and again, which takes an owner. To give one another content
    -- takes CREATE on the schema, which nobody who works on contractors' files has: that is the owner's `dbt run`, and
    -- a view that no migration makes is there from the first of these on.
    GRANT USAGE, CREATE ON SCHEMA public, analytics TO mep_views;
    FOR v_name IN SELECT c.oid::REGCLASS FROM pg_class AS c
        WHERE c.relkind = 'v' AND (c.relnamespace = 'analytics'::REGNAMESPACE
            OR c.relnamespace = 'public'::REGNAMESPACE AND c.relname IN (
                'contractor_summary', 'coperniq_api_performance', 'csv_import_summary', 'data_quality_by_import',
                'form_funnel', 'import_error_causes', 'record_cells', 'record_lineage', 'record_requests',
                'stuck_imports', 'template_usage_analytics'
            ))
    LOOP
        EXECUTE format('ALTER VIEW %s OWNER TO mep_views', v_name);
    END LOOP;
    REVOKE CREATE ON SCHEMA public, analytics FROM mep_views;

    IF NOT has_schema_privilege('mep_pipeline', 'auth', 'USAGE') THEN
        RAISE EXCEPTION 'mep_pipeline may not use schema auth: let that one''s owner GRANT it USAGE ON SCHEMA auth.';
    END IF;
END;
$roles$;
