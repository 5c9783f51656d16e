-- What lies in the inbox and which of it runs have looked at, so that a file is taken once it is stable, and once. As
-- many rows as there are files in the inbox: those of files that are gone are deleted. Only the service role reads it.

CREATE TABLE public.inbox_files (
    -- In the order of bytes, in which folders are gone through.
    source_path TEXT COLLATE "C" PRIMARY KEY,
    contractor_config_id UUID NOT NULL REFERENCES public.mep_contractor_configs (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    taken_at TIMESTAMPTZ
);

COMMENT ON TABLE public.inbox_files IS
'One row for each file in the inbox that contractors'' folders were seen to hold. What its content became stands in
csv_imports.';
COMMENT ON COLUMN public.inbox_files.source_path IS 'Where it lies, relative to the inbox: <contractor>/<name>.';
COMMENT ON COLUMN public.inbox_files.version IS
'Differs when the file does: its size and time of change, and its inode or what a store of objects knows it by.';
COMMENT ON COLUMN public.inbox_files.seen_at IS
'When this version was seen first; it is stable when it stays for long enough.';
COMMENT ON COLUMN public.inbox_files.taken_at IS
'When a run had looked at this version, whatever became of it; NULL until then.';

CREATE INDEX idx_inbox_files_contractor ON public.inbox_files (contractor_config_id);

ALTER TABLE public.inbox_files ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.inbox_files FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.inbox_files TO service_role;

CREATE POLICY inbox_files_service ON public.inbox_files
FOR ALL TO service_role USING (true) WITH CHECK (true);

-- Down Migration
-- DROP TABLE public.inbox_files;
