-- What contractors may say of rows that they add themselves: of none that it is wrong without saying why, and
-- nothing that only the pipeline knows.

CREATE OR REPLACE FUNCTION public.add_csv_import_record(
    p_import_id UUID,
    p_record_number INTEGER,
    p_record_data JSONB,
    p_status public.CSV_RECORD_STATUS DEFAULT 'valid',
    p_error_message TEXT DEFAULT NULL,
    p_invalid_fields TEXT[] DEFAULT NULL,
    p_missing_required_fields TEXT[] DEFAULT NULL
) RETURNS UUID
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
    v_import RECORD;
    v_id UUID;
BEGIN
    SELECT i.contractor_config_id, i.coperniq_type INTO v_import
    FROM public.csv_imports AS i
    WHERE i.id = p_import_id;
    PERFORM public.require_contractor(v_import.contractor_config_id);
    IF v_import.contractor_config_id IS NULL THEN
        RAISE foreign_key_violation USING MESSAGE = format('There is no import %s.', coalesce(p_import_id::text, '(none)'));
    END IF;

    -- One data test looks at the rows of all contractors: none may fail it for the others. The service role is believed.
    IF v_import.contractor_config_id = ANY (public.current_contractor_ids()) THEN
        IF p_status = 'error' AND coalesce(btrim(p_error_message), '') = '' THEN
            RAISE check_violation USING MESSAGE = format(
                'Row %s is an error without a message: say in p_error_message what is wrong and what to do.',
                p_record_number
            );
        ELSIF p_status = 'skipped' THEN
            RAISE check_violation USING MESSAGE = format(
                'Row %s cannot be added as skipped: what is in Coperniq already is found by the pipeline. Add it as valid.',
                p_record_number
            );
        END IF;
    END IF;

    INSERT INTO public.csv_import_records (
        csv_import_id,
        record_number,
        record_data,
        record_key,
        status,
        error_message,
        invalid_fields,
        missing_required_fields,
        processed_at
    ) VALUES (
        p_import_id,
        p_record_number,
        p_record_data,
        public.coperniq_record_key(v_import.coperniq_type, p_record_data),
        p_status,
        p_error_message,
        p_invalid_fields,
        p_missing_required_fields,
        clock_timestamp()
    ) RETURNING id INTO v_id;
    RETURN v_id;
END;
$$;
COMMENT ON FUNCTION public.add_csv_import_record(
    UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[]
) IS
'Adds one record to an import that is not finished and returns its id; record_key by coperniq_record_key(). The counts
of the import are whoever finishes it to write. A contractor gives errors a message, and says of no row that it is
skipped.';

-- To the letter what migration 003 has.
-- noqa: disable=LT05

-- Down Migration
-- CREATE OR REPLACE FUNCTION public.add_csv_import_record(
--     p_import_id UUID,
--     p_record_number INTEGER,
--     p_record_data JSONB,
--     p_status public.CSV_RECORD_STATUS DEFAULT 'valid',
--     p_error_message TEXT DEFAULT NULL,
--     p_invalid_fields TEXT[] DEFAULT NULL,
--     p_missing_required_fields TEXT[] DEFAULT NULL
-- ) RETURNS UUID
-- LANGUAGE plpgsql SECURITY DEFINER
-- SET search_path = ''
-- AS $$
-- DECLARE
--     v_import RECORD;
--     v_id UUID;
-- BEGIN
--     SELECT i.contractor_config_id, i.coperniq_type INTO v_import
--     FROM public.csv_imports AS i
--     WHERE i.id = p_import_id;
--     PERFORM public.require_contractor(v_import.contractor_config_id);
--     IF v_import.contractor_config_id IS NULL THEN
--         RAISE foreign_key_violation USING MESSAGE = format('There is no import %s.', coalesce(p_import_id::text, '(none)'));
--     END IF;
--
--     INSERT INTO public.csv_import_records (
--         csv_import_id,
--         record_number,
--         record_data,
--         record_key,
--         status,
--         error_message,
--         invalid_fields,
--         missing_required_fields,
--         processed_at
--     ) VALUES (
--         p_import_id,
--         p_record_number,
--         p_record_data,
--         public.coperniq_record_key(v_import.coperniq_type, p_record_data),
--         p_status,
--         p_error_message,
--         p_invalid_fields,
--         p_missing_required_fields,
--         clock_timestamp()
--     ) RETURNING id INTO v_id;
--     RETURN v_id;
-- END;
-- $$;
-- COMMENT ON FUNCTION public.add_csv_import_record(
--     UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[]
-- ) IS
-- 'Adds one record to an import that is not finished and returns its id; record_key by coperniq_record_key(). The counts
-- of the import are whoever finishes it to write.';
