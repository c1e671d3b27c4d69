"""The lines of a program that takes feature maps with hooks, of networks made by hand."""

from __future__ import annotations

import ast

from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import maps
from resnet_inspect.analysis.taps.pyramid import find
from resnet_inspect.analysis.taps.tap import Tap, Taps
from resnet_inspect.traces.ops import Activate, Elementwise
from resnet_inspect.views.programs.hooks import hooks
from resnet_inspect.views.programs.networks import Network

BUILT = Network(("import timm",), ("model = timm.create_model('x')", "model.eval()"))
MAP = (1, 4, 8, 8)


def written(survey: Survey, found: Taps, given: str = "x", call: str = "forward") -> list[str]:
    lines = hooks(survey.trace, found, BUILT, given, call)
    ast.parse("\n".join(lines))
    return lines


def taps_of(survey: Survey, **activations: int) -> Taps:
    known = maps.find(survey)
    assert known is not None
    return Taps(tuple(Tap(name, 1, known.at[number]) for name, number in activations.items()))


def test_outputs_of_modules_are_taken_with_a_plain_hook() -> None:
    survey = survey_of("r3d_18")
    found = find(survey)
    lines = written(survey, found)
    assert lines[:2] == ["import timm", "import torch"]
    layers = [line for line in lines if line.startswith("    take(")]
    assert layers[1:] == [f'    take("layer{n}", "layer{n}")' for n in (2, 3, 4)]
    assert lines[-3:] == [*BUILT.lines, "maps = features(model, x)"]
    assert not any("tensor_at" in line for line in lines)


def test_another_method_and_no_input() -> None:
    survey = survey_of("r3d_18")
    lines = written(survey, find(survey), "", "encode")
    assert "        model.encode(*args, **kwargs)" in lines
    assert lines[-1] == "maps = features(model)"


def test_a_second_call_and_what_is_overwritten_need_the_full_hook() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 4, window(3, 1, 1)), net.input(1, 3, 8, 8), MAP)
    first = net.step("relu", Activate("relu", True), x, storage=x)
    again = net.step("relu", Activate("relu"), first)
    survey = Survey(net.trace(again))
    lines = written(survey, taps_of(survey, conv=x, again=again))
    assert '    take("conv", "conv", copy=True)' in lines
    assert '    take("again", "relu", call=2)' in lines
    assert any(line.startswith("def tensor_at") for line in lines)


def test_what_only_a_module_takes_is_had_on_its_way_in() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 4, window(3, 1, 1)), net.input(1, 3, 8, 8), MAP)
    added = net.step(":add", Elementwise("add"), (x, x))
    end = net.step("last", conv(4, 4, window(1)), added)
    survey = Survey(net.trace(end))
    lines = written(survey, taps_of(survey, sum=added))
    assert '    take("sum", "last", side="input")' in lines


def test_what_goes_from_function_to_function_is_taken_before_or_said_to_be_out_of_reach() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 4, window(3, 1, 1)), net.input(1, 3, 8, 8), MAP)
    bent = net.step(":tanh", Activate("tanh"), x)
    added = net.step(":add", Elementwise("add"), (bent, x))
    end = net.step(":mul", Elementwise("mul"), (added, added))
    survey = Survey(net.trace(net.step(":relu", Activate("relu"), end)))
    lines = written(survey, taps_of(survey, **{":tanh": bent, ":add": added}))
    assert '    take(":tanh", "conv")  # before :tanh, a function that no hook reaches' in lines
    assert "    # :add goes from function to function: no hook comes there" in lines
