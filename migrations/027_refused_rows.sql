-- Which rows Coperniq refused for good, on the row itself: the state of a record is nothing that contractors may read.

ALTER TABLE public.csv_import_records ADD COLUMN refused_at TIMESTAMPTZ;

COMMENT ON COLUMN public.csv_import_records.refused_at IS
'When Coperniq refused the row for good, or its parent turned out to be ambiguous; error_message says why. NULL for all
others, and for a record that Coperniq only refused to delete.';

UPDATE public.csv_import_records AS r
SET refused_at = c.updated_at
FROM public.coperniq_records AS c
WHERE c.state = 'rejected' AND r.id = c.csv_import_record_id AND r.coperniq_id IS NULL;

-- Down Migration
-- -- With the views that dbt made of it, until its next build.
-- ALTER TABLE public.csv_import_records DROP COLUMN refused_at CASCADE;
