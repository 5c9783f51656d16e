-- Lets Coperniq have taken what was taken of one type, and refused what refused names, so that children find parents.
-- Parameters: contractor, type.

UPDATE coperniq_records AS c
SET state = 'rejected'
FROM refused
WHERE c.id = refused.record_id
;

DELETE FROM planned
USING refused
WHERE planned.record_id = refused.record_id
;

UPDATE coperniq_records AS c
SET
    state = 'synced',
    -- A whole number, which is what the REST API takes for an id.
    coperniq_id = coalesce(c.coperniq_id, (8000000000000000 + sent.number)::TEXT)
FROM (
    SELECT
        record_id,
        row_number() OVER (ORDER BY record_id) AS number
    FROM planned
    WHERE coperniq_type = %(type)s
) AS sent
WHERE c.id = sent.record_id
