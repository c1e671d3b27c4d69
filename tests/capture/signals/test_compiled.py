"""What flows in a network of which a part is compiled."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from flowing import Seen, check_flow, flows
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.views.words.signals import remarks_of


class Part(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.norm(self.conv(x))) + x


class Whole(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.part = Part()
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.part(self.stem(x)).mean((2, 3)))


def as_a_module(model: Whole, backend: str) -> None:
    model.part = torch.compile(model.part, backend=backend)  # type: ignore[assignment]


def in_place(model: Whole, backend: str) -> None:
    model.part.compile(backend=backend)


def as_a_forward(model: Whole, backend: str) -> None:
    model.part.forward = torch.compile(model.part.forward, backend=backend)


WAYS: tuple[Callable[[Whole, str], None], ...] = (as_a_module, in_place, as_a_forward)
IMAGES = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def steps(model: Whole, number: int) -> None:
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(number):
        optimizer.zero_grad()
        model(IMAGES).square().mean().backward()
        optimizer.step()


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("ignore")
def test_a_compiled_part_has_the_figures_of_plain_autograd(
    way: Callable[[Whole, str], None], warm: bool, backend: str
) -> None:
    torch.manual_seed(0)
    watched = Whole().train()
    plain = copy.deepcopy(watched)
    way(watched, backend)
    if warm:
        steps(watched, 1)
        steps(plain, 1)
    paths = ("stem", "part.conv", "part.norm", "head")
    seen = Seen(plain, paths)
    with ri.watch(watched, signals=True, forwards=None) as w:
        steps(watched, 2)
    steps(plain, 2)
    inside = "part._orig_mod." if way is as_a_module else "part."
    for step, signals in enumerate(w.signals):
        for place, path in enumerate(paths):
            (flow,) = flows(w.trace, signals, path.replace("part.", inside))
            at = step * len(paths) + place
            check_flow(flow, seen.outputs[at][1], seen.gradients[at], 1e-4)
        assert all(weight.gradient_norm is not None for weight in signals.weights)
        said = " ".join(remarks_of(Signal(w.trace.survey, signals)))
        assert "got no gradient" not in said
    for one, other in zip(plain.parameters(), watched.parameters(), strict=True):
        assert torch.allclose(one, other, rtol=1e-5, atol=1e-6)


def test_what_is_compiled_while_it_is_watched_runs_uncompiled_too() -> None:
    """In a process that has not loaded the compiler before."""
    code = """
import sys
import torch
from torch import nn
import resnet_inspect as ri

model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2))
assert "torch._dynamo" not in sys.modules
with ri.watch(model, signals=True, forwards=None) as w:
    model(torch.randn(4, 3)).sum().backward()
    model[2].compile(backend="eager")
    model(torch.randn(4, 3)).sum().backward()
assert "torch._dynamo" in sys.modules
assert not torch._dynamo.utils.counters["frames"]
assert all(flow.gradient_norm for flow in w.signals[1].flows)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
