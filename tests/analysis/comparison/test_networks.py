"""Two traces side by side: by properties, and by figures known from elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from comparisons import PAIRS, check, check_mirror, convolutions, edited, of, plain
from hypothesis import given
from hypothesis import strategies as st
from saved import NAMES, ByHand, conv, steady, survey_of, trace_of, traces, window

from resnet_inspect.analysis.comparison.difference import Entry, Section
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.formats import render
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Elementwise
from resnet_inspect.traces.tensors import Port
from resnet_inspect.views.tables.comparison.networks import view
from resnet_inspect.views.words.comparison.summary import summary

# Properties --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_network_does_not_differ_from_itself(name: str) -> None:
    found = of(name, name)
    check(found)
    assert found.equal
    assert not found.edits
    assert not found.changes
    assert {entry.kind for entry in found.entries} <= {"same"}
    assert all(figure.left == figure.right for figure in found.figures)
    assert summary(found) == ("no difference",)
    assert {view(found).cell(row, "change").text for row in view(found).rows} <= {"="}


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_the_other_order_is_the_mirror_image(left: str, right: str) -> None:
    check(of(left, right))
    check_mirror(survey_of(left), survey_of(right))


@steady
@given(traces(), traces())
def test_anything_can_be_compared_with_anything(a: Trace, b: Trace) -> None:
    left, right = Survey(a), Survey(b)
    check(compare(left, right))
    check_mirror(left, right)
    assert compare(left, left).equal
    assert summary(compare(left, right))


kernels = st.sampled_from([1, 3, 5])
plain_networks = st.lists(st.tuples(st.sampled_from([4, 8]), kernels), min_size=1, max_size=90)


@steady
@given(plain_networks, plain_networks)
def test_plain_networks_mirror(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> None:
    check(compare(plain(a), plain(b)))
    check_mirror(plain(a), plain(b))


@steady
@given(plain_networks.filter(lambda n: len(n) > 1), st.data())
def test_one_inserted_layer_is_one_insertion(
    layers: list[tuple[int, int]], data: st.DataObject
) -> None:
    """A layer that keeps the width; all layers behind it have other names then."""
    place = data.draw(st.integers(1, len(layers) - 1))
    more = [*layers[:place], (layers[place - 1][0], 7), *layers[place:]]
    found = compare(plain(layers), plain(more))
    (edit,) = found.edits
    assert isinstance(edit, Entry)
    assert (edit.kind, edit.right) == ("only right", place + 1)
    assert {entry.kind for entry in found.entries} == {"same", "only right"}


def test_other_names_are_the_same_network() -> None:
    layers = [(4, 3), (8, 1), (8, 3)]
    found = compare(plain(layers), plain(layers, "body"))
    assert found.equal
    assert summary(found) == ("no difference but the names of 3 steps",)
    assert "features.0 → body.0" in render(view(found, unfold=True), "text")


# One edit ----------------------------------------------------------------------------------------


EDITS: tuple[dict[str, object], ...] = (
    {"dilation": (5, 5), "padding": (5, 5)},
    {"groups": 2},
    {"stride": (7, 7)},
    {"bias": True},
    {"out_channels": 7},
)


@steady
@given(st.sampled_from(["resnet18", "resnet50", "fcn_resnet50"]), st.data())
def test_one_edit_is_one_entry(name: str, data: st.DataObject) -> None:
    trace = trace_of(name)
    index = data.draw(st.sampled_from(convolutions(trace)))
    parts = data.draw(st.sampled_from(EDITS))
    found = compare(Survey(trace), Survey(edited(trace, index, **parts)))
    (edit,) = found.edits
    assert isinstance(edit, Entry)
    assert (edit.left, edit.right, edit.kind) == (index, index, "changed")
    assert {change.part for change in edit.changes if not change.follows} == set(parts)
    lines = [line for line in summary(found) if trace.calls[index].path.rpartition(".")[2] in line]
    assert lines


@steady
@given(plain_networks, st.data())
def test_one_edit_in_a_random_network_is_one_entry(
    layers: list[tuple[int, int]], data: st.DataObject
) -> None:
    """A kernel that no other layer has, then a width: what is behind only takes other channels."""
    place = data.draw(st.integers(0, len(layers) - 1))
    width, kernel = layers[place]
    for changed, parts in (
        ((width, 7), {"kernel_size", "padding"}), ((width + 4, kernel), {"out_channels"}),
    ):  # fmt: skip
        found = compare(plain(layers), plain([*layers[:place], changed, *layers[place + 1 :]]))
        (edit,) = found.edits
        assert isinstance(edit, Entry)
        assert (edit.kind, edit.left, edit.right) == ("changed", place + 1, place + 1)
        own = {change.part for change in edit.changes if not change.follows}
        assert own - {"padding"} == parts - {"padding"}


def blocks(kernels: list[int]) -> Survey:
    """A stem and basic blocks, each with windows of its own, in modules of their own."""
    hand = ByHand()
    x = hand.step("stem", conv(3, 8, window(3, 1, 1)), hand.input(1, 3, 8, 8), (1, 8, 8, 8))
    for i, kernel in enumerate(kernels):
        with hand.inside(f"layer.{i}", x) as block:
            y = x
            for j in (1, 2):
                sized = window(kernel, 1, kernel // 2)
                y = hand.step(f"layer.{i}.conv{j}", conv(8, 8, sized), y)
            x = hand.step(f"layer.{i}:add", Elementwise("add"), (x, y))
            block.append(x)
    return Survey(hand.trace(x))


@steady
@given(st.lists(st.sampled_from([3, 5]), min_size=1, max_size=12), st.data())
def test_one_block_removed_or_changed_is_one_edit(kernels: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(kernels)))
    more = compare(blocks(kernels), blocks([*kernels[:place], 7, *kernels[place:]]))
    (edit,) = more.edits
    assert isinstance(edit, Section)
    assert (edit.role, edit.kind) == ("block", "only right")
    assert edit.right is not None
    assert edit.right.path == f"layer.{place}"
    place = min(place, len(kernels) - 1)
    other = compare(blocks(kernels), blocks([*kernels[:place], 7, *kernels[place + 1 :]]))
    assert {type(edit) for edit in other.edits} == {Entry}
    lefts = [edit.left for edit in other.edits if isinstance(edit, Entry)]
    paths = [other.left.trace.calls[left].path for left in lefts if left is not None]
    assert paths == [f"layer.{place}.conv1", f"layer.{place}.conv2"]


def without(trace: Trace, path: str) -> Trace:
    """The trace without a module, its calls and its parameters: what is behind takes its input."""
    gone = next(call for call in trace.calls if call.path == path)
    last = trace.last_descendant[gone.index]
    number = last + 1 - gone.index
    swap = {gone.outputs[0].activation: gone.inputs[0].activation}

    def ports(given: tuple[Port, ...]) -> tuple[Port, ...]:
        return tuple(replace(p, activation=swap.get(p.activation, p.activation)) for p in given)

    def moved(index: int) -> int:
        return index if index <= last else index - number

    calls = [
        replace(
            call, index=moved(call.index), inputs=ports(call.inputs), outputs=ports(call.outputs),
            parent=None if call.parent is None else moved(call.parent),
        )
        for call in trace.calls
        if not gone.index <= call.index <= last
    ]  # fmt: skip
    inside = {m.path for m in trace.modules if m.path == path or m.path.startswith(f"{path}.")}
    modules = tuple(
        replace(m, children=tuple(c for c in m.children if c not in inside))
        for m in trace.modules
        if m.path not in inside
    )
    return replace(trace, calls=tuple(calls), modules=modules, outputs=ports(trace.outputs))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("resnet50", "layer1.2"), ("resnet50", "layer3.2"), ("resnet50", "layer3.5"),
        ("resnet34", "layer2.1"), ("resnet101", "layer3.11"), ("resnet101", "layer4.1"),
    ],
)  # fmt: skip
def test_one_block_more_is_one_insertion(name: str, path: str) -> None:
    trace = trace_of(name)
    found = compare(Survey(without(trace, path)), survey_of(name))
    check(found)
    (edit,) = found.edits
    assert isinstance(edit, Section)
    assert (edit.role, edit.kind, edit.left) == ("block", "only right", None)
    assert edit.right is not None
    assert edit.right.path == path
    assert {e.kind for e in found.entries} == {"same", "only right"}
    assert edit.right.amounts.parameters == found.figure["parameters"].difference
    table = view(found)
    (row,) = [row for row in table.rows if table.cell(row, "change").text == "+"]
    assert table.cell(row, "path").text == path
    assert row.kind == "block"
    assert any(line.startswith("blocks per stage: ") for line in table.summary)


@pytest.mark.parametrize("path", ["relu", "bn1"])
def test_a_layer_that_only_one_has_is_shown_whatever_its_kind(path: str) -> None:
    trace = trace_of("resnet18")
    found = compare(survey_of("resnet18"), Survey(without(trace, path)))
    (edit,) = found.edits
    assert isinstance(edit, Entry)
    assert edit.kind == "only left"
    assert f"{path} only on the left" in summary(found)
    table = view(found)
    (row,) = [row for row in table.rows if table.cell(row, "change").text == "-"]
    assert table.cell(row, "path").text == path


# Known networks ----------------------------------------------------------------------------------


def test_layers_of_a_basic_block_and_a_bottleneck_stand_side_by_side() -> None:
    found = of("resnet34", "resnet50")
    left, right = found.left.trace, found.right.trace
    pairs = {
        (
            left.calls[e.left].path if e.left else None,
            right.calls[e.right].path if e.right else None,
        )
        for e in found.entries
    }
    for block in ("layer1.0", "layer2.0", "layer4.2"):
        assert (f"{block}.conv1", f"{block}.conv1") in pairs
        assert (f"{block}.conv2", f"{block}.conv2") in pairs
        assert (None, f"{block}.conv3") in pairs
    assert ("layer2.0.downsample.0", "layer2.0.downsample.0") in pairs
    assert (None, "layer1.0.downsample.0") in pairs


def test_where_the_stride_stands_in_v1() -> None:
    found = of("resnet50", "resnet50_v1")
    paths = [
        found.left.trace.calls[e.left].path for e in found.edits if isinstance(e, Entry) and e.left
    ]
    assert paths == [f"layer{n}.0.conv{k}" for n in (2, 3, 4) for k in (1, 2)]
    assert summary(found) == (
        "layer2.0, layer3.0 and layer4.0: the stride of 2 stands on the 3×3 (conv2) against the "
        "1×1 (conv1), v1.5 against v1",
        "MACs 4,089,184,256 against 3,857,973,248 (×0.94)",
        "activation memory 85.57 MiB against 81.55 MiB (×0.95)",
        "receptive field 427 against 483",
        "stem, blocks per stage (3, 4, 6, 3), kinds of block (bottleneck), shortcuts, head and "
        "parameters are the same",
    )
    assert (
        "on the 1×1 (conv1) against the 3×3 (conv2), v1 against v1.5"
        in summary(of("resnet50_v1", "resnet50"))[0]
    )


@pytest.mark.parametrize(
    ("left", "right", "parameters", "macs", "field", "blocks"),
    [
        ("resnet18", "resnet34", (11_689_512, 21_797_672), (1_814_073_344, 3_663_761_408),
         (435, 899), "2, 2, 2, 2 against 3, 4, 6, 3"),
        ("resnet50", "resnet101", (25_557_032, 44_549_160), (4_089_184_256, 7_801_405_440),
         (427, 971), "3, 4, 6, 3 against 3, 4, 23, 3"),
    ],
)  # fmt: skip
def test_deeper_networks_have_more_blocks_and_nothing_else(
    left: str, right: str, parameters: tuple[int, int], macs: tuple[int, int],
    field: tuple[int, int], blocks: str,
) -> None:  # fmt: skip
    found = of(left, right)
    assert all(isinstance(e, Section) and e.kind == "only right" for e in found.edits)
    more = found.figure["blocks"].difference
    assert len(found.edits) == more
    figures = found.figure
    assert (figures["parameters"].left, figures["parameters"].right) == parameters
    assert (figures["macs"].left, figures["macs"].right) == macs
    assert figures["parameters"].difference == parameters[1] - parameters[0]
    assert figures["parameters"].ratio == parameters[1] / parameters[0]
    assert (figures["receptive_field"].left, figures["receptive_field"].right) == tuple(
        (size, size) for size in field
    )
    lines = summary(found)
    assert lines[0] == f"blocks per stage: {blocks}"
    assert f"receptive field {field[0]} against {field[1]}" in lines
    assert lines[-1].startswith("stem, kinds of block")


def test_another_input_changes_no_layer() -> None:
    found = of("resnet18", "resnet18_odd")
    assert not found.edits
    assert not found.equal
    assert {entry.kind for entry in found.entries} == {"changed"}
    lines = summary(found)
    assert lines[0] == "input 1×3×224×224 against 2×3×225×161"
    assert "parameters" in lines[-1]


def test_parameters_that_no_step_uses_are_a_difference() -> None:
    trace = trace_of("oddities")
    frozen = tuple(
        replace(m, parameters=tuple(replace(p, trainable=False) for p in m.parameters))
        for m in trace.modules
    )
    found = compare(survey_of("oddities"), Survey(replace(trace, modules=frozen)))
    assert not found.equal
    assert any(line.startswith("trainable 1,068 against 0") for line in summary(found))
    fewer = tuple(replace(m, buffers=()) for m in trace.modules)
    found = compare(survey_of("oddities"), Survey(replace(trace, modules=fewer)))
    assert not found.equal
    assert any(line.startswith("buffers") for line in summary(found))
