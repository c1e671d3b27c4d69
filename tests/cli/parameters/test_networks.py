"""A network and its layers by name, completed without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from saved import DATA, ByHand, conv, window

from resnet_inspect import pipeline
from resnet_inspect.cli.parameters.networks import LayerPath, ModelName

SAVED = str(DATA / "resnet18.json")


def paths(begun: str, *arguments: str, **options: Any) -> list[str]:
    """What the path of a layer that is begun can be."""
    context = click.Context(click.Command("explain"))
    context.params, context.args = options, list(arguments)
    return [item.value for item in LayerPath().shell_complete(context, click.Option(["-m"]), begun)]


def test_a_variant_is_completed_and_what_is_none_is_a_file() -> None:
    context = click.Context(click.Command("trace"))
    found = ModelName().shell_complete(context, click.Argument(["model"]), "resnet15")
    assert [(item.value, item.type) for item in found] == [("resnet152", "plain")]
    found = ModelName().shell_complete(context, click.Argument(["model"]), "./mod")
    assert [(item.value, item.type) for item in found] == [("./mod", "file")]


def test_the_trace_is_of_the_model_or_file_that_stands_before() -> None:
    convs = ["layer2.1.conv1", "layer2.1.conv2"]
    assert paths("layer2.1.con", model=SAVED) == convs
    assert paths("layer2.1.con", file=SAVED) == convs
    assert paths("layer2.1.con", SAVED) == convs
    assert paths("layer1.0.relu", model=SAVED) == ["layer1.0.relu"], "once, though it runs twice"
    assert "" not in paths("", model=SAVED), "the network itself has no path"


@pytest.mark.parametrize("model", ["", "nowhere.json", "no such network", __file__])
def test_where_there_is_no_trace_nothing_is_said(model: str) -> None:
    assert paths("", model=model) == []


def test_a_path_that_a_shell_would_not_take_as_it_is_is_left_out(tmp_path: Path) -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 3, 8, 8)
    odd = ("$(touch x)", "`x`", "x;y", "a b", "*", "\x1b[2J", "a\nb", "\u202ea", "~", "x'", 'x"')
    for name in (*odd, "層", "a-b:add"):
        x = by_hand.step(name, conv(3, 3, window(1)), x, weights={"weight": (3, 3, 1, 1)})
    file = tmp_path / "odd.json"
    pipeline.save(by_hand.trace(x), file)
    assert paths("", model=str(file)) == ["層", "a-b:add"]
