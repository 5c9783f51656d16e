-- What contractors may say of rows that they add themselves: of none that it is wrong without saying why, and
-- nothing that only the pipeline knows. The function that adds them stays as it was, behind one that asks first.

ALTER FUNCTION public.add_csv_import_record(
    UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[]
) RENAME TO insert_csv_import_record;

CREATE FUNCTION public.add_csv_import_record(
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
BEGIN
    -- One data test looks at the rows of all contractors: none may fail it for the others. The service role is believed.
    IF EXISTS (
        SELECT FROM public.csv_imports AS i
        WHERE i.id = p_import_id AND i.contractor_config_id = ANY (public.current_contractor_ids())
    ) THEN
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
    RETURN public.insert_csv_import_record(
        p_import_id,
        p_record_number,
        p_record_data,
        p_status,
        p_error_message,
        p_invalid_fields,
        p_missing_required_fields
    );
END;
$$;
COMMENT ON FUNCTION public.add_csv_import_record(
    UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[]
) IS
'Adds one record to an import that is not finished and returns its id; record_key by coperniq_record_key(). The counts
of the import are whoever finishes it to write. A contractor gives errors a message, and says of no row that it is
skipped.';

REVOKE ALL ON FUNCTION
public.insert_csv_import_record(UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[]),
public.add_csv_import_record(UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[])
FROM public, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION
public.add_csv_import_record(UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[])
TO authenticated, service_role;

-- Down Migration
-- DROP FUNCTION public.add_csv_import_record(
--     UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[]
-- );
-- ALTER FUNCTION public.insert_csv_import_record(
--     UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[]
-- ) RENAME TO add_csv_import_record;
-- GRANT EXECUTE ON FUNCTION
-- public.add_csv_import_record(UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[])
-- TO authenticated, service_role;
