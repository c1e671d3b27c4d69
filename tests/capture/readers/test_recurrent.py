"""Recurrent layers: each against the same computation written out with linear layers."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from small_networks import Forward, surveyed
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from resnet_inspect.oracle import flop_counter_macs
from resnet_inspect.traces.ops import Recurrent


def step(mode: str, weights: dict[str, Tensor], x: Tensor, h: Tensor, c: Tensor) -> Any:
    """One step: the new state and, of an LSTM, the new cell."""
    from_input = functional.linear(x, weights["weight_ih"], weights.get("bias_ih"))
    from_state = functional.linear(h, weights["weight_hh"], weights.get("bias_hh"))
    if mode == "GRU":
        (r, z, n), (r_h, z_h, n_h) = (part.chunk(3, -1) for part in (from_input, from_state))
        update = torch.sigmoid(z + z_h)
        new = torch.tanh(n + torch.sigmoid(r + r_h) * n_h)
        return (1 - update) * new + update * h, c
    if mode != "LSTM":
        return torch.tanh(from_input + from_state), c
    i, f, g, o = (from_input + from_state).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    if "weight_hr" in weights:
        h = functional.linear(h, weights["weight_hr"])
    return h, c


class WrittenOut(nn.Module):
    """What `nn.LSTM`, `nn.GRU` and `nn.RNN` compute, step by step."""

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        layer = self.layer
        x = x.transpose(0, 1) if layer.batch_first else x
        for k in range(layer.num_layers):
            ways = []
            for end in ("", "_reverse")[: 1 + layer.bidirectional]:
                weights = {
                    name.split("_l")[0]: value
                    for name, value in layer.named_parameters()
                    if name.endswith(f"_l{k}{end}")
                }
                h = x.new_zeros(x.shape[1], layer.proj_size or layer.hidden_size)
                c = x.new_zeros(x.shape[1], layer.hidden_size)
                states = []
                for one in x.flip(0) if end else x:
                    h, c = step(layer.mode, weights, one, h, c)
                    states.append(h)
                ways.append(torch.stack(states[::-1] if end else states))
            x = torch.cat(ways, -1)
        return x.transpose(0, 1) if layer.batch_first else x


def first(m: Any, x: Tensor) -> Tensor:
    result: Tensor = m.layer(x)[0]
    return result


LAYERS = [
    (cls, layers, both, projection, batch_first, bias)
    for cls, layers, both, projection, batch_first, bias in product(
        (nn.LSTM, nn.GRU, nn.RNN), (1, 3), (False, True), (0, 5), (False, True), (True, False)
    )
    if (cls is nn.LSTM or not projection) and batch_first == (bias and layers == 3)
]


@pytest.mark.parametrize(("cls", "layers", "both", "projection", "batch_first", "bias"), LAYERS)
def test_a_recurrent_layer_costs_what_it_does_written_out(
    cls: Any, layers: int, both: bool, projection: int, batch_first: bool, bias: bool
) -> None:
    given = {"proj_size": projection} if projection else {}
    layer = cls(
        6, 7, layers, bias=bias, bidirectional=both, batch_first=batch_first, **given
    ).eval()
    x = torch.randn(4, 3, 6)
    written = WrittenOut(layer)
    torch.testing.assert_close(written(x), layer(x)[0])
    for device in ("cpu", "meta"):
        totals = surveyed(Forward(first, layer=layer), (4, 3, 6), device=device).totals
        assert totals.not_counted == ()
        assert totals.macs == flop_counter_macs(written, x)


@pytest.mark.parametrize("cls", [nn.LSTM, nn.GRU, nn.RNN])
def test_one_that_is_subclassed_is_read_from_the_function_that_it_calls(cls: Any) -> None:
    class Mine(cls):  # type: ignore[misc]
        def forward(self, x: Tensor) -> Any:
            return super().forward(x)

    x = torch.ones(4, 3, 6)
    given = {"proj_size": 5} if cls is nn.LSTM else {}
    layer = Mine(6, 7, 2, bidirectional=True, **given).eval()
    survey = surveyed(Forward(first, layer=layer), tuple(x.shape))
    assert survey.totals.not_counted == ()
    assert survey.totals.macs == flop_counter_macs(WrittenOut(layer), x)
    kind = cls.__name__.lower()
    op = Recurrent(kind, 6, 7, 2, True, given.get("proj_size", 0))
    assert [call.op for call in survey.trace.calls if isinstance(call.op, Recurrent)] == [op]


@pytest.mark.parametrize("mine", [False, True])
def test_a_packed_sequence_costs_the_steps_that_it_has(mine: bool) -> None:
    class Mine(nn.LSTM):
        def forward(self, x: Any) -> Any:  # type: ignore[override]
            return super().forward(x)

    lengths = [5, 3, 1]
    layer = (Mine if mine else nn.LSTM)(6, 7, 2, bidirectional=True).eval()

    def run(m: Any, x: Tensor) -> Tensor:
        packed, _ = m.layer(pack_padded_sequence(x, torch.tensor(lengths)))
        return pad_packed_sequence(packed)[0]

    survey = surveyed(Forward(run, layer=layer), (5, 3, 6), device="cpu")
    alone = (flop_counter_macs(WrittenOut(layer), torch.ones(n, 1, 6)) for n in lengths)
    assert survey.totals.macs == sum(alone)


@pytest.mark.parametrize("cls", [nn.LSTMCell, nn.GRUCell, nn.RNNCell])
@pytest.mark.parametrize("shape", [(3, 6), (6,)])
def test_a_cell_costs_one_step(cls: Any, shape: tuple[int, ...]) -> None:
    cell = cls(6, 7)
    mode = cls.__name__[:-4]
    weights = dict(cell.named_parameters())
    state = torch.zeros(*shape[:-1], 7)
    written = Forward(lambda m, x: step(mode, weights, x, state, state)[0])
    function = getattr(torch, {"RNN": "rnn_tanh"}.get(mode, mode.lower()) + "_cell")

    def run(m: Any, x: Tensor) -> Any:
        h = x.new_zeros(*shape[:-1], 7)
        return function(x, (h, h) if mode == "LSTM" else h, *m.cell.parameters())

    ways = [Forward(lambda m, x: m.cell(x), cell=cell)]
    ways += [Forward(run, cell=cell)] * (len(shape) == 2)  # the functions take a batch
    for model in ways:
        survey = surveyed(model, shape)
        assert survey.totals.not_counted == ()
        assert survey.totals.macs == flop_counter_macs(written, torch.ones(shape))
