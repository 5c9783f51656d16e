-- What was done with forms lately: a review of an old one leaves its time, and no usage event.

CREATE INDEX idx_form_submissions_recent
ON public.mep_form_submissions (greatest(created_at, submitted_at, approved_at, archived_at));

-- Down Migration
-- DROP INDEX public.idx_form_submissions_recent;
