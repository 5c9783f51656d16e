-- Makes planned: a row for each record that would be sent, with what was sent of it last and what would be now.

CREATE TEMP TABLE planned (
    record_id UUID PRIMARY KEY,
    row_id UUID NOT NULL,
    csv_import_id UUID NOT NULL,
    coperniq_type TEXT NOT NULL,
    record_number INTEGER NOT NULL,
    operation TEXT NOT NULL,
    before JSONB,
    after JSONB NOT NULL,
    parent_ids JSONB NOT NULL
) ON COMMIT DROP
;

CREATE TEMP TABLE refused (record_id UUID PRIMARY KEY, said TEXT NOT NULL) ON COMMIT DROP
