"""The network as a tree: names, shares, and what folds in how much room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from driving import (
    Keys,
    drive,
    explorer_of,
    settle,
    shown_paths,
    tree_of,
)
from saved import trace_of

import resnet_inspect as ri
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.network_tree import compared, network_table, short_name
from resnet_inspect.views.tables.rows.selection import Selection


@pytest.mark.parametrize(("path", "name"), [
    ("layer1.0.conv2", "conv2"),
    ("layer1.0", "layer1.0"),
    ("features.denseblock1.12", "denseblock1.12"),
    ("3", "3"),
    ("fc", "fc"),
    ("layer1.0:add", "add"),
    ("layer1.0.relu (2)", "relu (2)"),
    ("layer1.0.relu ×2", "relu ×2"),
    ("blocks.3 ×2", "blocks.3 ×2"),
    ("", ""),
])  # fmt: skip
def test_a_short_name_is_the_last_one_with_what_a_number_counts(path: str, name: str) -> None:
    assert short_name(path) == name


def test_the_network_has_a_row_over_all_others() -> None:
    layers = ri.tabulate(trace_of("resnet18"))
    whole = ri.tabulate(trace_of("resnet18"), "totals").rows[0]
    table = network_table(layers, replace(whole, level=5))
    assert [row.level for row in table.rows] == [0, *(row.level + 1 for row in layers.rows)]
    assert [row.spans for row in table.rows[1:]] == [row.spans for row in layers.rows]


def test_two_networks_are_one_row_that_names_neither() -> None:
    layers = ri.tabulate(trace_of("resnet18"), "layers", Selection())
    whole = ri.tabulate(trace_of("resnet18"), "totals").rows[0]
    both = compared(layers, whole)
    assert layers.cell(both, "path").text == "both networks"
    assert {cell.text for cell in both.cells} == {"both networks", ""}
    assert both.other == both.span == whole.span


def test_a_block_unfolds_on_the_way_and_folds_again_behind() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        blocks = shown_paths(tree_of(app))
        await app.bench.go_to_path("layer2.0.conv2")
        await settle(pilot)
        assert "layer2.0.conv2" in shown_paths(tree_of(app))
        await app.bench.go_to_path("layer3.1.conv1")
        await settle(pilot)
        assert "layer3.1.conv1" in shown_paths(tree_of(app))
        assert "layer2.0.conv2" not in shown_paths(tree_of(app))
        await app.bench.go_to_path("layer3")
        await settle(pilot)
        assert shown_paths(tree_of(app)) == blocks

    drive(explorer_of("resnet18"), steps)
