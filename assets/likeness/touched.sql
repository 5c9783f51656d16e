-- The contacts that some rows of an import are, or whose sites they are. The first statement is for an import of
-- contacts, the second for one of sites. Parameters: contractor, import, after, until (record numbers). Each record is
-- looked up by itself (OFFSET 0).

SELECT c.id
FROM csv_import_records AS r
CROSS JOIN LATERAL (
    SELECT id
    FROM coperniq_records
    WHERE contractor_config_id = %(contractor)s AND coperniq_type = 'Contact' AND record_key = r.record_key
    OFFSET 0
) AS c
WHERE
    r.csv_import_id = %(import)s
    AND r.record_number > %(after)s
    AND r.record_number <= %(until)s
    AND r.status IN ('valid', 'warning')
;

-- A contact that was compared since the sites were entered was compared with them.
SELECT DISTINCT c.id
FROM csv_import_records AS r
INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
CROSS JOIN LATERAL (
    SELECT listed.record_id
    FROM coperniq_record_names AS listed
    WHERE
        listed.name_hash = hashtextextended(
            r.parent_keys ->> 'clientId', hashtextextended('Contact', uuid_hash_extended(%(contractor)s, 0))
        )
    UNION ALL
    SELECT known.id
    FROM coperniq_records AS known
    WHERE known.coperniq_type = 'Contact' AND known.coperniq_id = r.mapped_data ->> 'clientId'
    OFFSET 0
) AS listed
CROSS JOIN LATERAL (
    SELECT *
    FROM coperniq_records
    WHERE id = listed.record_id
    OFFSET 0
) AS c
LEFT JOIN csv_imports AS own ON c.csv_import_id = own.id
WHERE
    r.csv_import_id = %(import)s
    AND r.record_number > %(after)s
    AND r.record_number <= %(until)s
    AND r.status IN ('valid', 'warning')
    AND c.contractor_config_id = %(contractor)s
    AND c.coperniq_type = 'Contact'
    AND (own.compared_at IS NULL OR own.compared_at < m.entered_at)
