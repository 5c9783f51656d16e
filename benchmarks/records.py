"""What a database holds after many imports, made in SQL: importing a million rows takes longer than what is measured.

Rows, mappings, lineage and the audit log are as importing and sending write them, in imports of 10,000 rows. Triggers
that judge an import's rows are passed over; the names of records are listed by theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

ROWS_OF_AN_IMPORT = 10_000


def add(conn: Connection[Any], contractor: UUID, type_name: str, state: str, number: int) -> None:
    """Add a contractor's records of a type: contacts, or records that belong to the contacts of the same numbers.

    Args:
        conn: In autocommit mode.
        contractor: Whose they are.
        type_name: Of the records.
        state: `ready`, `waiting`, or `synced` for what was sent.
        number: How many.
    """
    given = {"contractor": contractor, "type": type_name, "state": state, "number": number, "rows": ROWS_OF_AN_IMPORT}
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        for statement in (_IMPORTS, _MAPPINGS, _ROWS, *((_LINEAGE, _LOG) if state == "synced" else ())):
            conn.execute(statement, given)
        conn.execute("SET LOCAL session_replication_role = origin")
        conn.execute(_RECORDS, given)


_IMPORTS: LiteralString = """
    INSERT INTO csv_imports (
        contractor_config_id, import_name, source_path, coperniq_type, status, coperniq_sync_status,
        total_records_attempted, total_records_success, started_at, completed_at, entered_at
    )
    SELECT %(contractor)s, part || '.csv', part || '.csv', %(type)s, 'success',
           CASE WHEN %(state)s = 'synced' THEN 'synced' ELSE 'pending' END,
           records, records, now(), now(), now()
    FROM generate_series(0, (%(number)s - 1) / %(rows)s) AS part,
         LATERAL (SELECT least(%(rows)s, %(number)s - part * %(rows)s) AS records) AS of_part
"""

_MAPPINGS: LiteralString = """
    INSERT INTO csv_column_mapping (
        csv_import_id, csv_column_number, csv_column_header, coperniq_type, coperniq_field_name, transformation_rule
    )
    SELECT id, place, field, coperniq_type, field, 'trim'
    FROM csv_imports, unnest(ARRAY['name', 'emails', 'phones', 'title', 'source']) WITH ORDINALITY AS f (field, place)
    WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s
"""

_ROWS: LiteralString = """
    INSERT INTO csv_import_records (
        id, csv_import_id, record_number, line_number, record_data, record_key, status, coperniq_id, processed_at,
        mapped_data, names, parent_keys
    )
    SELECT
        uuidv7(), m.id, place, place + 1,
        jsonb_build_object('name', name, 'email', email, 'phone', phone, 'title', 'Owner', 'notes', 'Call before 3 pm'),
        CASE WHEN %(type)s = 'Contact' THEN email ELSE lower(address) || ' | ' || email END, 'valid',
        CASE WHEN %(state)s = 'synced' THEN gen_random_uuid()::TEXT END, now(),
        CASE
            WHEN %(type)s = 'Contact' THEN jsonb_build_object(
                'name', name, 'emails', jsonb_build_array(email), 'phones', jsonb_build_array(phone),
                'title', 'Owner', 'source', 'Web, referral'
            )
            ELSE jsonb_build_object('fullAddress', address, 'clientId', email)
        END,
        CASE WHEN %(type)s = 'Contact' THEN ARRAY[email, phone, lower(name)] ELSE ARRAY[lower(address)] END,
        CASE WHEN %(type)s <> 'Contact' THEN jsonb_build_object('clientId', email) END
    FROM csv_imports AS m
    CROSS JOIN LATERAL generate_series(1, m.total_records_attempted) AS place
    CROSS JOIN LATERAL (SELECT split_part(m.import_name, '.', 1)::INTEGER * %(rows)s + place AS number) AS at
    CROSS JOIN LATERAL (
        SELECT
            'Ann Smith ' || number AS name,
            'ann.' || number || '@example' || number %% 97 || '.com' AS email,
            '+1' || 2120000000 + number AS phone,
            number || ' Main St, Austin, TX 78701' AS address
    ) AS person
    WHERE m.contractor_config_id = %(contractor)s AND m.coperniq_type = %(type)s
    ORDER BY number
"""

_LINEAGE: LiteralString = """
    INSERT INTO data_lineage (
        csv_import_record_id, contractor_config_id, coperniq_entity_type, coperniq_entity_id, coperniq_company_id,
        transformation_applied, data_quality_score
    )
    SELECT r.id, %(contractor)s, %(type)s, r.coperniq_id, '112',
           'name from "name" (trim); emails from "email" (split_list); phones from "phone" (phone_to_e164)', 0.94
    FROM csv_import_records AS r INNER JOIN csv_imports AS m ON m.id = r.csv_import_id
    WHERE m.contractor_config_id = %(contractor)s AND m.coperniq_type = %(type)s
"""

_LOG: LiteralString = """
    INSERT INTO coperniq_sync_log (
        csv_import_id, contractor_config_id, operation_type, entity_type, records_processed, records_successful, status,
        transaction_id, api_response_status, api_response_time_ms, performed_by, started_at, completed_at
    )
    SELECT id, %(contractor)s, 'import', %(type)s, 100, 100, 'success', gen_random_uuid()::TEXT, 200, 120, 'bench',
           now(), now()
    FROM csv_imports, generate_series(1, total_records_attempted / 100)
    WHERE contractor_config_id = %(contractor)s AND coperniq_type = %(type)s
"""

_RECORDS: LiteralString = """
    INSERT INTO coperniq_records (
        id, contractor_config_id, coperniq_type, record_key, state, coperniq_id, csv_import_id, csv_import_record_id,
        record_number, parent_keys, names, sent_data, created_by_import_id
    )
    SELECT r.id, %(contractor)s, %(type)s, r.record_key, %(state)s::delivery_state, r.coperniq_id, m.id, r.id,
           r.record_number, r.parent_keys, r.names, CASE WHEN r.coperniq_id IS NOT NULL THEN r.mapped_data END,
           CASE WHEN r.coperniq_id IS NOT NULL THEN m.id END
    FROM csv_import_records AS r INNER JOIN csv_imports AS m ON m.id = r.csv_import_id
    WHERE m.contractor_config_id = %(contractor)s AND m.coperniq_type = %(type)s
    ORDER BY r.id
"""
