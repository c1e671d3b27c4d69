"""Two networks with signals made by hand, as a table and in sentences."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from signals import changed, of, signal_of

from resnet_inspect.analysis.signals.findings import gradient_rms
from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import FORMATS, render
from resnet_inspect.views.figures.signals import plot_of
from resnet_inspect.views.tables.comparison.signals import HEADINGS, OWN, view
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table

WHOLE = Selection(everything=True)


def row_of(table: Table, path: str) -> dict[str, object]:
    return next(
        values for values in map(table.values, table.rows) if str(values["path"]).endswith(path)
    )


def test_a_row_has_the_signals_of_both_sides_and_their_ratios() -> None:
    left = signal_of("resnet18")
    right = changed(left, "layer2.0.conv2", std=90.0, gradient_norm=0.0)
    table = view(of(left, right), WHOLE, unfold=True)
    row = row_of(table, "layer2.0.conv2")
    call = left.survey.trace.calls_at["layer2.0.conv2"][0]
    flow = left.signals.flows[call]
    assert flow is not None
    assert (row["left_output_std"], row["right_output_std"]) == (1.0 + call, 90.0)
    assert row["output_std_ratio"] == pytest.approx(90 / (1 + call))
    assert (row["left_gradient_rms"], row["right_gradient_rms"]) == (gradient_rms(flow), 0.0)
    assert row["gradient_rms_ratio"] == 0
    assert set(OWN) <= set(table.index)
    assert row_of(table, "layer2.0.conv1")["gradient_rms_ratio"] == 1


def test_a_filter_can_name_what_flows_in_both() -> None:
    left = signal_of("resnet18")
    right = changed(left, "layer2.0.conv2", std=90.0)
    table = view(of(left, right), Selection(where="right_output_std=90"), brief=True)
    steps = [table.cell(row, "path").text for row in table.rows if row.kind == "layer"]
    assert steps == ["layer2.0.conv2"]


@pytest.mark.parametrize(
    ("left", "right"), [("resnet18", "resnet50"), ("plain", "resnet18"), ("oddities", "functional")]
)
def test_networks_that_differ_have_what_flows_on_the_side_that_has_it(
    left: str, right: str
) -> None:
    one, other = signal_of(left), signal_of(right)
    table = view(of(one, other), WHOLE, unfold=True)
    for values in map(table.values, table.rows):
        if values["change"] == "-":
            assert values["right_output_std"] is None
        if values["change"] == "+":
            assert values["left_output_std"] is None
    for name in FORMATS:
        assert render(table, name)


def test_formats_have_the_columns_and_a_page_has_the_plot() -> None:
    signal = signal_of("resnet18")
    table = view(of(signal, signal), replace(WHOLE, columns=("path", "right_gradient_rms")))
    rows = list(csv.DictReader(io.StringIO(render(table, "csv"))))
    expected = [table.cell(row, "right_gradient_rms").value for row in table.rows]
    assert [float(row["right_gradient_rms"] or "nan") for row in rows] == pytest.approx(
        [float("nan") if value is None else value for value in expected], nan_ok=True
    )
    document = json.loads(render(table, "json"))
    assert set(OWN) <= set(document["rows"][0])
    assert "<svg" not in render(table, "html")
    page = render(replace(table, figure=plot_of([signal, signal])), "html")
    assert page.index("<svg") < page.index("<table")
    assert "standard deviation of the output" in page


def test_a_column_that_is_not_there_is_refused() -> None:
    left = signal_of("resnet18")
    with pytest.raises(UnknownName, match="colour"):
        view(of(left, left), Selection(columns=("colour",)))
    assert len(set(HEADINGS)) == len(HEADINGS)
