-- One sync at a time writes a template, to the end of its transaction.
SELECT pg_advisory_xact_lock(hashtextextended(%(template)s::jsonb ->> 'name', 0))
;
-- The template as its file states it, by names: what is named keeps or gets back its id, what is not is retired.
WITH given AS (
    SELECT g.*
    FROM jsonb_to_record(%(template)s) AS g (
        name TEXT, display_name TEXT, trade TRADE_TYPE, phase PHASE_TYPE, category TEXT, description TEXT,
        compliance TEXT[], work_order_type TEXT, work_order_name TEXT, version TEXT, source_path TEXT, content_hash TEXT
    )
),

given_groups AS (
    SELECT g.*
    FROM jsonb_to_recordset(%(groups)s) AS g (name TEXT, display_order INTEGER, is_critical BOOLEAN)
),

given_fields AS (
    SELECT
        f.*,
        to_jsonb(f) - 'display_order' AS stated
    FROM jsonb_to_recordset(%(fields)s) AS f (
        group_name TEXT, name TEXT, label TEXT, field_type TEXT, is_required BOOLEAN, options TEXT[], placeholder TEXT,
        description TEXT, validation_rules JSONB, display_order INTEGER, coperniq_fields TEXT[]
    )
),

known AS (
    SELECT t.id FROM templates AS t INNER JOIN given AS g ON t.name = g.name
),

known_fields AS (
    SELECT
        f.name,
        jsonb_build_object(
            'group_name', g.name,
            'name', f.name,
            'label', f.label,
            'field_type', f.field_type,
            'is_required', f.is_required,
            'options', f.options,
            'placeholder', f.placeholder,
            'description', f.description,
            'validation_rules', f.validation_rules,
            'coperniq_fields', f.coperniq_fields
        ) AS stated
    FROM template_fields AS f
    INNER JOIN template_groups AS g ON f.group_id = g.id
    WHERE f.template_id = (SELECT k.id FROM known AS k) AND f.retired_at IS NULL
),

written AS (
    INSERT INTO templates AS t (
        name, display_name, trade, phase, category, description, compliance, work_order_type, work_order_name, version,
        source_path, content_hash
    )
    SELECT
        g.name,
        g.display_name,
        g.trade,
        g.phase,
        g.category,
        g.description,
        g.compliance,
        g.work_order_type,
        g.work_order_name,
        g.version,
        g.source_path,
        g.content_hash
    FROM given AS g
    ON CONFLICT (name) DO UPDATE SET
        display_name = excluded.display_name,
        trade = excluded.trade,
        phase = excluded.phase,
        category = excluded.category,
        description = excluded.description,
        compliance = excluded.compliance,
        work_order_type = excluded.work_order_type,
        work_order_name = excluded.work_order_name,
        version = excluded.version,
        source_path = excluded.source_path,
        content_hash = excluded.content_hash,
        is_active = true
    RETURNING t.id
),

written_groups AS (
    INSERT INTO template_groups AS t (template_id, name, display_order, is_critical)
    SELECT
        w.id,
        g.name,
        g.display_order,
        g.is_critical
    FROM written AS w
    CROSS JOIN given_groups AS g
    ON CONFLICT (template_id, name) DO UPDATE SET
        display_order = excluded.display_order,
        is_critical = excluded.is_critical,
        retired_at = NULL
    RETURNING t.template_id, t.id, t.name
),

written_fields AS (
    INSERT INTO template_fields (
        template_id, group_id, name, label, field_type, is_required, options, placeholder, description,
        validation_rules, display_order, coperniq_fields
    )
    SELECT
        g.template_id,
        g.id,
        f.name,
        f.label,
        f.field_type,
        f.is_required,
        f.options,
        f.placeholder,
        f.description,
        f.validation_rules,
        f.display_order,
        f.coperniq_fields
    FROM written_groups AS g
    INNER JOIN given_fields AS f ON g.name = f.group_name
    ON CONFLICT (template_id, name) DO UPDATE SET
        group_id = excluded.group_id,
        label = excluded.label,
        field_type = excluded.field_type,
        is_required = excluded.is_required,
        options = excluded.options,
        placeholder = excluded.placeholder,
        description = excluded.description,
        validation_rules = excluded.validation_rules,
        display_order = excluded.display_order,
        coperniq_fields = excluded.coperniq_fields,
        retired_at = NULL
),

retired_groups AS (
    UPDATE template_groups AS t
    SET retired_at = now()
    WHERE t.template_id = (SELECT k.id FROM known AS k)
        AND t.retired_at IS NULL
        AND t.name NOT IN (SELECT g.name FROM given_groups AS g)
),

retired_fields AS (
    UPDATE template_fields AS t
    SET retired_at = now()
    WHERE t.template_id = (SELECT k.id FROM known AS k)
        AND t.retired_at IS NULL
        AND t.name NOT IN (SELECT f.name FROM given_fields AS f)
    RETURNING t.name
)

SELECT
    NOT EXISTS (SELECT FROM known) AS is_new,
    ARRAY(
        SELECT f.name FROM given_fields AS f
        WHERE f.name NOT IN (SELECT k.name FROM known_fields AS k) ORDER BY f.name
    ) AS added,
    ARRAY(
        SELECT f.name FROM given_fields AS f INNER JOIN known_fields AS k ON f.name = k.name
        WHERE f.stated <> k.stated ORDER BY f.name
    ) AS changed,
    ARRAY(SELECT r.name FROM retired_fields AS r ORDER BY r.name) AS removed
