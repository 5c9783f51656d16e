-- Records that were in Coperniq before the pipeline came: which company has them, so that nothing is sent by their ids
-- to another one.

ALTER TABLE public.coperniq_records ADD COLUMN adopted_company_id TEXT;

COMMENT ON COLUMN public.coperniq_records.adopted_company_id IS
'The company of Coperniq that had the record before the pipeline sent it; NULL for one that the pipeline made, and for
one that was found before the company was noted. data_lineage names the company of what was sent.';

CREATE INDEX idx_coperniq_records_adopted ON public.coperniq_records (contractor_config_id, adopted_company_id)
WHERE adopted_company_id IS NOT NULL;

-- Down Migration
-- DROP INDEX public.idx_coperniq_records_adopted;
-- ALTER TABLE public.coperniq_records DROP COLUMN adopted_company_id;
