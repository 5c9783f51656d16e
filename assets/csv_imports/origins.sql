-- How old the values of imports are: those of a fix file as old as the file that its rows came in first.
-- Parameters: import, contractor. Makes origins: each import of the contractor with its age, and whether it is older or
-- newer than the one that is settled or entered. Grows with the number of imports.

CREATE TEMP TABLE origins ON COMMIT DROP AS
WITH RECURSIVE line AS (
    SELECT
        id,
        created_at
    FROM csv_imports
    WHERE contractor_config_id = %(contractor)s AND parent_import_id IS NULL
    UNION ALL
    SELECT
        i.id,
        line.created_at
    FROM line
    INNER JOIN csv_imports AS i ON line.id = i.parent_import_id
)

SELECT
    line.id,
    line.created_at < own.created_at AS is_older,
    line.created_at > own.created_at AS is_newer
FROM line
INNER JOIN line AS own ON own.id = %(import)s
