-- Tracing: by which rules the rows of an import were judged, and which of its rows each request was about.

ALTER TABLE public.csv_imports ADD COLUMN rules_version INTEGER CHECK (rules_version >= 1);

COMMENT ON COLUMN public.csv_imports.rules_version IS
'Version of the rules by which its rows were transformed and judged, as docs/rules.md lists them; NULL until then, and
where nobody noted it.';

ALTER TABLE public.coperniq_sync_log ADD COLUMN record_numbers INT4MULTIRANGE;

COMMENT ON COLUMN public.coperniq_sync_log.record_numbers IS
'Which rows of the import the request was about, by record_number; NULL where it was about none, and where nobody noted
it.';

-- Down Migration
-- -- With the views that dbt made of them, until its next build.
-- ALTER TABLE public.coperniq_sync_log DROP COLUMN record_numbers CASCADE;
-- ALTER TABLE public.csv_imports DROP COLUMN rules_version CASCADE;
