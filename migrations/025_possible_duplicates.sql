-- Possible duplicates: customers that are probably one, under two keys. They are offered for review; nothing is merged.

CREATE TABLE public.customer_blocks (
    block BIGINT NOT NULL,
    record_id UUID NOT NULL REFERENCES public.coperniq_records (id) ON DELETE CASCADE,
    PRIMARY KEY (block, record_id)
);

COMMENT ON TABLE public.customer_blocks IS
'Where to look for customers like one: those that share a phone number, a mailbox or a house have a block in common.';
COMMENT ON COLUMN public.customer_blocks.block IS 'Hash of the contractor and of what is shared.';

CREATE INDEX idx_customer_blocks_record ON public.customer_blocks (record_id);

CREATE TABLE public.possible_duplicates (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    contractor_config_id UUID NOT NULL REFERENCES public.mep_contractor_configs (id) ON DELETE CASCADE,
    csv_import_id UUID REFERENCES public.csv_imports (id) ON DELETE SET NULL,
    first_key TEXT NOT NULL,
    second_key TEXT NOT NULL,
    score NUMERIC(3, 2) NOT NULL CHECK (score BETWEEN 0 AND 1),
    reasons TEXT[] NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'same', 'different')),
    decided_by TEXT,
    decided_at TIMESTAMPTZ,
    found_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CHECK (first_key < second_key COLLATE "C"),
    CHECK ((state = 'open') = (decided_at IS NULL) AND (state = 'open') = (decided_by IS NULL))
);

COMMENT ON TABLE public.possible_duplicates IS
'One row for each pair of contacts that are probably one customer, by their keys; a decided pair is not offered again.';
COMMENT ON COLUMN public.possible_duplicates.csv_import_id IS 'The import that brought the pair to light first.';
COMMENT ON COLUMN public.possible_duplicates.first_key IS
'record_key of one contact; second_key is the other''s, in the order of their bytes.';
COMMENT ON COLUMN public.possible_duplicates.score IS 'How alike the two were when they were compared, from 0 to 1.';
COMMENT ON COLUMN public.possible_duplicates.reasons IS
'What is the same and what is not, such as {"same name","other e-mail"}; nobody''s values.';
COMMENT ON COLUMN public.possible_duplicates.state IS
'open: nobody has looked. same: one customer, to be corrected by hand. different: two customers.';

-- A key may be longer than what an index takes.
CREATE UNIQUE INDEX idx_possible_duplicates_pair ON public.possible_duplicates (
    contractor_config_id, hashtextextended(first_key, hashtextextended(second_key, 0))
);
CREATE INDEX idx_possible_duplicates_open ON public.possible_duplicates (contractor_config_id) WHERE state = 'open';
CREATE INDEX idx_possible_duplicates_import ON public.possible_duplicates (csv_import_id);

ALTER TABLE public.csv_imports
ADD COLUMN compared_rows INTEGER NOT NULL DEFAULT 0 CHECK (compared_rows >= 0),
ADD COLUMN compared_at TIMESTAMPTZ;

COMMENT ON COLUMN public.csv_imports.compared_rows IS
'Up to which record_number its customers were compared with all others of the contractor, for possible_duplicates.';
COMMENT ON COLUMN public.csv_imports.compared_at IS
'When all of them were; NULL until then.';

CREATE INDEX idx_csv_imports_uncompared ON public.csv_imports (contractor_config_id)
WHERE compared_at IS NULL AND entered_at IS NOT NULL AND coperniq_type IN ('Contact', 'Site');

ALTER TABLE public.customer_blocks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.possible_duplicates ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.customer_blocks, public.possible_duplicates FROM public, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.customer_blocks, public.possible_duplicates TO service_role;
GRANT SELECT ON public.possible_duplicates TO authenticated;

CREATE POLICY customer_blocks_service ON public.customer_blocks
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY possible_duplicates_service ON public.possible_duplicates
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY possible_duplicates_own ON public.possible_duplicates
FOR SELECT TO authenticated
USING (contractor_config_id = ANY((SELECT public.current_contractor_ids())::UUID[]));

-- Down Migration
-- DROP INDEX public.idx_csv_imports_uncompared;
-- ALTER TABLE public.csv_imports DROP COLUMN compared_at, DROP COLUMN compared_rows;
-- DROP TABLE public.possible_duplicates;
-- DROP TABLE public.customer_blocks;
