"""The Dagster UI that `mep up` serves shows the assets, the job and the contractors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from sandbox.ui import Ui


pytestmark = pytest.mark.timeout(1800)  # a whole stack starts


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("/jobs", ["import_contractor_csvs", "rebuild_analytics"]),
        ("/assets/csv_imports?view=partitions", ["abc-heating", "sunrise-solar"]),
        ("/assets/coperniq/financial_document?view=overview", ["FinancialDocuments in Coperniq", "issueDate"]),
        ("/assets/csv_import_records?view=overview", ["mep-pipeline", "record_number", "Place in the file"]),
        ("/assets/mep_form_submissions?view=overview", ["One row for each form", "submission_number"]),
        ("/assets/csv_import_summary?view=checks", ["counts_add_up"]),
    ],
)
def test_a_page_shows(ui: Ui, page: Page, path: str, texts: list[str]) -> None:
    page.goto(ui.url + path)
    for text in texts:
        page.get_by_text(text).first.wait_for(timeout=30_000, state="attached")
