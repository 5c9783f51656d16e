"""Making a plan: a contractor's files, or those in its inbox, are foreseen and the result is sealed.

What belongs here: what a command and a run do alike. What does not: foreseeing (`forecasting`), the seal (`sealing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assets.contractors import store as contractors
from assets.csv_imports.inbox import in_order
from assets.planning import forecasting
from assets.progress import nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from assets.coperniq.limits import Limits
    from assets.coperniq.transport import Transport
    from assets.csv_imports.inbox import Inbox
    from assets.database import Database
    from assets.planning.forecast import Forecast
    from assets.planning.sealing import SealedPlans
    from assets.progress import Tell


@dataclass(frozen=True)
class Planning:
    """What a plan is made with: all that an import is given, so that it reads and would send the same.

    Attributes:
        database: The product's.
        inbox: Where contractors' files lie.
        mappings: The folder of all contractors' override files.
        date_order: As for `importing.read_import`.
        client: Coperniq; nothing is asked of it.
        limits: Of its key; no turn of theirs is taken.
        plans: Where the plan is kept.
    """

    database: Database
    inbox: Inbox
    mappings: Path
    date_order: str | None
    client: Transport
    limits: Limits
    plans: SealedPlans

    def make(
        self, slug: str, files: Sequence[str], by: str, say: Callable[[str], None], tell: Tell = nobody
    ) -> tuple[str | None, Forecast]:
        """Plan the import of files and seal the plan; return its id, None where nothing can be imported.

        Args:
            slug: The contractor's.
            files: Paths or sources; empty for the contractor's folder of the inbox.
            by: Who plans.
            say: Takes what is to be said of files.
            tell: Is told how far it is.
        """
        with self.database.connect() as conn:
            contractor = contractors.get(conn, slug)
            sources = [self.inbox.source(file) for file in files]
            sources = sources or [file.source for file in in_order(self.inbox.files(slug))]
            wanted = forecasting.Wanted(
                contractor.id, self.inbox, sources, bool(files), self.date_order, self.mappings / slug
            )
            forecast = forecasting.forecast(conn, wanted, self.client, self.limits.allowance(), say, tell)
        at = datetime.now(UTC)
        return self.plans.seal(contractor, forecast, at, by, retry=wanted.retry), forecast
