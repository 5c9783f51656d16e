"""The asset `possible_duplicates`: it says how many, and nobody's values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from assets.database import Database
from assets.likeness.definitions import possible_duplicates
from assets.partitions import CONTRACTORS
from assets.progress import nobody
from tests.integration.likeness.test_searching import ADA, ADA_AGAIN, HEADER, HER_SON

if TYPE_CHECKING:
    from tests.integration.csv_imports.conftest import Office


def test_a_materialization_says_how_many_and_nobodys_values(office: Office, migrated_database: str) -> None:
    office.send("customers.csv", HEADER + ADA + HER_SON + ADA_AGAIN)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(CONTRACTORS.name or "", [office.slug])
        run = dg.materialize(
            [possible_duplicates],
            partition_key=office.slug,
            instance=instance,
            resources={"database": Database(migrated_database), "watch": nobody},
        )
        told = str(instance.all_logs(run.run_id)).lower()
    (done,) = run.asset_materializations_for_node("possible_duplicates")
    said = {name: value.value for name, value in done.metadata.items()}
    assert said.items() >= {"customers compared": 3, "newly offered": 1, "open": 1, "pairs": 3}.items()
    assert not [word for word in ("lovelace", "ada@", "countess", "main st", "5550101") if word in told]
