-- How often the reading of an import was begun. A file that ends every run that reads it, as one does that takes more
-- memory than there is, leaves nothing else behind; it must not hold up its contractor's other files for ever.

ALTER TABLE public.csv_imports ADD COLUMN readings SMALLINT NOT NULL DEFAULT 0 CHECK (readings >= 0);

COMMENT ON COLUMN public.csv_imports.readings IS
'How often its reading was begun. More than once: runs died of it, or while they read it.';

-- Down Migration
-- ALTER TABLE public.csv_imports DROP COLUMN readings;
