"""What a company has set up in Coperniq before an import: one template of work orders, one catalogue item."""

from __future__ import annotations

from typing import Any

WORK_ORDER_TEMPLATE: dict[str, Any] = {"id": 1, "title": "Imported work", "description": None, "type": "FIELD"}
CATALOG_ITEM: dict[str, Any] = {"id": 1, "name": "Imported amount", "type": "SERVICE"}
