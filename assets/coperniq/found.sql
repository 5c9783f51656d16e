-- What each reference of each waiting record means; what became ambiguous is refused.
-- Needs wanted, candidates and answers. Makes found: a row for each of wanted, with its parent.

-- Of several assets of one name, the one at the record's own site is meant; that is undecided while the site is not in
-- Coperniq.
CREATE TEMP TABLE found ON COMMIT DROP AS
WITH here AS (
    SELECT
        w.id,
        w.number,
        count(*) AS candidates,
        min(k.coperniq_id) AS coperniq_id,
        min(k.record_key) AS parent_key,
        max(k.record_key) AS other_key
    FROM wanted AS w
    INNER JOIN answers AS a ON w.number = a.number
    INNER JOIN wanted AS own ON w.id = own.id
    INNER JOIN answers AS site ON own.number = site.number
    INNER JOIN candidates AS k ON w.number = k.number AND site.coperniq_id = k.site_id
    WHERE a.candidates > 1 AND NOT k.refused AND w.field <> 'siteId' AND own.field = 'siteId' AND site.candidates = 1
    GROUP BY w.id, w.number
)

SELECT
    w.id,
    w.field,
    w.name,
    w.given,
    coalesce(here.candidates, a.candidates, 0) AS candidates,
    CASE WHEN here.id IS NULL THEN a.coperniq_id ELSE here.coperniq_id END AS coperniq_id,
    coalesce(here.parent_key, a.parent_key) AS parent_key,
    coalesce(here.other_key, a.other_key) AS other_key,
    a.refused,
    a.candidates > 1 AND here.id IS NULL AND own.id IS NOT NULL AND site.coperniq_id IS NULL AS undecided
FROM wanted AS w
LEFT JOIN answers AS a ON w.number = a.number
LEFT JOIN here ON w.id = here.id AND w.number = here.number
LEFT JOIN wanted AS own ON w.id = own.id AND w.field <> 'siteId' AND own.field = 'siteId'
LEFT JOIN answers AS site ON own.number = site.number
;

-- Ambiguous since its import was closed: refused here, with the reason on the row.
WITH refused AS (
    UPDATE coperniq_records AS c
    SET state = 'rejected', waiting_for = NULL, updated_at = now()
    FROM found AS f
    WHERE c.id = f.id AND f.candidates > 1 AND NOT f.undecided
    RETURNING c.csv_import_record_id, f.given, f.parent_key, f.other_key
)

UPDATE csv_import_records AS r
SET
    error_message = concat_ws(' ', r.error_message, format(
        '"%%s" is ambiguous: it may be %%s or %%s. Name one of them in row %%s and send the fix file.',
        left(refused.given, 80), left(refused.parent_key, 80), left(refused.other_key, 80), r.record_number
    )),
    refused_at = clock_timestamp()
FROM refused
WHERE r.id = refused.csv_import_record_id
;

ANALYZE found
