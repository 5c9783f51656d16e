-- What somebody has to hear of: alerts, each once for a subject and a cause, and which of them are not delivered yet.
-- Nothing here is for contractors: only the service role reads it.

CREATE TABLE public.alerts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    cause TEXT NOT NULL CHECK (cause ~ '^[a-z_]{1,40}$'),
    subject_kind TEXT NOT NULL CHECK (subject_kind ~ '^[a-z_]{1,40}$'),
    subject_id TEXT NOT NULL CHECK (length(subject_id) BETWEEN 1 AND 300),
    contractor_config_id UUID REFERENCES public.mep_contractor_configs (id) ON DELETE CASCADE,
    said TEXT NOT NULL CHECK (length(said) <= 2000),
    records BIGINT CHECK (records >= 0),
    run_id TEXT,
    first_seen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_seen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    closed_at TIMESTAMPTZ,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    sent_at TIMESTAMPTZ,
    UNIQUE (cause, subject_kind, subject_id)
);

COMMENT ON TABLE public.alerts IS
'One row for each subject and cause that somebody has to hear of; open while closed_at is NULL. No row''s values.';
COMMENT ON COLUMN public.alerts.cause IS 'Why, such as import_failed; docs/alerts.md lists them.';
COMMENT ON COLUMN public.alerts.subject_kind IS 'What it is about, such as import or contractor.';
COMMENT ON COLUMN public.alerts.subject_id IS
'Which one: an id or a slug, with the day (2026-03-01) behind it where the same is said once a day.';
COMMENT ON COLUMN public.alerts.said IS 'What happened, in a sentence; as it was seen last.';
COMMENT ON COLUMN public.alerts.records IS 'How many rows or records it is about; NULL where it is about none.';
COMMENT ON COLUMN public.alerts.run_id IS 'Dagster''s run that found it; NULL where it was found outside a run.';
COMMENT ON COLUMN public.alerts.closed_at IS
'When what lasts was over, or a week after what happened once; NULL while it is open.';
COMMENT ON COLUMN public.alerts.attempts IS 'How often its delivery was begun.';
COMMENT ON COLUMN public.alerts.next_attempt_at IS 'When it may be delivered, as long as sent_at is NULL.';
COMMENT ON COLUMN public.alerts.sent_at IS 'When the webhook took it.';

CREATE INDEX idx_alerts_due ON public.alerts (next_attempt_at) WHERE sent_at IS NULL AND closed_at IS NULL;
CREATE INDEX idx_alerts_open ON public.alerts (cause, last_seen_at) WHERE closed_at IS NULL;
CREATE INDEX idx_alerts_contractor ON public.alerts (contractor_config_id);

ALTER TABLE public.mep_contractor_configs
ADD COLUMN rejected_share NUMERIC(4, 3) NOT NULL DEFAULT 0.100 CHECK (rejected_share BETWEEN 0 AND 1);

COMMENT ON COLUMN public.mep_contractor_configs.rejected_share IS
'The share of an import''s rows that may be errors, from 0 to 1, before somebody is told.';

-- What checks ask for at every run, however many imports a contractor has had, and however many records it has.
CREATE INDEX idx_csv_imports_completed ON public.csv_imports (contractor_config_id, completed_at DESC);
CREATE INDEX idx_csv_imports_unentered ON public.csv_imports (contractor_config_id, created_at)
WHERE entered_at IS NULL AND source_path IS NOT NULL AND status NOT IN ('failed', 'rolled_back');
CREATE INDEX idx_coperniq_records_claimed ON public.coperniq_records (claimed_at) WHERE state = 'in_flight';

ALTER TABLE public.alerts ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.alerts FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.alerts TO service_role;

CREATE POLICY alerts_service ON public.alerts
FOR ALL TO service_role USING (true) WITH CHECK (true);

-- Down Migration
-- DROP INDEX public.idx_coperniq_records_claimed;
-- DROP INDEX public.idx_csv_imports_unentered;
-- DROP INDEX public.idx_csv_imports_completed;
-- ALTER TABLE public.mep_contractor_configs DROP COLUMN rejected_share;
-- DROP TABLE public.alerts;
