"""`data_lineage.data_quality_score`, defined here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assets.record_types import RecordType

VALIDITY, COMPLETENESS, UNTOUCHED = 0.5, 0.3, 0.2


def score(record_type: RecordType, sent: Mapping[str, Any], *, repaired: bool) -> float:
    """Return the quality of what was sent for one record, 0.00 to 1.00.

    Half is validity: the share of the type's required fields that were sent. Three tenths are completeness: the share
    of its optional fields that were filled. Two tenths are lost when a value was repaired or doubtful.
    """
    required = [name for name in record_type.required if name in sent]
    optional = [field.name for field in record_type.fields if not field.required]
    filled = sum(name in sent for name in optional)
    validity = len(required) / len(record_type.required)
    completeness = filled / len(optional)
    return round(VALIDITY * validity + COMPLETENESS * completeness + (0.0 if repaired else UNTOUCHED), 2)
