-- Files as they come: how a file was read, where each record stands in it, and how sure the mapping of a column is.

ALTER TABLE public.csv_imports
ADD COLUMN read_as JSONB,
ADD COLUMN warnings TEXT[],
ADD COLUMN entered_at TIMESTAMPTZ;

COMMENT ON COLUMN public.csv_imports.read_as IS
'How the file was read, such as {"encoding": "cp1252", "confidence": 0.9, "delimiter": ";"} or {"sheet": "Customers"}.';
COMMENT ON COLUMN public.csv_imports.warnings IS
'What is doubtful about the file as a whole, a sentence each; NULL for nothing. What is wrong with a row stands there.';
COMMENT ON COLUMN public.csv_imports.entered_at IS
'When the rows to send were entered into coperniq_records; NULL until then.';

-- What was imported before was entered in the same transaction.
UPDATE public.csv_imports SET entered_at = completed_at WHERE status IN ('success', 'partial_success');

ALTER TABLE public.csv_import_records
ADD COLUMN line_number INTEGER CHECK (line_number >= 1);

COMMENT ON COLUMN public.csv_import_records.line_number IS
'The physical line, from 1, at which the record begins in its file, or the row of its sheet; record_number counts
records.';

ALTER TABLE public.csv_column_mapping
ADD COLUMN source TEXT CHECK (source IN ('name', 'alias', 'earlier', 'similar', 'override')),
ADD COLUMN confidence NUMERIC(3, 2) CHECK (confidence BETWEEN 0 AND 1);

COMMENT ON COLUMN public.csv_column_mapping.source IS
'What matched the header: the field''s name, an alias, this contractor''s earlier choice, likeness, or the contractor''s
override file; NULL for a column that nothing fits.';
COMMENT ON COLUMN public.csv_column_mapping.confidence IS 'From 0 to 1; 1 for anything but likeness.';

-- Down Migration
-- ALTER TABLE public.csv_column_mapping DROP COLUMN source, DROP COLUMN confidence;
-- ALTER TABLE public.csv_import_records DROP COLUMN line_number;
-- ALTER TABLE public.csv_imports DROP COLUMN read_as, DROP COLUMN warnings, DROP COLUMN entered_at;
