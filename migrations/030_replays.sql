-- Replays: imports whose rows come from the stored rows of an earlier import, judged by other rules or another mapping.

CREATE TABLE public.replays (
    csv_import_id UUID PRIMARY KEY REFERENCES public.csv_imports (id) ON DELETE CASCADE,
    record_numbers INT4MULTIRANGE NOT NULL,
    mapping BYTEA,
    contacts_mapping BYTEA,
    date_orders JSONB NOT NULL DEFAULT '{}',
    CONSTRAINT replays_some_records CHECK (NOT isempty(record_numbers))
);

COMMENT ON TABLE public.replays IS
'What an import that replays its parent is to do, decided when it was registered, so that any run can go on with it.';
COMMENT ON COLUMN public.replays.csv_import_id IS 'The import; its parent_import_id is the one whose rows it replays.';
COMMENT ON COLUMN public.replays.record_numbers IS
'Which rows of the parent are replayed: those whose result differs. They keep their numbers.';
COMMENT ON COLUMN public.replays.mapping IS
'The mapping file that counts, byte for byte; NULL where there was none.';

COMMENT ON COLUMN public.replays.contacts_mapping IS
'The same of contacts, where the sites came in a file of contacts.';
COMMENT ON COLUMN public.replays.date_orders IS
'MDY or DMY for each date field whose order all rows of the parent decide.';

ALTER TABLE public.replays ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.replays FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.replays TO service_role;
CREATE POLICY replays_service ON public.replays FOR ALL TO service_role USING (true) WITH CHECK (true);

-- Down Migration
-- DROP TABLE public.replays;
