-- What the planner believes of an import. Statistics name the imports that were there when they were taken; of any
-- other the planner would believe that it holds no row, and read all of its rows, again and again, to find a few.
-- Without statistics it takes each for a two-hundredth of the table.

ALTER TABLE public.csv_import_records ALTER COLUMN csv_import_id SET STATISTICS 0;
ALTER TABLE public.coperniq_records ALTER COLUMN csv_import_id SET STATISTICS 0;

-- Down Migration
-- ALTER TABLE public.coperniq_records ALTER COLUMN csv_import_id SET STATISTICS -1;
-- ALTER TABLE public.csv_import_records ALTER COLUMN csv_import_id SET STATISTICS -1;
