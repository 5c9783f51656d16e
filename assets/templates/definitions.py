"""The Dagster assets of templates: `templates`, `template_groups`, `template_fields`. Thin: see `syncing`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from assets import markdown
from assets.contractors import store as contractors
from assets.database import Database
from assets.templates import syncing

MOST_SHOWN = 200
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
    with database.connect() as conn:
        synced = syncing.sync(conn, templates_folder, context.log.info)
        contractors_changed = contractors.enable_templates(conn)
    for fault in synced.faults:
        context.log.warning(str(fault))
    written = synced.written
    rows = [(name, syncing.in_words(change)) for name, change in written.items()]
    rows += [(name, "retired, because its file is gone") for name in synced.retired]
    yield dg.MaterializeResult(
        asset_key="templates",
        metadata={
            "new": dg.MetadataValue.int(sum(change.is_new for change in written.values())),
            "changed": dg.MetadataValue.int(sum(not change.is_new for change in written.values())),
            "unchanged": dg.MetadataValue.int(synced.unchanged),
            "retired": dg.MetadataValue.int(len(synced.retired)),
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
    yield dg.MaterializeResult(asset_key="template_groups")
    fields = [
        (name, field, what)
        for name, change in written.items()
        for what, names in (("added", change.added), ("changed", change.changed), ("removed", change.removed))
        for field in names
    ]
    yield dg.MaterializeResult(
        asset_key="template_fields",
        metadata={
            **{
                what: dg.MetadataValue.int(sum(row[2] == what for row in fields))
                for what in ("added", "changed", "removed")
            },
            "what changed": _shown(("template", "field", "change"), fields),
        },
    )


def _shown(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dg.MarkdownMetadataValue:
    more = f"\n\n… and {len(rows) - MOST_SHOWN:,} more" if len(rows) > MOST_SHOWN else ""
    return dg.MetadataValue.md(markdown.table(header, rows[:MOST_SHOWN]) + more)
