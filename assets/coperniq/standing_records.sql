-- The records of an import by what a rollback does with them; follows standings.sql, and takes its parameters.
-- Parameters beside those: most (records of one standing; NULL for all).

SELECT
    s.standing,
    coalesce(own.record_number, s.record_number) AS row,
    s.record_key AS key,
    s.coperniq_id,
    CASE s.standing
        WHEN 'updated by a later import'
            THEN format('Row %%s of %%s, import %%s,', s.record_number, later.import_name, left(later.id::TEXT, 8))
        WHEN 'in a later import too, unchanged' THEN same.called
        WHEN 'in use by records of other imports' THEN users.called
        WHEN 'there before the import, updated by it' THEN replayed.called
    END AS other
FROM (
    SELECT
        *,
        row_number() OVER (PARTITION BY standing ORDER BY record_number) AS place
    FROM standings
) AS s
LEFT JOIN csv_imports AS later ON s.csv_import_id = later.id
-- Which row of this import it was, where another import's has come since. Each is looked up (OFFSET 0).
LEFT JOIN LATERAL (
    SELECT r.record_number
    FROM csv_import_records AS r
    WHERE
        s.standing = 'updated by a later import'
        AND r.coperniq_id = s.coperniq_id
        AND r.csv_import_id = %(import)s
    ORDER BY r.record_number
    LIMIT 1
) AS own ON TRUE
LEFT JOIN LATERAL (
    SELECT format('Row %%s of %%s, import %%s,', r.record_number, m.import_name, left(m.id::TEXT, 8)) AS called
    FROM csv_import_records AS r
    INNER JOIN csv_imports AS m ON r.csv_import_id = m.id
    WHERE
        s.standing = 'in a later import too, unchanged'
        AND r.coperniq_id = s.coperniq_id
        AND r.status = 'skipped'
        AND m.contractor_config_id = %(contractor)s
        AND m.coperniq_type = %(type)s
        AND m.status <> 'rolled_back'
    ORDER BY m.created_at DESC, r.record_number
    LIMIT 1
) AS same ON TRUE
LEFT JOIN (
    SELECT
        coperniq_id,
        string_agg(
            format(
                '%%s × %%s of %%s', records, coperniq_type,
                coalesce(import_name || ', import ' || left(import_id::TEXT, 8), 'Coperniq from before')
            ), '; ' ORDER BY records DESC, import_name
        ) AS called
    FROM (
        SELECT
            used.coperniq_id,
            used.coperniq_type,
            m.id AS import_id,
            m.import_name,
            count(*) AS records
        FROM used
        INNER JOIN standings AS held
            ON used.coperniq_id = held.coperniq_id AND held.standing = 'in use by records of other imports'
        LEFT JOIN csv_imports AS m ON used.csv_import_id = m.id
        GROUP BY used.coperniq_id, used.coperniq_type, m.id
    ) AS user_of
    GROUP BY coperniq_id
) AS users ON s.coperniq_id = users.coperniq_id
-- Of a replay: what a record was before stands in the row that its own repeats, or one before that, where it was sent.
LEFT JOIN LATERAL (
    WITH RECURSIVE line AS (
        SELECT
            r.corrects_record_id,
            r.coperniq_id
        FROM csv_import_records AS now
        INNER JOIN csv_import_records AS r ON now.corrects_record_id = r.id
        WHERE
            s.standing = 'there before the import, updated by it'
            AND now.csv_import_id = %(import)s
            AND now.record_number = s.record_number
        UNION ALL
        SELECT
            r.corrects_record_id,
            r.coperniq_id
        FROM line
        INNER JOIN csv_import_records AS r ON line.corrects_record_id = r.id
    )

    SELECT format('%%s, import %%s', m.import_name, left(m.id::TEXT, 8)) AS called
    FROM replays AS p
    INNER JOIN csv_imports AS i ON p.csv_import_id = i.id
    INNER JOIN csv_imports AS m ON i.parent_import_id = m.id
    WHERE p.csv_import_id = %(import)s AND EXISTS (SELECT FROM line WHERE line.coperniq_id = s.coperniq_id)
) AS replayed ON TRUE
WHERE %(most)s::INTEGER IS NULL OR s.place <= %(most)s
ORDER BY row, s.record_key
