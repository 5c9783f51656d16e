-- Takes the ready records of one type, as sending claims them.
-- Parameters: contractor, type.

INSERT INTO planned
SELECT
    c.id,
    r.id,
    r.csv_import_id,
    c.coperniq_type,
    r.record_number,
    CASE WHEN c.coperniq_id IS NULL THEN 'created' ELSE 'updated' END,
    c.sent_data,
    r.mapped_data,
    c.parent_ids
FROM coperniq_records AS c
INNER JOIN csv_import_records AS r ON c.csv_import_record_id = r.id AND c.csv_import_id = r.csv_import_id
WHERE
    c.contractor_config_id = %(contractor)s
    AND c.coperniq_type = %(type)s
    AND c.state = 'ready'
    AND c.undone_record_id IS DISTINCT FROM c.csv_import_record_id
