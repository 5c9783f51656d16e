-- What contractors with a known preset may fill: active templates of their trades and phases that the preset offers. A
-- contractor that names no trades has those of its preset; one that names no phases, all. Others keep what they chose.
WITH offered AS (
    SELECT o.preset, o.trade, o.phases, o.is_own
    FROM jsonb_to_recordset(%(offers)s) AS o (preset TEXT, trade TEXT, phases TEXT[], is_own BOOLEAN)
),

enabled AS (
    SELECT
        c.id,
        ARRAY(
            SELECT t.name
            FROM templates AS t
            INNER JOIN offered AS o ON t.trade::text = o.trade
            WHERE o.preset = c.preset_used
                AND t.is_active
                AND (o.trade = ANY (c.trades) OR (c.trades = '{}' AND o.is_own))
                AND (t.phase IS NULL OR t.phase::text = ANY (o.phases))
                AND (t.phase IS NULL OR c.phases = '{}' OR t.phase::text = ANY (c.phases))
            ORDER BY t.name
        ) AS names
    FROM mep_contractor_configs AS c
    WHERE c.preset_used IN (SELECT o.preset FROM offered AS o)
        AND (%(contractor)s::uuid IS NULL OR c.id = %(contractor)s)
)

UPDATE mep_contractor_configs AS c
SET templates_enabled = e.names
FROM enabled AS e
WHERE c.id = e.id AND c.templates_enabled IS DISTINCT FROM e.names
