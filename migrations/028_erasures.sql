-- Erasures: a person's values go, everywhere; the rows that held them stay, so that every count still holds.

CREATE FUNCTION public.erased_key(p_key TEXT, p_salt UUID) RETURNS TEXT
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = ''
AS $$
    SELECT 'erased:' || encode(sha256(convert_to(p_salt || ' ' || p_key, 'UTF8')), 'hex');
$$;
COMMENT ON FUNCTION public.erased_key(TEXT, UUID) IS
'What stands in the place of a key that was erased: erased: and, in hexadecimal, SHA-256 of a salt, a blank and the key.
The salt of an erasure''s rows and records is kept nowhere: those that had one key still have one, which nobody can tell.';

CREATE FUNCTION public.email_pattern(p_email TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = ''
AS $$
    -- In the text of a JSON document a letter may stand before it that belongs to an escape, such as that of a line's
    -- end; or it is its own first letter that does, and the address another one. An apostrophe may be a quotation mark, or
    -- stand in a longer address.
    SELECT '((?<![[:alnum:]_.%+-])(?<![[:alnum:]]'')'
        || CASE WHEN p_email ~ '^[bfnrt]' THEN '(?<!(?:^|[^\\])(?:\\\\)*\\)' ELSE '' END
        || '|(?<=\\[bfnrt]''?))'
        || regexp_replace(p_email, '([][\\.^$*+?(){}|])', '\\\1', 'g')
        || '(?![[:alnum:]_-]|\.[[:alnum:]])';
$$;
COMMENT ON FUNCTION public.email_pattern(TEXT) IS
'A regular expression that finds an e-mail address in a text, and no longer one that begins or ends like it.';

CREATE TABLE public.erasures (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    contractor_config_id UUID NOT NULL REFERENCES public.mep_contractor_configs (id) ON DELETE CASCADE,
    asked_hash TEXT NOT NULL CHECK (asked_hash ~ '^erased:[0-9a-f]{64}$'),
    counts JSONB NOT NULL,
    import_ids UUID[] NOT NULL,
    in_coperniq TEXT[] NOT NULL,
    requested_by TEXT NOT NULL,
    erased_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    completed_at TIMESTAMPTZ CHECK (completed_at >= erased_at)
);

COMMENT ON TABLE public.erasures IS
'One row for each time that a person''s values were erased from what a contractor''s files and forms brought.';
COMMENT ON COLUMN public.erasures.asked_hash IS
'erased_key() of the e-mail address, normalised, and of id: who has the address can ask whether it was erased.';
COMMENT ON COLUMN public.erasures.counts IS 'How many of what were changed or removed, by what they are.';
COMMENT ON COLUMN public.erasures.import_ids IS
'The imports whose rows were changed: what the outbox has of them is removed and written anew.';
COMMENT ON COLUMN public.erasures.in_coperniq IS
'What was in Coperniq, and is no concern of the erasure: type and id of each record, such as {Contact contact_12}.';
COMMENT ON COLUMN public.erasures.erased_at IS 'The same time as in erased_at of the rows and forms that it changed.';
COMMENT ON COLUMN public.erasures.completed_at IS
'When the outbox was written anew; NULL until then: the same command goes on.';

CREATE INDEX idx_erasures_contractor ON public.erasures (contractor_config_id, erased_at);

ALTER TABLE public.csv_import_records ADD COLUMN erased_at TIMESTAMPTZ;
ALTER TABLE public.mep_form_submissions
ADD COLUMN erased_at TIMESTAMPTZ,
ADD CONSTRAINT mep_form_submissions_erased CHECK (erased_at IS NULL OR form_data = '{}');

COMMENT ON COLUMN public.csv_import_records.erased_at IS
'When the values of the row were erased, because they were a person''s who asked for it; else NULL. Its status, its
place and a hash in the place of its key stay.';
COMMENT ON COLUMN public.mep_form_submissions.erased_at IS
'When the answers were erased, because they were a person''s who asked for it; else NULL.';

CREATE INDEX idx_csv_import_records_erased ON public.csv_import_records (erased_at) WHERE erased_at IS NOT NULL;

ALTER TABLE public.erasures ENABLE ROW LEVEL SECURITY;

CREATE POLICY erasures_service ON public.erasures
FOR ALL TO service_role USING (true) WITH CHECK (true);

REVOKE ALL ON public.erasures FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON public.erasures TO service_role;

-- A name that goes from a record leads to it no more. Triggers of a row fire in the order of their names: this one
-- before coperniq_records_list_names_on_update, which lists the names that stay.
CREATE FUNCTION public.forget_coperniq_names() RETURNS TRIGGER
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
    DELETE FROM public.coperniq_record_names AS n
    USING unnest(OLD.names) AS given (name)
    WHERE
        n.record_id = OLD.id
        AND n.name_hash = hashtextextended(
            given.name, hashtextextended(OLD.coperniq_type, uuid_hash_extended(OLD.contractor_config_id, 0))
        );
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.forget_coperniq_names() IS
'Trigger: takes the names of a record that loses one out of coperniq_record_names.';

CREATE TRIGGER coperniq_records_forget_names
AFTER UPDATE OF names ON public.coperniq_records
FOR EACH ROW WHEN (NOT NEW.names @> OLD.names)
EXECUTE FUNCTION public.forget_coperniq_names();

COMMENT ON COLUMN public.coperniq_records.names IS
'Every name by which the record may be referred to, normalised, without doubles. They only grow, until they are
erased.';

CREATE FUNCTION public.require_eraser() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    -- With the owner's rights: that is erase_form_submissions(), and nobody who fills or reviews forms.
    IF NOT pg_has_role(
        current_user,
        (SELECT c.relowner FROM pg_catalog.pg_class AS c WHERE c.oid = TG_RELID),
        'USAGE'
    ) THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'Only `mep erase` erases what a form says: revise the form to correct it.';
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.require_eraser() IS
'Trigger: only who owns the table erases what a form says.';

CREATE TRIGGER mep_form_submissions_erase
BEFORE UPDATE ON public.mep_form_submissions
FOR EACH ROW WHEN (
    NEW.erased_at IS DISTINCT FROM OLD.erased_at
    OR (NEW.reviewed_by = 'erased' AND OLD.reviewed_by IS DISTINCT FROM 'erased')
)
EXECUTE FUNCTION public.require_eraser();

-- What is erased is not kept.
DROP TRIGGER mep_form_submissions_keep ON public.mep_form_submissions;
CREATE TRIGGER mep_form_submissions_keep
BEFORE UPDATE ON public.mep_form_submissions
FOR EACH ROW WHEN (
    (
        NEW.erased_at IS DISTINCT FROM OLD.erased_at
        OR (NEW.reviewed_by = 'erased' AND OLD.reviewed_by IS DISTINCT FROM 'erased')
    ) IS NOT TRUE
)
EXECUTE FUNCTION public.keep_form_submission();

CREATE FUNCTION public.erase_form_submissions(p_contractor_id UUID, p_ids UUID[], p_email TEXT) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
    v_erased BIGINT;
BEGIN
    UPDATE public.mep_form_submissions AS s
    SET
        form_data = '{}',
        form_title = 'Erased',
        review_reason = CASE WHEN s.review_reason IS NOT NULL THEN 'Erased.' END,
        -- Answers that are not there fill nothing, so that no form is exported; one that was on its way ends.
        coperniq_import_status = CASE s.coperniq_import_status
            WHEN 'pending' THEN 'failed' ELSE s.coperniq_import_status
        END,
        coperniq_import_error = CASE WHEN s.coperniq_import_status IN ('pending', 'failed') THEN 'Erased.' END,
        erased_at = now()
    WHERE s.contractor_config_id = p_contractor_id AND s.id = ANY(p_ids) AND s.erased_at IS NULL;
    GET DIAGNOSTICS v_erased = ROW_COUNT;

    UPDATE public.mep_form_submissions AS s
    SET
        submitted_by = CASE WHEN public.normalise_key(s.submitted_by) <> p_email THEN s.submitted_by END,
        reviewed_by = CASE WHEN public.normalise_key(s.reviewed_by) = p_email THEN 'erased' ELSE s.reviewed_by END
    WHERE s.contractor_config_id = p_contractor_id
        AND p_email IN (public.normalise_key(s.submitted_by), public.normalise_key(s.reviewed_by));
    RETURN v_erased;
END;
$$;
COMMENT ON FUNCTION public.erase_form_submissions(UUID, UUID[], TEXT) IS
'Erases the answers of forms of a contractor, and of all its forms the address of a person who filled or reviewed them.
Returns how many forms lost their answers. Erased forms stay empty, and are not exported.';

CREATE FUNCTION public.erase_from_sync_log(p_contractor_id UUID, p_email TEXT) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
    v_pattern TEXT := public.email_pattern(p_email);
    v_entry public.coperniq_sync_log;
    v_changed BIGINT := 0;
BEGIN
    IF p_email !~ '^[^[:space:]@]+@[^[:space:]@]+$' OR NOT EXISTS (
        SELECT FROM public.erasures AS e
        WHERE e.contractor_config_id = p_contractor_id
            AND e.erased_at = now()
            AND e.asked_hash = public.erased_key(p_email, e.id)
    ) THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'Only `mep erase` erases from the audit log: an address whose erasure this transaction writes down.';
    END IF;
    -- No entry is updated, by nobody: one that names a person gives way to itself without the name.
    FOR v_entry IN
        DELETE FROM public.coperniq_sync_log AS l
        WHERE l.contractor_config_id = p_contractor_id
            AND concat_ws(E'\n', l.api_error_message, l.api_error_code, l.performed_by) ~* v_pattern
        RETURNING l.*
    LOOP
        v_entry.api_error_message := regexp_replace(v_entry.api_error_message, v_pattern, '[erased]', 'gi');
        v_entry.api_error_code := regexp_replace(v_entry.api_error_code, v_pattern, '[erased]', 'gi');
        v_entry.performed_by := regexp_replace(v_entry.performed_by, v_pattern, '[erased]', 'gi');
        INSERT INTO public.coperniq_sync_log SELECT (v_entry).*;
        v_changed := v_changed + 1;
    END LOOP;
    RETURN v_changed;
END;
$$;
COMMENT ON FUNCTION public.erase_from_sync_log(UUID, TEXT) IS
'Puts [erased] in the place of a normalised e-mail address in the texts of a contractor''s entries, and returns how many
entries that were. Everything else in them stays, ids and times included. Only in the transaction that has written in
erasures that the address is erased.';

REVOKE ALL ON FUNCTION
public.forget_coperniq_names(),
public.require_eraser(),
public.erased_key(TEXT, UUID),
public.email_pattern(TEXT),
public.erase_form_submissions(UUID, UUID[], TEXT),
public.erase_from_sync_log(UUID, TEXT)
FROM public, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION
public.erased_key(TEXT, UUID),
public.email_pattern(TEXT),
public.erase_form_submissions(UUID, UUID[], TEXT),
public.erase_from_sync_log(UUID, TEXT)
TO service_role;

-- Down Migration
-- DROP FUNCTION public.erase_from_sync_log(UUID, TEXT), public.erase_form_submissions(UUID, UUID[], TEXT);
--
-- DROP TRIGGER mep_form_submissions_erase ON public.mep_form_submissions;
-- DROP TRIGGER mep_form_submissions_keep ON public.mep_form_submissions;
-- CREATE TRIGGER mep_form_submissions_keep
-- BEFORE UPDATE ON public.mep_form_submissions
-- FOR EACH ROW EXECUTE FUNCTION public.keep_form_submission();
-- DROP FUNCTION public.require_eraser();
--
-- DROP TRIGGER coperniq_records_forget_names ON public.coperniq_records;
-- DROP FUNCTION public.forget_coperniq_names();
-- COMMENT ON COLUMN public.coperniq_records.names IS
-- 'Every name by which the record may be referred to, normalised, without doubles. They only grow.';
--
-- -- With the views that dbt made of them, until its next build.
-- ALTER TABLE public.mep_form_submissions DROP COLUMN erased_at CASCADE;
-- ALTER TABLE public.csv_import_records DROP COLUMN erased_at CASCADE;
-- DROP TABLE public.erasures;
-- DROP FUNCTION public.erased_key(TEXT, UUID), public.email_pattern(TEXT);
