"""Every table as JSON is what the schema says, and the schema says what each column is."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema
import pytest
from saved import survey_of, trace_of

from resnet_inspect.formats import render
from resnet_inspect.formats.json import SCHEMA_VERSION
from resnet_inspect.pipeline import cost, diff, taps
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.selection import Selection

SCHEMA = json.loads(
    resources.files("resnet_inspect.formats").joinpath("table.schema.json").read_text("utf-8")
)
CHECKED = jsonschema.Draft202012Validator(SCHEMA)


def test_it_is_a_schema_of_this_version() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION


def test_it_says_of_every_column_what_the_program_says() -> None:
    rows = SCHEMA["then"]["properties"]["rows"]["items"]
    assert {key: column.meaning for key, column in COLUMNS.items()} == {
        key: column["description"] for key, column in rows["properties"].items()
    }
    assert set(rows["required"]) == set(COLUMNS)


def document(name: str, view: str) -> Any:
    selection = Selection(everything=view == "layers")
    return json.loads(render(VIEWS[view](survey_of(name), selection), "json"))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["resnet18", "plain", "broken", "oddities", "r3d_18"])
def test_every_view_of_every_trace_is_valid(name: str, view: str) -> None:
    CHECKED.validate(document(name, view))


def test_answers_of_other_kinds_are_valid() -> None:
    left, right = trace_of("resnet34"), trace_of("resnet50")
    for answer in (diff(left, right), taps(left), cost(left, right)):
        CHECKED.validate(json.loads(render(answer.table, "json")))


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("parameters", 1.5),
        ("parameters", "25.6M"),
        ("output_shape", [1, 64, 56.5, 56]),
        ("output_shape", "1×64×56×56"),
        ("macs", -1),
        ("bias", "yes"),
        ("receptive_field", "some"),
        ("padding", [[1, 1], ["same"]]),
    ],
)
def test_a_value_of_another_kind_is_not(key: str, wrong: object) -> None:
    found = document("resnet18", "layers")
    row = next(row for row in found["rows"] if row["kind"] == "layer")
    found["rows"] = [row]
    CHECKED.validate(found)
    row[key] = wrong
    with pytest.raises(jsonschema.ValidationError):
        CHECKED.validate(found)


@pytest.mark.parametrize("missing", ["schema_version", "rows", "totals", "provenance"])
def test_nothing_is_missing(missing: str) -> None:
    found = document("resnet18", "stages")
    del found[missing]
    with pytest.raises(jsonschema.ValidationError):
        CHECKED.validate(found)
