"""What changed between things that are paired, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

from comparisons import convolutions, edited
from saved import ByHand, conv, trace_of, window

from resnet_inspect.analysis.comparison.difference import Change, Entry
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate, Elementwise
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
