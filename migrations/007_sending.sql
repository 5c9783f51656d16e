-- Sending by one run at a time for each contractor, and taking back what was sent. Nothing here is for contractors:
-- only the service role reads it.

CREATE TABLE public.contractor_leases (
    contractor_config_id UUID PRIMARY KEY REFERENCES public.mep_contractor_configs (id) ON DELETE CASCADE,
    token BIGINT NOT NULL DEFAULT 0,
    expires_at TIMESTAMPTZ NOT NULL DEFAULT '-infinity',
    taken_by TEXT,
    taken_at TIMESTAMPTZ,
    resumes_at TIMESTAMPTZ
) WITH (fillfactor = 50);

COMMENT ON TABLE public.contractor_leases IS
'Which run works for a contractor. A run that dies holds its lease until it expires; one that ends gives it back.';
COMMENT ON COLUMN public.contractor_leases.token IS
'Grows whenever the lease is taken or given back. A run writes only in transactions in which its token is still here.';
COMMENT ON COLUMN public.contractor_leases.expires_at IS 'From then on another run may take the lease.';
COMMENT ON COLUMN public.contractor_leases.taken_by IS 'The run that took it last, for people.';
COMMENT ON COLUMN public.contractor_leases.resumes_at IS
'When what waits may be sent again, where the last sending was told so: a day''s requests were used up, or Coperniq
asked for a long pause. Else NULL.';

ALTER TABLE public.coperniq_records ADD COLUMN undone_record_id UUID;

COMMENT ON COLUMN public.coperniq_records.undone_record_id IS
'The row that a rollback takes back: while it is the row whose values are to be in Coperniq, the record is to be
deleted.';

ALTER TYPE public.csv_import_status ADD VALUE IF NOT EXISTS 'rolled_back';

ALTER TABLE public.contractor_leases ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.contractor_leases FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.contractor_leases TO service_role;

CREATE POLICY contractor_leases_service ON public.contractor_leases
FOR ALL TO service_role USING (true) WITH CHECK (true);

-- Down Migration
-- -- PostgreSQL takes no value out of an enum: rolled_back goes with its type.
-- UPDATE public.coperniq_records SET state = 'synced'
-- WHERE undone_record_id = csv_import_record_id AND state = 'ready';
-- ALTER TABLE public.coperniq_records DROP COLUMN undone_record_id;
-- DROP TABLE public.contractor_leases;
