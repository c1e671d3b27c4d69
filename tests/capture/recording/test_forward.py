"""One forward pass becomes a trace: what is noted of it, and how it ends where it does not."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from small_networks import Forward
from torch import Tensor, nn

from resnet_inspect.capture.recording.failure import ForwardRaised, MetaCannotRun
from resnet_inspect.capture.recording.forward import capture
from resnet_inspect.errors import ForwardInterrupted

X = torch.ones(2, 4)
META = torch.device("meta")


def test_without_facts_a_trace_has_the_names_of_the_class() -> None:
    trace = capture(nn.Linear(4, 3), (X,))
    assert trace.model_name == "Linear"
    assert trace.provenance.source == "python:torch.nn.modules.linear.Linear"
    assert (trace.provenance.device, trace.provenance.mode) == ("cpu", "eval")
    assert trace.provenance.notes == ()
    assert trace.failure is None
    assert [trace.spec(port).shape for port in (*trace.inputs, *trace.outputs)] == [(2, 4), (2, 3)]


def test_facts_that_are_given_are_those_of_the_trace() -> None:
    trace = capture(
        nn.DataParallel(nn.Linear(4, 3)), (X,), model_name="mine", source="here", mode="as found",
        arguments={"a": 1}, notes=["first"],
    )  # fmt: skip
    assert (trace.model_name, trace.provenance.source) == ("mine", "here")
    assert trace.provenance.arguments == (("a", "1"),)
    first, wrapper = trace.provenance.notes
    assert first == "first"
    assert "DataParallel" in wrapper
    assert trace.provenance.mode == "train"


def test_lazy_layers_get_their_shapes_on_a_copy() -> None:
    model = nn.Sequential(nn.LazyLinear(3))
    trace = capture(model, (X,))
    assert trace.provenance.notes == ("lazy layers were given their shapes on a copy",)
    assert trace.module_at["0"].parameters[0].tensor.shape == (3, 4)
    assert isinstance(model[0], nn.LazyLinear)


def test_what_raised_ends_the_trace_at_its_call() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(4, 3))
    with pytest.raises(ForwardRaised) as raised:
        capture(model, (X,))
    trace = raised.value.trace
    assert trace.failure is not None
    assert trace.calls[trace.failure.call].path == "1"
    assert [bool(call.outputs) for call in trace.calls] == [False, True, False]
    assert trace.outputs == ()
    assert isinstance(raised.value.__cause__, RuntimeError)
    assert raised.value.asked is None


class Mapped(nn.Module):
    def forward(self, batch: Any) -> Any:
        return batch["image"]


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
def test_where_the_code_asks_for_no_tensor_that_is_said() -> None:
    with pytest.raises(ForwardRaised) as raised:
        capture(Mapped(), (X,))
    assert raised.value.asked is not None
    assert raised.value.asked.names == ("image",)


def test_meta_that_needs_numbers_is_told_apart_from_a_failure() -> None:
    model = Forward(lambda m, x: x if m.fc(x).sum().item() else -x, fc=nn.Linear(4, 3, device=META))
    with pytest.raises(MetaCannotRun, match=r"^Forward:item, which needs numbers$"):
        capture(model, (X.to(META),), device=META)
    wrong = nn.Linear(5, 3, device=META)
    with pytest.raises(ForwardRaised):
        capture(wrong, (X.to(META),), device=META)


def test_an_interrupt_leaves_the_calls_up_to_there() -> None:
    def run(m: Any, x: Tensor) -> Tensor:
        m.fc(x)
        raise KeyboardInterrupt

    with pytest.raises(ForwardInterrupted, match="interrupted after 1 call, in Forward") as stopped:
        capture(Forward(run, fc=nn.Linear(4, 3)), (X,))
    assert [call.path for call in stopped.value.trace.calls] == ["", "fc"]


def test_zeros_are_those_of_the_weights_or_those_that_are_told() -> None:
    model = nn.Linear(4, 3)
    with torch.no_grad():
        model.weight[0] = 0
    trace = capture(model, (X,))
    assert [one.zeros for one in trace.modules[0].parameters] == [4, 0]
    told = capture(model.to(META), (X.to(META),), device=META, zeros={"weight": 7})
    assert [one.zeros for one in told.modules[0].parameters] == [7, None]
    untold = capture(model, (X.to(META),), device=META)
    assert [one.zeros for one in untold.modules[0].parameters] == [None, None]
