"""What every check has in common: a rule with a severity, what it says in the UI, and the alerts that it raises.

What belongs here: how a rule is asked about and shown. What does not: the rules (the concepts' `checks`) and the SQL
behind them (their `health`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.alerts import ailing, store
from assets.alerts.causes import ADVICE, Cause
from assets.contractors import store as contractors
from assets.counting import counted
from assets.markdown import table
from assets.partitions import contractor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from psycopg import Connection

    from assets.alerts.ailing import Ailing

SHOWN = 20
"""Imports that a failed check names."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold of imports or of what was sent.

    Attributes:
        name: The check's.
        says: The rule, and why a failure is as grave as it is.
        severity: Of a failure.
        asks: Lists what breaks the rule, of one contractor or of all, for the cause of the alert about it.
        blocking: Whether a failure keeps the run from going on.
    """

    name: str
    says: str
    severity: dg.AssetCheckSeverity
    asks: Mapping[Cause, Callable[[Connection[Any], UUID | None], list[Ailing]]]
    blocking: bool = False

    @property
    def to_do(self) -> str:
        """What to do about a failure."""
        return " ".join(ADVICE[cause].to_do for cause in self.asks)

    def spec(self, asset: dg.AssetKey) -> dg.AssetCheckSpec:
        """Return the check of an asset."""
        return dg.AssetCheckSpec(
            self.name, asset=asset, blocking=self.blocking, description=f"{self.says} {self.to_do}"
        )

    def breaches(self, conn: Connection[Any], run: dg.DagsterRun) -> list[Ailing]:
        """Return what breaks the rule, of the run's contractor or else of all, and raise the alerts about it."""
        slug = contractor_of(run)
        contractor_id = contractors.get(conn, slug).id if slug else None
        found = {cause: ask(conn, contractor_id) for cause, ask in self.asks.items()}
        for cause, broken in found.items():
            store.raise_alerts(conn, ailing.alerts(cause, broken, run.run_id))
        return [one for broken in found.values() for one in broken]

    def result(self, asset: dg.AssetKey, found: Sequence[Ailing]) -> dg.AssetCheckResult:
        """Say what became of the check of an asset: how much breaks the rule, where, and what to do."""
        rows = [(one.slug or "", one.name or one.type_name, one.records, one.said) for one in found]
        imports, records = len(found), sum(one.records for one in found)
        many = counted(imports, "import") + (f", {counted(records, 'row')}" if records else "")
        return dg.AssetCheckResult(
            asset_key=asset,
            check_name=self.name,
            passed=not found,
            severity=self.severity,
            description=f"{many}. {self.to_do}" if found else None,
            metadata={
                "imports": dg.MetadataValue.int(imports),
                "rows": dg.MetadataValue.int(records),
                **(
                    {"where": dg.MetadataValue.md(table(("contractor", "import", "rows", "what"), rows[:SHOWN]))}
                    if found
                    else {}
                ),
            },
        )
