"""What a reader of a table must know of its network."""

from __future__ import annotations

from dataclasses import replace

from saved import ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Elementwise, Linear
from resnet_inspect.views.tables.assembly import remarks
from resnet_inspect.views.tables.rows.line import Line


def of(survey: Survey) -> list[str]:
    return list(remarks.of(survey, []))


def test_a_plain_classifier_needs_none() -> None:
    assert of(survey_of("resnet50")) == []


def test_a_row_that_stands_for_several_blocks_is_explained() -> None:
    assert list(remarks.of(survey_of("resnet50"), [Line("block", 1)])) == []
    lines = [Line("block", 1), Line("block", 1, repeat=3)]
    (said,) = remarks.of(survey_of("resnet50"), lines)
    assert said == "a row marked ×N stands for N identical blocks and has the amounts of one"


def test_what_raised_comes_first_and_what_is_partial_next() -> None:
    assert of(survey_of("broken"))[0].startswith("the forward pass raised: ")
    odd = of(survey_of("oddities"))
    assert odd[0] == "MACs are partial: no rule for LSTM (1 call)"
    assert odd[1] == "never called: uncalled (28 parameters)"


def uncalled(number: int) -> Survey:
    net = ByHand()
    x = net.step("fc", Linear(4, 4, False), net.input(1, 4), weights={"weight": (4, 4)})
    for n in range(number):
        net.module(f"head{n}", Linear(4, 2, False), {"weight": (2, 4)})
    return Survey(net.trace(x))


def test_eight_modules_that_were_never_called_are_named_and_more_are_counted() -> None:
    said = [line for line in of(uncalled(8)) if line.startswith("never called")]
    assert said == [f"never called: head{n} (8 parameters)" for n in range(8)]
    (said_of_nine,) = [line for line in of(uncalled(9)) if line.startswith("never called")]
    assert said_of_nine == "never called: head0 and 8 more (72 parameters)"


def test_where_modules_stand_in_for_blocks_it_is_said() -> None:
    said = "no residual block was recognised: modules stand in for stages and blocks"
    assert said in of(survey_of("plain"))
    assert said not in of(survey_of("broken"))  # which did not come so far


def test_tensors_from_outside_are_named_by_what_takes_them() -> None:
    net = ByHand()
    x = net.step("conv", conv(3, 4, window(1)), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    outside = net.tensor(1, 4, 8, 8), net.tensor(1, 4, 8, 8)
    made = net.step(":addcmul", Elementwise("addcmul"), (x, *outside))
    said = [line for line in of(Survey(net.trace(made))) if "no recorded call made:" in line]
    assert said == [
        ":addcmul takes 2 tensors that no recorded call made: a constant, or the result of code"
        " that cannot be watched"
    ]


def test_numbers_that_are_mapped_are_told_of() -> None:
    net = ByHand()
    x = net.step("fc", Linear(4, 4, False), net.input(1, 4), weights={"weight": (4, 4)})
    net.activations[x] = replace(
        net.activations[x], tensor=replace(net.activations[x].tensor, mapped=8)
    )
    (said,) = [line for line in of(Survey(net.trace(x))) if line.startswith("vmap")]
    assert said == "vmap: the shapes of 1 step are those of one of 8; MACs and bytes are of all"


def test_notes_of_the_capture_are_said() -> None:
    trace = survey_of("resnet50").trace
    noted = replace(trace, provenance=replace(trace.provenance, notes=("weights are random",)))
    assert of(Survey(noted)) == ["weights are random"]


def test_products_of_complex_numbers_are_told_of() -> None:
    net = ByHand()
    x = net.input(1, 4)
    made = net.step("fc", Linear(4, 2, False), x, (1, 2), weights={"weight": (2, 4)})
    for number in (x, made):
        spec = replace(net.activations[number].tensor, dtype="complex64", itemsize=8)
        net.activations[number] = replace(net.activations[number], tensor=spec)
    (said,) = [line for line in of(Survey(net.trace(made))) if "complex" in line]
    assert said == (
        "the MACs are of complex numbers, each counted once: it is 4 real multiplications (32)"
        " and 8 FLOPs"
    )
