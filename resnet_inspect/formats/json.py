"""JSON for programs: every column whatever the view prints, integers and lists, never "25.6M"."""

from __future__ import annotations

from typing import Any

from resnet_inspect.escaping import json_text
from resnet_inspect.views.tables.table import Table

SCHEMA_VERSION = 1
_ORDER = (
    "schema_version", "model", "view", "provenance", "summary", "columns", "rows", "totals",
    "remarks",
)  # fmt: skip


def render(table: Table) -> str:
    """The table as JSON, with a schema version."""
    document = {**frame(table), "rows": [table.values(row) for row in table.rows]}
    return json_text({key: document[key] for key in _ORDER}, indent=2) + "\n"


def frame(table: Table) -> dict[str, Any]:
    """The document without its rows."""
    return {
        "schema_version": SCHEMA_VERSION,
        "model": table.model,
        "view": table.view,
        "provenance": {
            key: dict(value) if key in {"arguments", "versions"} else value  # type: ignore[arg-type]
            for key, value in table.provenance
        },
        "summary": table.summary,
        "columns": [{"key": column.key, "header": column.title} for column in table.columns],
        "totals": {total.key: total.cell.value for total in table.totals},
        "remarks": table.remarks,
    }
