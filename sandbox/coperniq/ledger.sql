-- What the ledger says beyond the ids: the request that carried a mutation, and the values that each record had after it
-- (before it, for a delete), as a JSON array in the order of record_ids.
ALTER TABLE operations ADD COLUMN request INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operations ADD COLUMN record_values TEXT NOT NULL DEFAULT '[]';

-- One row for each request that met a fault, written before the fault happens. Where there is an operation of the same
-- request, it was carried out all the same.
CREATE TABLE faults (
    request INTEGER PRIMARY KEY,
    company_id INTEGER,
    label TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 1;  -- store.sql alone is 0
