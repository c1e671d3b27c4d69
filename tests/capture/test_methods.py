"""Other methods than forward, run or watched."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect.errors import ForwardError, UnknownName


class Encoder(nn.Module):
    """A network of two methods, of which the forward is the longer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

    def encode_image(self, image: Tensor) -> Tensor:
        return self.conv(image).relu()

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.fc(self.encode_image(x).mean((2, 3)))
        return made

    def classify(self, x: Tensor) -> Tensor:
        return self(x).softmax(1)

    def fail(self, x: Tensor) -> Tensor:
        made: Tensor = self.fc(self.conv(x))
        return made


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_another_method_is_run_and_a_note_says_which(device: str) -> None:
    model = Encoder()
    trace = ri.trace(model, (1, 3, 8, 8), call="encode_image", device=device)
    assert [call.path for call in trace.calls] == ["", "conv", ":relu"]
    assert trace.totals.macs == 36 * 4 * 27
    assert trace.spec(trace.outputs[0]).shape == (1, 4, 6, 6)
    assert trace.provenance.notes == ("its encode_image was run, not its forward",)
    by_name = ri.trace(model, {"image": (1, 3, 8, 8)}, call="encode_image", device=device)
    assert by_name.calls[1:] == trace.calls[1:]


def test_a_method_that_calls_the_forward_has_it_inside() -> None:
    trace = ri.trace(Encoder(), (1, 3, 8, 8), call="classify")
    assert [call.path for call in trace.calls] == [
        "",
        "",
        "conv",
        ":relu",
        ":mean",
        "fc",
        ":softmax",
    ]


def test_a_method_that_raises_leaves_the_trace_up_to_there() -> None:
    with pytest.raises(ForwardError, match="it takes 4 features, not 6") as raised:
        ri.trace(Encoder(), (1, 3, 8, 8), call="fail")
    assert raised.value.trace is not None
    assert [call.path for call in raised.value.trace.calls] == ["", "conv", "fc"]


def test_a_method_that_is_not_there_is_refused_with_those_that_are() -> None:
    for name in ("encode_imag", "conv"):
        with pytest.raises(UnknownName) as raised:
            ri.trace(Encoder(), (1, 3, 8, 8), call=name)
        assert "encode_image" in raised.value.hint


def test_a_named_network_takes_one_too() -> None:
    trace = ri.trace("deeplabv3_resnet50", (1, 3, 64, 64), call="forward")
    assert trace.provenance.notes == ()
    inner = ri.trace("resnet18", (1, 3, 64, 64), call="_forward_impl")
    plain = ri.trace("resnet18", (1, 3, 64, 64))
    assert inner.calls == plain.calls


def test_the_calls_of_a_method_are_watched() -> None:
    model = Encoder()
    before = dict(vars(model))
    with ri.watch(model, forwards=None, call="encode_image") as seen:
        made = model.encode_image(torch.ones(1, 3, 8, 8))
        model(torch.ones(1, 3, 8, 8))
    assert made.shape == (1, 4, 6, 6)
    assert [[c.path for c in t.calls] for t in seen.traces] == [["", "conv", ":relu"]] * 2
    assert "its encode_image was run, not its forward" in seen.trace.provenance.notes
    assert vars(model) == before
