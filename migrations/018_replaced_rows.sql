-- Which row stands in the place of another that was not sent: where the former is rolled back, the latter has its turn
-- again.

ALTER TABLE public.csv_import_records ADD COLUMN replaced_by_id UUID;

COMMENT ON COLUMN public.csv_import_records.replaced_by_id IS
'The row that stands in the place of this one, which was not sent: a later one with the same key, or the same record.
Whatever comes after that one is named here, too. NULL for a row that has or had its turn, or was rolled back.';

CREATE INDEX idx_csv_import_records_replaced ON public.csv_import_records (replaced_by_id)
WHERE replaced_by_id IS NOT NULL;

-- Down Migration
-- ALTER TABLE public.csv_import_records DROP COLUMN replaced_by_id;
