"""What the UI shows of every asset that its own definition does not say: who owns it, and which columns it has.

What belongs here: what is the same for all assets, and what other modules know of them. What does not: sentences,
groups and kinds, which stand with the asset, and what a run did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from assets import catalogue, tables

if TYPE_CHECKING:
    from assets.record_types import RecordType
    from assets.tables import Table

OWNER = "team:mep-pipeline"
_TYPES = {dg.AssetKey(["coperniq", record_type.slug]): record_type for record_type in catalogue.TYPES}
_COLUMNS = "dagster/column_schema"


def described(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Add the owner, and the columns and the sentence of its table where the asset does not have its own."""
    table = tables.every().get(spec.key.to_user_string())
    columns = None
    if spec.key in _TYPES:
        columns = _of_type(_TYPES[spec.key])
    elif table is not None:
        columns = _of_table(table)
    return spec.replace_attributes(
        owners=[OWNER],
        description=spec.description or (table.comment if table else None),
        metadata={**({_COLUMNS: columns} if columns else {}), **spec.metadata},
    )


def _of_table(table: Table) -> dg.TableSchema:
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                column.type,
                description=column.comment,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for column in table.columns
        ]
    )


def _of_type(record_type: RecordType) -> dg.TableSchema:
    """Make the columns of a type of Coperniq, with what the catalogue knows of them."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                field.name,
                field.kind.value,
                description=f"Refers to a {field.refers_to}." if field.refers_to else None,
                constraints=dg.TableColumnConstraints(nullable=not field.required),
            )
            for field in record_type.fields
        ]
    )
