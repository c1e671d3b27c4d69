"""Numbers of any tensor, held against float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from resnet_inspect.capture.signals.observer import Observer
from resnet_inspect.capture.signals.reductions import norm_of, reduced, sampled, unseen, zeros
from resnet_inspect.traces.signals import Flow

LARGE = torch.randn(4, 64, 80, 80, generator=torch.Generator().manual_seed(0))
"""Six parts of a tensor, and more than one for each of its images."""
TENSORS = {
    "a mean that squares would drown": torch.randn(2, 3, 40, 41) * 0.01 + 100,
    "one channel without spread": torch.cat([torch.randn(2, 1, 9, 9), torch.ones(2, 1, 9, 9)], 1),
    "several parts": torch.randn(3, 4, 300, 301).relu(),
    "a channel of several parts": torch.randn(1, 2, 600, 700) + 1,
    "zeros": torch.zeros(2, 3, 4, 4),
    "rows": torch.randn(5, 7),
    "a vector": torch.randn(11),
    "every other of a vector": torch.randn(22)[::2],
    "a number": torch.tensor(3.0),
    "channels last": torch.randn(2, 6, 5, 4).to(memory_format=torch.channels_last),
    "channels last in parts": LARGE.to(memory_format=torch.channels_last),
    "every other place": LARGE[:, 1:, ::2, ::2],
    "every other channel": torch.randn(3, 8, 5, 5)[:, ::2],
    "turned": torch.randn(7, 5, 3).transpose(0, 2),
    "expanded": torch.randn(2, 3, 1, 1).expand(2, 3, 8, 9),
    "half": torch.randn(2, 5, 6).half(),
    "bfloat16 in parts": LARGE.bfloat16(),
    "bfloat16 channels last": LARGE.bfloat16().to(memory_format=torch.channels_last),
    "double": torch.randn(2, 5, 6).double(),
    "squares beyond float32": torch.randn(2, 5, 6) * 1e30,
    "sums beyond float32": torch.full((2, 5, 60, 60), 3e38),
    "squares below float32": torch.randn(2, 5, 6) * 1e-30,
}


def flow_of(made: Tensor) -> Flow:
    observer = Observer()
    observer.observe(0, [made])
    (flow,) = observer.signals(1).flows
    assert flow is not None
    return flow


@pytest.mark.parametrize("name", TENSORS)
def test_numbers_of_any_tensor_are_those_in_float64(name: str) -> None:
    made = TENSORS[name]
    flow = flow_of(made)
    x = made.double()
    scale = x.abs().max().item()
    near = {"rel": 1e-4, "abs": 1e-6 * scale}
    assert flow.mean == pytest.approx(x.mean().item(), rel=1e-6, abs=1e-6 * scale)
    assert flow.std == pytest.approx(x.std(correction=0).item(), **near)
    assert flow.zeros == int((x == 0).sum())
    assert flow.nonfinite == 0
    assert flow.largest == pytest.approx(scale)
    assert norm_of(made).item() == pytest.approx(x.norm().item(), rel=2e-5)
    if made.dim() > 1:
        others = [axis for axis in range(made.dim()) if axis != 1]
        variance, mean = torch.var_mean(x, others, correction=0)
        near = {"rel": 1e-4, "abs": 1e-6 * scale**2}
        assert flow.channel_variance == pytest.approx(variance.mean().item(), **near)
        assert flow.channel_mean_squared == pytest.approx(mean.square().mean().item(), **near)
    else:
        assert flow.channel_variance is None


@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2"])
def test_types_that_cannot_be_computed_with_are_widened(name: str) -> None:
    x = torch.randn(2, 5, 6).to(getattr(torch, name))
    flow = flow_of(x)
    assert flow.std == pytest.approx(x.double().std(correction=0).item(), rel=1e-5)
    assert flow.zeros == int((x.double() == 0).sum())
    assert norm_of(x).item() == pytest.approx(x.double().norm().item())


@pytest.mark.parametrize("fmt", [torch.contiguous_format, torch.channels_last])
def test_what_is_not_finite_is_counted_wherever_it_lies(fmt: torch.memory_format) -> None:
    x = LARGE.clone(memory_format=fmt)
    x[0, 3, 1, 1], x[3, 63, 79, 79], x[1, 1, 1, 1] = torch.nan, torch.inf, 1e38
    flow = flow_of(x)
    assert (flow.nonfinite, flow.std, flow.largest) == (2, None, None)
    assert flow.zeros == 0


class Largest(TorchDispatchMode):
    """The most elements that one operation has made room for."""

    def __init__(self, given: Tensor) -> None:
        super().__init__()
        self._given = given.untyped_storage().data_ptr()
        self.elements = 0

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        made = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor) and tensor.untyped_storage().data_ptr() != self._given:
                bytes_held = tensor.untyped_storage().nbytes()
                self.elements = max(self.elements, bytes_held // tensor.element_size())
        return made


WHOLE = ("channels last in parts", "bfloat16 in parts", "bfloat16 channels last")


@pytest.mark.parametrize(
    ("work", "names"),
    [(work, (*WHOLE, "every other place")) for work in (reduced, norm_of, zeros)]
    + [(sampled, WHOLE)],
)
def test_nothing_as_large_as_the_tensor_is_made(
    work: Callable[[Tensor], Any], names: tuple[str, ...]
) -> None:
    for name in names:
        made = TENSORS[name]
        with unseen(), Largest(made) as largest:
            work(made)
        assert largest.elements > 0 or work is sampled
        assert largest.elements <= 2**18 < made.numel(), name
