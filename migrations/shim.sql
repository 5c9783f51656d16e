-- What Supabase gives every database and a plain PostgreSQL lacks: the roles anon, authenticated and service_role, and
-- the schema auth with jwt(), uid() and role(). Made when, and only when, there is no schema auth; on Supabase this
-- does nothing. Not a numbered migration: it is run before them, every time, and is never rolled back.

DO $shim$
DECLARE
    v_role RECORD;
BEGIN
    IF to_regnamespace('auth') IS NOT NULL THEN
        RETURN;
    END IF;

    -- Roles belong to the cluster: another database may have made them, and may be making them at this moment.
    FOR v_role IN
        SELECT *
        FROM (VALUES ('anon', 'NOBYPASSRLS'), ('authenticated', 'NOBYPASSRLS'), ('service_role', 'BYPASSRLS'))
            AS wanted (role_name, row_security)
    LOOP
        IF to_regrole(v_role.role_name) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT %s', v_role.role_name, v_role.row_security);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL;
            END;
        END IF;
    END LOOP;

    CREATE SCHEMA auth;

    CREATE FUNCTION auth.jwt() RETURNS JSONB
    LANGUAGE sql STABLE
    AS 'SELECT nullif(current_setting(''request.jwt.claims'', true), '''')::jsonb';

    CREATE FUNCTION auth.uid() RETURNS UUID
    LANGUAGE sql STABLE
    AS 'SELECT nullif(auth.jwt() ->> ''sub'', '''')::uuid';

    CREATE FUNCTION auth.role() RETURNS TEXT
    LANGUAGE sql STABLE
    AS 'SELECT nullif(auth.jwt() ->> ''role'', '''')';

    COMMENT ON SCHEMA auth IS 'Stands in for Supabase''s schema of that name: who calls, as its API layer reports it.';
    COMMENT ON FUNCTION auth.jwt() IS 'The claims of the caller''s token (setting request.jwt.claims), or NULL.';
    COMMENT ON FUNCTION auth.uid() IS 'The claim sub of the caller''s token, or NULL.';
    COMMENT ON FUNCTION auth.role() IS 'The claim role of the caller''s token, or NULL.';

    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
    GRANT EXECUTE ON FUNCTION auth.jwt(), auth.uid(), auth.role() TO anon, authenticated, service_role;
    GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
END;
$shim$;
