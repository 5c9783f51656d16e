"""Judging the sites in a file of contacts: a site stands or falls with the contact of its own row.

What belongs here: what a refused contact means for its site. What does not: judging as such (`judge`), and which
columns feed the two (`service_addresses`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from assets.csv_imports.judging import sentences
from assets.csv_imports.judging.judge import Cause

if TYPE_CHECKING:
    from assets.csv_imports.files.records import Batch
    from assets.csv_imports.judging.judge import CauseKey, Judge

_CAUSE = ("The contact of the row is an error", "clientId", "parent_refused")
_NO_ADDRESS = '{"fullAddress"}'


@dataclass(frozen=True, slots=True)
class SiteJudge:
    """Judges the sites of a file of contacts, batch by batch.

    Attributes:
        sites: Judges the rows as sites.
        contacts: Judges the same rows as contacts, as their own import does.
    """

    sites: Judge
    contacts: Judge

    @property
    def causes(self) -> dict[CauseKey, Cause]:
        """What was wrong so far."""
        return self.sites.causes

    def judge(self, batch: Batch) -> pl.DataFrame:
        """Return the rows as `Judge.judge` does; a site whose contact is an error is one for the contact's reason.

        It would wait for ever for a contact that is never sent as it stands there. A row without an address is an error
        that tells the office that its contact is not concerned.
        """
        sites, contacts = self.sites.judge(batch), self.contacts.judge(batch)
        imported = contacts["status"] != "error"
        lonely = imported & (sites["missing_required_fields"] == _NO_ADDRESS) & (sites["invalid_fields"] == "{}")
        if lonely.any():
            header = self.sites.mapping.header_of("fullAddress")
            said = sentences.no_site_message(header, pl.col("record_number"))
            sites = sites.with_columns(error_message=pl.when(lonely).then(said).otherwise("error_message"))
        refused = sites["status"].is_in(["valid", "warning"]) & ~imported
        return self._refuse(sites, contacts, refused) if refused.any() else sites

    def _refuse(self, sites: pl.DataFrame, contacts: pl.DataFrame, refused: pl.Series) -> pl.DataFrame:
        known = self.causes.setdefault(_CAUSE, Cause(*_CAUSE, 0, sites["record_number"].filter(refused)[0]))
        known.records += int(refused.sum())
        nothing = pl.lit(None, dtype=pl.String)
        verdict = {
            "status": pl.lit("error"), "error_message": contacts["error_message"],
            "invalid_fields": pl.lit('{"clientId"}'),
            "missing_required_fields": pl.lit("{}"), "mapped_data": nothing, "names": nothing, "parent_keys": nothing,
        }  # fmt: skip
        return sites.with_columns(
            pl.when(refused).then(value).otherwise(pl.col(name)).alias(name) for name, value in verdict.items()
        )
