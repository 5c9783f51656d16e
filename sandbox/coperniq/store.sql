-- The store of the sandbox: what Coperniq would hold, and what the server did.

-- One row a record of any type. Times are microseconds since 1970, UTC. They never fall as seq rises, so
-- (created_at, seq) is the order of insertion, which pages follow. seq is never used twice, also after a reset.
CREATE TABLE records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    company_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    fields TEXT NOT NULL
) STRICT;
CREATE INDEX records_in_order ON records (company_id, type, created_at);

-- One row for each value of each natural-key or reference field of a record: what makes look-ups quick. `hash` stands
-- for company, type, field and value (`value_index.hash_value()`), which keeps the entries short. Two values may share a
-- hash, so a hit is a candidate only.
CREATE TABLE field_values (
    hash INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (hash, seq)
) STRICT, WITHOUT ROWID;

-- One row: the records up to this seq are in field_values. The later ones are put there in bulk, before they are looked up.
CREATE TABLE value_index_progress (up_to INTEGER NOT NULL) STRICT;
INSERT INTO value_index_progress VALUES (0);

-- The server's own ledger: one row for each mutation that was carried out, with the ids it wrote as a JSON array.
CREATE TABLE operations (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    transaction_id TEXT NOT NULL UNIQUE,
    company_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    record_ids TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

PRAGMA application_id = 1129271377;  -- "COPQ"
