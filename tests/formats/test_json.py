"""The values as JSON: every column of every row, whatever the view prints."""

from __future__ import annotations

import json

from saved import survey_of
from written_tables import table_of

from resnet_inspect.formats import render
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table


def test_json_has_every_column_whatever_the_view_prints(table: Table) -> None:
    document = json.loads(render(table, "json"))
    assert list(document) == [
        "schema_version", "model", "view", "provenance", "summary", "columns", "rows", "totals",
        "remarks",
    ]  # fmt: skip
    assert document["schema_version"] == 1
    assert (document["model"], document["view"]) == (table.model, table.view)
    headers = {column["key"]: column["header"] for column in document["columns"]}
    own = {"parameters": "own params", "trainable": "own trainable"}
    titles = {key: column.title for key, column in COLUMNS.items()}
    assert headers == titles | (own if table.view == "modules" else {})
    assert all(set(column) == {"key", "header"} for column in document["columns"])
    assert len(document["rows"]) == len(table.rows)
    for row, found in zip(table.rows, document["rows"], strict=True):
        assert list(found) == list(COLUMNS)
        for key, value in found.items():
            assert as_tuples(value) == table.cell(row, key).value
    assert document["totals"] == {
        total.key: json.loads(json.dumps(total.cell.value)) for total in table.totals
    }
    assert document["remarks"] == list(table.remarks)


def as_tuples(value: object) -> object:
    return tuple(as_tuples(item) for item in value) if isinstance(value, list) else value


def test_json_of_a_known_row_is_integers_and_lists() -> None:
    table = table_of(survey_of("resnet50"), "layers", Selection(columns=("path",)))
    document = json.loads(render(table, "json"))
    row = next(row for row in document["rows"] if row["path"] == "layer2.0.conv2")
    expected = {
        "path": "layer2.0.conv2",
        "kind": "layer",
        "op": "conv",
        "kernel_size": [3, 3],
        "stride": [2, 2],
        "padding": [1, 1],
        "dilation": [1, 1],
        "groups": 1,
        "input_shape": [1, 128, 56, 56],
        "output_shape": [1, 128, 28, 28],
        "parameters": 147_456,
        "macs": 115_605_504,
        "receptive_field": [43, 43],
        "jump": [8, 8],
        "shortcut": None,
    }
    assert {key: row[key] for key in expected} == expected
    assert all(type(row[key]) is int for key in ("parameters", "macs", "groups"))
    add = next(row for row in document["rows"] if row["path"] == "layer2.0:add")
    assert add["shortcut"] == "projection"
    head = next(row for row in document["rows"] if row["path"] == "fc")
    assert head["receptive_field"] == "all"
    assert document["totals"]["macs"] == 4_089_184_256
    assert document["provenance"]["source"] == "torchvision:resnet50"
    assert set(document["provenance"]["versions"]) == {"python", "torch", "torchvision"}
    assert isinstance(document["provenance"]["arguments"], dict)
