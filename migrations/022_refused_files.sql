-- Files that are refused before anything of them is registered: why, and when they are looked at again. Somebody is
-- told of them. What was in their way may be gone without a change of the file, such as an override that is mended.

ALTER TABLE public.inbox_files
ADD COLUMN refused TEXT,
ADD COLUMN refused_since TIMESTAMPTZ,
ADD COLUMN again_at TIMESTAMPTZ,
ADD CONSTRAINT inbox_files_refused CHECK (
    (refused IS NULL) = (refused_since IS NULL) AND (refused IS NULL) = (again_at IS NULL)
    AND (refused IS NULL OR taken_at IS NULL)
);

COMMENT ON COLUMN public.inbox_files.taken_at IS
'When a run had looked at this version, whatever became of it; NULL until then, and while it is refused.';
COMMENT ON COLUMN public.inbox_files.refused IS
'Why a run could not register this version, so that csv_imports has no row of it; NULL where none was refused.';
COMMENT ON COLUMN public.inbox_files.refused_since IS 'When a run refused this version first.';
COMMENT ON COLUMN public.inbox_files.again_at IS 'When it is looked at again.';

CREATE INDEX idx_inbox_files_refused ON public.inbox_files (contractor_config_id) WHERE refused IS NOT NULL;

-- What finished lately, of all contractors.
CREATE INDEX idx_csv_imports_finished ON public.csv_imports (completed_at);

-- Down Migration
-- DROP INDEX public.idx_csv_imports_finished;
-- COMMENT ON COLUMN public.inbox_files.taken_at IS
-- 'When a run had looked at this version, whatever became of it; NULL until then.';
-- ALTER TABLE public.inbox_files DROP COLUMN refused, DROP COLUMN refused_since, DROP COLUMN again_at;
