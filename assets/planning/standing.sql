-- What a plan for a contractor rests on, a digest for each part: the sum over its rows, in whatever order they come.
-- Parameters: contractor.

SELECT
    (
        SELECT
            concat_ws(' ', count(*), sum(hashtextextended(
                concat_ws('|', id, status, file_hash, entered_at IS NULL), 0
            )))
        FROM csv_imports
        WHERE contractor_config_id = %(contractor)s
    ) AS imports,
    (
        SELECT
            concat_ws(' ', count(*), sum(hashtextextended(
                concat_ws(
                    '|', i.id, m.csv_column_number, m.csv_column_header, m.coperniq_field_name, m.source,
                    m.transformation_params
                ), 0
            )))
        FROM csv_imports AS i
        INNER JOIN csv_column_mapping AS m ON i.id = m.csv_import_id
        WHERE i.contractor_config_id = %(contractor)s
    ) AS columns,
    (
        SELECT
            concat_ws(' ', count(*), sum(hashtextextended(
                concat_ws(
                    '|', id, record_key, state, coperniq_id, csv_import_record_id, undone_record_id, names,
                    extract(EPOCH FROM updated_at)
                ), 0
            )))
        FROM coperniq_records
        WHERE contractor_config_id = %(contractor)s
    ) AS records
