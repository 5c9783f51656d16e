-- Asks whose record each row of an import is.
-- Needs standing: each row as it stands. Makes asked, for owners.sql.

CREATE UNIQUE INDEX ON standing (record_number)
;

ANALYZE standing
;

DROP TABLE IF EXISTS pg_temp.owners
;

CREATE TEMP TABLE asked ON COMMIT DROP AS
SELECT row_id FROM standing
