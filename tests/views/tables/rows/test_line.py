"""Whether the forward pass raised in what a line stands for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import ByHand, conv, window

from resnet_inspect.traces.model import Failure, Trace
from resnet_inspect.traces.ops import Elementwise
from resnet_inspect.views.tables.rows.line import Line


def raised(call: int) -> Trace:
    """A network whose call of that index raised: block (1), block.conv (2), block:add (3)."""
    net = ByHand()
    x = net.input(1, 3, 8, 8)
    with net.inside("block", x) as gives:
        y = net.step("block.conv", conv(3, 3, window(1)), x)
        gives.append(net.step("block:add", Elementwise("add"), (y, x)))
    net.step("other", conv(3, 3, window(1)), gives[0])
    return net.trace(failure=Failure(call, "ValueError", "no", ""))


@pytest.mark.parametrize(("span", "found"), [((1, 3), True), ((2, 2), False), ((4, 4), False)])
def test_of_calls_it_is_in_their_runs(span: tuple[int, int], found: bool) -> None:
    line = Line("block", 0, spans=(span,))
    assert line.has_raised(raised(3)) == found
    assert not line.has_raised(replace(raised(3), failure=None))


@pytest.mark.parametrize(
    ("path", "call", "found"),
    [
        ("block", 3, True),  # a function is of the module that runs it
        ("block", 2, True),
        ("block.conv", 2, True),
        ("block.conv", 3, False),
        ("other", 3, False),
        ("", 4, True),
        ("bloc", 2, False),
    ],
)
def test_of_a_module_it_is_in_it_or_below_it(path: str, call: int, found: bool) -> None:
    trace = raised(call)
    module = replace(trace.module_at["block"], path=path)
    assert Line("module", 0, module=module).has_raised(trace) == found


def test_an_op_is_that_of_the_call_or_of_the_module() -> None:
    trace = raised(4)
    conv_, add = trace.calls[2], trace.calls[3]
    assert Line("layer", 0, call=conv_).op == conv_.op
    assert Line("module", 0, module=trace.module_at["block.conv"]).op == conv_.op
    assert Line("layer", 0, call=add, module=trace.module_at["block.conv"]).op == add.op
    assert Line("stage", 0).op is None
