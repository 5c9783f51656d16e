-- Where an e-mail address stands, of what a contractor's files and forms brought, and whose row each such row is.
-- Parameters: contractor, email (normalised), pattern (a regular expression for it), types, fields and parents (the
-- fields by which rows say whose they are, and the type of the parent that a reference names; NULL for an e-mail), named
-- (the types whose records have names of their own).
-- Makes identifying and identifying_columns, naming, found_rows and found_forms, and, empty, found_records, found_pairs,
-- found_names, and changed_imports for what the outbox is to have anew. Reads every row of the contractor.

CREATE TEMP TABLE identifying ON COMMIT DROP AS
SELECT *
FROM unnest(%(types)s::TEXT [], %(fields)s::TEXT [], %(parents)s::TEXT []) AS f (coperniq_type, field, parent_type)
;

-- Where a file's mapping has these fields; rows that a program added have them under their own names.
CREATE TEMP TABLE identifying_columns ON COMMIT DROP AS
SELECT
    m.id AS csv_import_id,
    f.parent_type,
    c.csv_column_header AS header
FROM csv_imports AS m
INNER JOIN identifying AS f ON m.coperniq_type = f.coperniq_type
INNER JOIN csv_column_mapping AS c ON m.id = c.csv_import_id AND f.field = c.coperniq_field_name
WHERE m.contractor_config_id = %(contractor)s
UNION
SELECT
    m.id,
    f.parent_type,
    f.field
FROM csv_imports AS m
INNER JOIN identifying AS f ON m.coperniq_type = f.coperniq_type
WHERE
    m.contractor_config_id = %(contractor)s
    AND NOT EXISTS (
        SELECT FROM csv_column_mapping AS c
        WHERE c.csv_import_id = m.id
    )
;

CREATE INDEX identifying_columns_import ON identifying_columns (csv_import_id)
;

CREATE TEMP TABLE found_rows (
    id UUID PRIMARY KEY,
    csv_import_id UUID NOT NULL,
    coperniq_type TEXT NOT NULL
) ON COMMIT DROP
;

CREATE TEMP TABLE found_records (
    id UUID PRIMARY KEY,
    coperniq_type TEXT NOT NULL,
    record_key TEXT NOT NULL,
    coperniq_id TEXT
) ON COMMIT DROP
;

CREATE TEMP TABLE found_forms (id UUID PRIMARY KEY) ON COMMIT DROP
;

CREATE TEMP TABLE found_pairs (id UUID PRIMARY KEY) ON COMMIT DROP
;

CREATE TEMP TABLE found_names (
    coperniq_type TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (coperniq_type, name)
) ON COMMIT DROP
;

CREATE TEMP TABLE changed_imports (id UUID NOT NULL) ON COMMIT DROP
;

-- Finding a text is cheap, and the expression is put to what has it alone.
CREATE TEMP TABLE naming ON COMMIT DROP AS
SELECT
    r.id,
    r.csv_import_id,
    m.coperniq_type
FROM csv_imports AS m
INNER JOIN csv_import_records AS r ON m.id = r.csv_import_id
CROSS JOIN LATERAL (
    SELECT
        lower(concat_ws(
            E'\n', r.record_data, r.mapped_data, r.record_key, r.names, r.parent_keys, r.error_message
        )) AS text
    OFFSET 0
) AS said
WHERE
    m.contractor_config_id = %(contractor)s
    AND r.erased_at IS NULL
    AND CASE WHEN strpos(said.text, lower(%(email)s)) > 0 THEN said.text ~* %(pattern)s ELSE false END
;

-- A row is the person's where it says so in a column that says whose it is, or in any cell where nothing says whose it
-- is, neither such a column nor a name that the record has itself; another's row may hold the address, too.
INSERT INTO found_rows (id, csv_import_id, coperniq_type)
SELECT
    n.id,
    n.csv_import_id,
    n.coperniq_type
FROM naming AS n
INNER JOIN csv_import_records AS r ON n.id = r.id AND n.csv_import_id = r.csv_import_id
INNER JOIN csv_imports AS m ON n.csv_import_id = m.id
CROSS JOIN LATERAL (
    SELECT
        coalesce(bool_or(column_of.cell ~* %(pattern)s), false) AS the_person,
        coalesce(bool_or(btrim(column_of.cell) <> ''), false) AS anybody
    FROM identifying_columns AS c
    CROSS JOIN LATERAL (SELECT r.record_data ->> c.header) AS column_of (cell)
    WHERE c.csv_import_id = n.csv_import_id
) AS names
WHERE
    names.the_person
    OR r.record_key = %(email)s
    OR %(email)s = ANY(r.names)
    OR EXISTS (SELECT FROM jsonb_each_text(r.parent_keys) AS p WHERE p.value = %(email)s)
    -- A row of a file that could not be read has its cells anywhere.
    OR (
        r.status = 'error'
        AND r.invalid_fields IS NULL
        AND r.missing_required_fields IS NULL
        AND m.source_path IS NOT NULL
    )
    OR (
        (r.record_key IS NULL OR n.coperniq_type <> ALL(%(named)s))
        AND NOT names.anybody
        AND EXISTS (
            SELECT FROM jsonb_path_query(r.record_data, 'strict $.**') AS v (cell)
            WHERE jsonb_typeof(v.cell) = 'string' AND normalise_key(v.cell #>> '{}') = %(email)s
        )
    )
;

-- A form is about one customer: whatever answer has the address.
INSERT INTO found_forms (id)
SELECT s.id
FROM mep_form_submissions AS s
WHERE
    s.contractor_config_id = %(contractor)s
    AND s.erased_at IS NULL
    AND concat_ws(E'\n', s.form_data, s.form_title, s.review_reason, s.coperniq_import_error) ~* %(pattern)s
