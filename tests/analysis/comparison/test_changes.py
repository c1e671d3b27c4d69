"""What changed between things that are paired, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

from comparisons import convolutions, edited
from saved import ByHand, conv, trace_of, window

from resnet_inspect.analysis.comparison.difference import Change, Entry
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Failure
from resnet_inspect.traces.ops import Activate, Elementwise, Join, Op
from resnet_inspect.traces.tensors import Shape, TensorSpec
from resnet_inspect.views.tables.comparison.networks import view
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.words.comparison.summary import summary


def test_what_follows_from_a_change_is_told_apart() -> None:
    """One convolution with another stride gives another map; the layers behind it only take it."""
    trace = trace_of("plain")
    first = convolutions(trace)[0]
    other = edited(trace, first, stride=(2, 2))
    (port,) = other.calls[first].outputs
    tensors = list(other.activations)
    spec = replace(tensors[port.activation].tensor, shape=(2, 8, 16, 16))
    tensors[port.activation] = replace(tensors[port.activation], tensor=spec)
    found = compare(Survey(trace), Survey(replace(other, activations=tuple(tensors))))
    (edit,) = found.edits
    assert isinstance(edit, Entry)
    assert edit.left == first
    changes = {change.part: change for change in edit.changes}
    assert changes["stride"] == Change("stride", (1, 1), (2, 2))
    assert changes["output_shape"].follows
    assert changes["macs"].follows
    following = [e for e in found.entries if e.kind == "changed" and not e.itself]
    assert [e.left for e in following] == [first + 1]
    assert {c.part for c in following[0].changes} == {"input_shape"}
    table = view(found, Selection(everything=True))
    notes = {table.cell(row, "left_path").value: table.cell(row, "note").text for row in table.rows}
    assert notes["features.0"] == "stride 1 → 2"
    assert notes["features.1"] == "follows what it takes"


def test_a_wire_that_goes_elsewhere_is_a_change() -> None:
    def network(*, far: bool) -> Survey:
        hand = ByHand()
        x = hand.input(1, 4, 8, 8)
        a = hand.step("a", conv(4, 4, window(3, 1, 1)), x)
        b = hand.step("b", Activate("relu"), a)
        c = hand.step("c", conv(4, 4, window(3, 1, 1)), b)
        return Survey(hand.trace(hand.step(":mul", Elementwise("mul"), (c, a if far else b))))

    found = compare(network(far=False), network(far=True))
    (edit,) = found.edits
    assert isinstance(edit, Entry)
    assert edit.changes == (Change("takes", ("c", "b"), ("c", "a")),)
    assert "mul: takes c, b against c, a" in summary(found)


def steps(left: ByHand, right: ByHand) -> list[list[Change]]:
    """What is not the same of the steps of two networks, in order."""
    found = compare(Survey(left.trace()), Survey(right.trace()))
    return [list(entry.changes) for entry in found.entries]


def one(
    op: Op, given: Shape = (1, 8, 8, 8), made: Shape | None = None, dtype: str = "float32"
) -> ByHand:
    """A network of one step."""
    net = ByHand()
    net.given.append(taken := net.tensor(*given, dtype=dtype))
    net.step("layer", op, taken, made)
    return net


def test_every_field_of_a_window_or_an_op_is_a_change_of_its_own() -> None:
    (changes,) = steps(one(conv(8, 8, window(3, 1, 1))), one(conv(8, 8, window(5, 1, 2), groups=4)))
    assert changes == [
        Change("kernel_size", (3, 3), (5, 5)),
        Change("padding", (1, 1), (2, 2)),
        Change("groups", 1, 4),
        Change("macs", 8 * 8 * 9 * 64, 8 * 2 * 25 * 64, True),
    ]


def test_channels_that_are_taken_follow_from_the_input() -> None:
    wider = one(conv(16, 8, window(1)), (1, 16, 8, 8), (1, 8, 8, 8))
    (changes,) = steps(one(conv(8, 8, window(1))), wider)
    assert [(change.part, change.follows) for change in changes] == [
        ("in_channels", True), ("input_shape", True), ("macs", True),
    ]  # fmt: skip


def test_a_depthwise_convolution_has_as_many_groups_as_it_is_given() -> None:
    left = one(conv(8, 8, window(3, 1, 1), groups=8))
    right = one(conv(16, 16, window(3, 1, 1), groups=16), (1, 16, 8, 8))
    (changes,) = steps(left, right)
    assert all(change.follows for change in changes)
    # With as many channels as before, more groups are a choice.
    same = one(conv(8, 8, window(3, 1, 1), groups=4))
    assert [c.part for c in steps(left, same)[0] if not c.follows] == ["groups"]


def test_sizes_of_more_dimensions_that_say_the_same_are_told_by_the_kernel_alone() -> None:
    flat = one(conv(8, 8, window(3, 1, 1)))
    deep = one(conv(8, 8, window(3, 1, 1, dimensions=3)), (1, 8, 8, 8, 8))
    (changes,) = steps(flat, deep)
    told = {change.part: change for change in changes}
    assert told["kernel_size"] == Change("kernel_size", (3, 3), (3, 3, 3))
    assert not {"stride", "padding", "dilation"} & set(told)


def test_another_number_of_tensors_that_are_taken_does_not_follow() -> None:
    def joining(count: int) -> ByHand:
        net = ByHand()
        taken = tuple(net.input(1, 4, 8, 8) for _ in range(count))
        net.step("join", Join("cat", 1), taken, (1, 4 * count, 8, 8))
        return net

    (changes,) = steps(joining(2), joining(3))
    follows = {change.part: change.follows for change in changes}
    assert follows == {"input_shape": False, "output_shape": True}


def test_another_nonlinearity_is_another_op() -> None:
    relu, gelu = Activate("relu"), Activate("gelu")
    assert steps(one(relu), one(gelu)) == [[Change("op", relu, gelu)]]
    in_place = Activate("relu", in_place=True)
    assert steps(one(relu), one(in_place)) == [[Change("in_place", False, True)]]


def test_a_type_that_is_taken_over_follows() -> None:
    (changes,) = steps(one(Activate("relu")), one(Activate("relu"), dtype="int64"))
    assert changes == [Change("dtype", ("float32",), ("int64",), True)]
    # What it gives of the same is of its own.
    net = one(Activate("relu"))
    net.activations[-1] = replace(net.activations[-1], tensor=TensorSpec((1, 8, 8, 8), "int64", 8))
    assert steps(one(Activate("relu")), net) == [[Change("dtype", ("float32",), ("int64",))]]


def test_the_networks_own_inputs_and_outputs_are_compared() -> None:
    small, large = one(Activate("relu")), one(Activate("relu"), (2, 8, 8, 8))
    found = compare(Survey(small.trace(1)), Survey(large.trace(1)))
    assert found.changes == (
        Change("input_shape", ((1, 8, 8, 8),), ((2, 8, 8, 8),)),
        Change("output_shape", ((1, 8, 8, 8),), ((2, 8, 8, 8),), True),
    )
    raised = small.trace(failure=Failure(1, "ValueError", "no", ""))
    found = compare(Survey(small.trace(1)), Survey(raised))
    assert Change("failure", None, "ValueError: no") in found.changes


def test_results_in_another_order_are_a_change() -> None:
    def network(*, turned: bool) -> Survey:
        net = ByHand()
        x = net.input(1, 4)
        a, b = net.step("a", Activate("relu"), x), net.step("b", Activate("gelu"), x)
        return Survey(net.trace(*((b, a) if turned else (a, b))))

    found = compare(network(turned=False), network(turned=True))
    assert found.changes == (Change("returns", ("a", "b"), ("b", "a")),)


def test_the_terms_of_a_sum_have_no_order() -> None:
    def network(op: str, *, turned: bool) -> Survey:
        net = ByHand()
        x = net.input(1, 4)
        a, b = net.step("a", Activate("relu"), x), net.step("b", Activate("gelu"), x)
        taken = (b, a) if turned else (a, b)
        return Survey(
            net.trace(net.step(":join", Elementwise(op) if op != "cat" else Join("cat", 1), taken))
        )

    for op, changed in (("add", False), ("cat", True)):
        found = compare(network(op, turned=False), network(op, turned=True))
        assert bool(found.edits) == changed
