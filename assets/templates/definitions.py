"""The Dagster assets of templates: `templates`, `template_groups`, `template_fields`. Thin: see `syncing`."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from assets import charts, markdown, reporting
from assets.contractors import store as contractors
from assets.database import Database
from assets.observing import observed
from assets.templates import store, syncing

SHOWN_FAULTS = 10
FAULTLESS = "every_file_is_a_template"
_KEYS = {
    "templates": "One row for each form template, as its YAML file says.",
    "template_groups": "One row for each group of fields of a template.",
    "template_fields": "One row for each field of a template. A field keeps its id for as long as it keeps its name.",
}


@dg.multi_asset(
    name="sync_yaml_files",
    specs=[
        dg.AssetSpec(
            key, group_name="templates", kinds={"yaml", "postgres"}, description=said, deps=list(_KEYS)[:place]
        )
        for place, (key, said) in enumerate(_KEYS.items())
    ],
    check_specs=[
        dg.AssetCheckSpec(FAULTLESS, asset="templates", description="No file of the folder is left out for a fault.")
    ],
)
def template_assets(
    context: dg.AssetExecutionContext, database: dg.ResourceParam[Database], templates_folder: dg.ResourceParam[Path]
) -> Iterator[Any]:
    """Bring the tables up to what the YAML files say, and contractors' choice of templates with them."""
    began = time.monotonic()
    with database.connect() as conn, observed(context, dg.AssetKey("templates")):
        synced = syncing.sync(conn, templates_folder, context.log.info)
        contractors_changed = contractors.enable_templates(conn)
        seconds = time.monotonic() - began
        in_use = store.in_use(conn)
    for fault in synced.faults:
        context.log.warning(str(fault))
    written = synced.written
    rows = [(name, syncing.in_words(change)) for name, change in written.items()]
    rows += [(name, "retired, because its file is gone") for name in synced.retired]
    yield dg.MaterializeResult(
        asset_key="templates",
        metadata={
            **reporting.report(
                "templates",
                {
                    "new": sum(change.is_new for change in written.values()),
                    "changed": sum(not change.is_new for change in written.values()),
                    "unchanged": synced.unchanged,
                    "retired": len(synced.retired),
                },
                seconds,
                _by_trade("templates", in_use),
                Counter(fault.said for fault in synced.faults).most_common(SHOWN_FAULTS),
            ),
            "contractors whose templates changed": dg.MetadataValue.int(contractors_changed),
            "what changed": _shown(("template", "fields"), rows),
            "faults": _shown(("file", "line", "fault"), [(f.file, f.line, f.said) for f in synced.faults]),
        },
    )
    yield dg.AssetCheckResult(
        passed=not synced.faults,
        severity=dg.AssetCheckSeverity.WARN,
        asset_key="templates",
        check_name=FAULTLESS,
        metadata={"faults": dg.MetadataValue.json([str(fault) for fault in synced.faults])},
    )
    groups = {status: sum(of[status] for of in in_use["template_groups"].values()) for status in store.STATUSES}
    yield dg.MaterializeResult(
        asset_key="template_groups",
        metadata=reporting.report("groups", groups, seconds, _by_trade("template_groups", in_use)),
    )
    fields = [
        (name, field, what)
        for name, change in written.items()
        for what, names in (("added", change.added), ("changed", change.changed), ("removed", change.removed))
        for field in names
    ]
    yield dg.MaterializeResult(
        asset_key="template_fields",
        metadata={
            **reporting.report(
                "fields",
                {what: sum(row[2] == what for row in fields) for what in ("added", "changed", "removed")},
                seconds,
                _by_trade("template_fields", in_use),
            ),
            "what changed": _shown(("template", "field", "change"), fields),
        },
    )


def _by_trade(table: str, in_use: dict[str, dict[str, dict[str, int]]]) -> str:
    return charts.bars("in use and retired, for each trade", in_use[table])


def _shown(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dg.MarkdownMetadataValue:
    shown = markdown.first(header, rows)
    left = len(rows) - len(shown.splitlines()) + 2 if rows else 0
    return dg.MetadataValue.md(f"{shown}\n\n… and {left:,} more" if left else shown)
