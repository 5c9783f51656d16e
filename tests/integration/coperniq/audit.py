"""What must hold between the product's database and Coperniq after anything that can happen.

Every check is made of what each side wrote by itself: the sandbox's ledger on one side, the product's tables on the
other.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from assets import catalogue
from assets.coperniq.lookup import _same
from assets.coperniq.quality import score

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.integration.coperniq.world import World


def agrees(world: World, entered_by_hand: Collection[str] = ()) -> None:
    """Check that each record is in Coperniq once, as its row has it, and that the books say so.

    Args:
        world: Where nothing is on its way any more.
        entered_by_hand: Ids of records that the pipeline did not make.
    """
    for record_type in catalogue.TYPES:
        held = {node["id"]: node for node in world.held(record_type.name)}
        known, refused = _sent(world, record_type.name), _refused(world, record_type.name)
        made = set(held) - set(entered_by_hand)
        assert made <= {*known, *refused}, f"{record_type.name}: made, and not known to be made"
        assert set(known) <= set(held), f"{record_type.name}: said to be made, and not there"
        for coperniq_id, record in known.items():
            node = held[coperniq_id]
            differing = [name for name, value in record["data"].items() if not _same(node.get(name), value)]
            assert not differing, f"{record_type.name} {record['record_key']}: {differing}"
    rows_are_accounted_for(world)
    lineage_is_complete(world)
    log_fits_the_ledger(world)
    imports_say_how_far_they_are(world)


def _sent(world: World, type_name: str) -> dict[str, dict[str, Any]]:
    rows = world.query(
        """
        SELECT c.coperniq_id, c.record_key, c.state::TEXT AS state, r.mapped_data || c.parent_ids AS data
        FROM coperniq_records AS c INNER JOIN csv_import_records AS r ON r.id = c.csv_import_record_id
        WHERE c.contractor_config_id = %s AND c.coperniq_type = %s AND c.state = 'synced'
        """,
        world.contractor, type_name,
    )  # fmt: skip
    assert not [key for key, times in Counter(row["coperniq_id"] for row in rows).items() if times > 1]
    return {row["coperniq_id"]: row for row in rows}


def _refused(world: World, type_name: str) -> set[str]:
    """Return the ids of records that Coperniq has and whose update it refused."""
    rows = world.query(
        "SELECT coperniq_id FROM coperniq_records WHERE contractor_config_id = %s AND coperniq_type = %s"
        " AND state = 'rejected' AND coperniq_id IS NOT NULL",
        world.contractor, type_name,
    )  # fmt: skip
    return {row["coperniq_id"] for row in rows}


def rows_are_accounted_for(world: World) -> None:
    """Check that each sendable row is in Coperniq, visibly waits, or says why neither."""
    silent = world.query(
        """
        SELECT r.record_number, m.import_name
        FROM csv_import_records AS r
        INNER JOIN csv_imports AS m ON m.id = r.csv_import_id
        LEFT JOIN coperniq_records AS c ON c.csv_import_record_id = r.id OR c.claimed_record_id = r.id
        WHERE m.contractor_config_id = %s AND r.status IN ('valid', 'warning') AND r.coperniq_id IS NULL
          AND coalesce(c.state, 'synced') IN ('synced', 'rejected')
          AND (r.error_message IS NULL OR (c.state = 'rejected' AND r.refused_at IS NULL))
        """,
        world.contractor,
    )
    assert silent == []


def lineage_is_complete(world: World) -> None:
    """Check that each sent row has one lineage row, with the score of what was sent."""
    rows = world.query(
        """
        SELECT r.id, r.coperniq_id, r.status, r.mapped_data, m.coperniq_type, l.coperniq_entity_id,
               l.coperniq_company_id, l.data_quality_score, l.coperniq_entity_type,
               count(*) OVER (PARTITION BY r.id) AS times
        FROM csv_import_records AS r
        INNER JOIN csv_imports AS m ON m.id = r.csv_import_id
        FULL JOIN data_lineage AS l ON l.csv_import_record_id = r.id
        WHERE coalesce(m.contractor_config_id, l.contractor_config_id) = %s AND l.deleted_at IS NULL
          AND ((r.coperniq_id IS NOT NULL AND r.status <> 'skipped') OR l.id IS NOT NULL)
        """,
        world.contractor,
    )
    for row in rows:
        record_type = catalogue.BY_NAME[row["coperniq_type"]]
        expected = score(record_type, row["mapped_data"], repaired=row["status"] == "warning")
        assert row["times"] == 1
        assert (row["coperniq_entity_id"], row["coperniq_entity_type"]) == (row["coperniq_id"], row["coperniq_type"])
        assert row["coperniq_company_id"] == str(world.company)
        assert float(row["data_quality_score"]) == expected


def log_fits_the_ledger(world: World) -> None:
    """Check that the audit log has a row for each mutation that Coperniq carried out, and for none that it did not.

    Of a mutation whose answer never came, the log knows no transaction; it has a row that says so instead. Until the
    next run writes that row, the claim knows of it.
    """
    carried_out = {operation.transaction_id: operation for operation in world.operations()}
    mutations = [row for row in world.log() if row["operation_type"] != "sync_check"]
    answered = [row for row in mutations if row["transaction_id"] is not None]
    assert len({row["transaction_id"] for row in answered}) == len(answered)
    for row in answered:
        operation = carried_out.pop(row["transaction_id"])
        # What neither succeeded nor failed was left open, and is settled by a look-up.
        known, at_most = row["records_successful"], row["records_processed"] - row["records_failed"]
        assert known <= len(operation.record_ids) <= at_most, row["transaction_id"]
        assert row["api_response_status"] == 200
    open_ended = [row for row in mutations if row["transaction_id"] is None and row["status"] == "failed"]
    (unlogged,) = world.query(
        """
        SELECT count(DISTINCT claim_id) AS claims FROM coperniq_records
        WHERE contractor_config_id = %s AND state = 'in_flight' AND NOT claim_logged
        """,
        world.contractor,
    )
    assert len(carried_out) <= len(open_ended) + unlogged["claims"]
    assert all(row["started_at"] <= row["completed_at"] for row in mutations)


def imports_say_how_far_they_are(world: World) -> None:
    """Check `coperniq_sync_status` against the records of each import."""
    wrong = world.query(
        """
        SELECT m.import_name, m.coperniq_sync_status, open.states
        FROM csv_imports AS m
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(DISTINCT c.state::TEXT), '{}') AS states FROM coperniq_records AS c
            WHERE c.csv_import_id = m.id AND c.state <> 'synced'
        ) AS open
        WHERE m.contractor_config_id = %s AND m.status IN ('success', 'partial_success')
          AND m.coperniq_sync_status <> CASE WHEN 'rejected' = ANY(open.states) THEN 'failed'
                                             WHEN open.states <> '{}' THEN 'pending' ELSE 'synced' END
        """,
        world.contractor,
    )
    assert wrong == []
