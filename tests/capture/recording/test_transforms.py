"""The transforms of torch.func: what is mapped counts for all, what else they do is not known."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from small_networks import Forward, call, parameter, surveyed
from torch import Tensor, nn
from torch.func import functional_call, grad, jacfwd, jacrev, jvp, stack_module_state, vjp, vmap
from torch.nn import functional

from resnet_inspect.oracle import flop_counter_macs
from resnet_inspect.traces.json import codec
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.trace import layers


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.b(functional.relu(self.a(x), inplace=True))
        y += x
        return y


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), Residual(), Residual())


def ensemble(m: Any, x: Tensor) -> Tensor:
    """Three networks with weights of their own on one input."""
    state = stack_module_state([m.one, m.two, m.three])
    run = vmap(lambda own, of: functional_call(m.one, own, (of,)), in_dims=(0, None))
    return run(state[0], x)


def three() -> dict[str, nn.Module]:
    return {name: nn.Conv2d(3, 4, 3) for name in ("one", "two", "three")}


MAPPED = {
    "a network for each image": (
        lambda: Forward(lambda m, x: vmap(lambda i: m.n(i[None])[0])(x), n=network()),
        (5, 3, 8, 8),
    ),
    "without a batch of its own": (
        lambda: Forward(lambda m, x: vmap(m.n)(x), n=network()), (5, 3, 8, 8),
    ),
    "along another dimension": (
        lambda: Forward(lambda m, x: vmap(m.n, in_dims=1, out_dims=2)(x), n=nn.Linear(4, 6)),
        (2, 5, 4),
    ),
    "one in another": (
        lambda: Forward(lambda m, x: vmap(vmap(m.n))(x), n=nn.Linear(4, 6)), (2, 3, 7, 4),
    ),
    "in chunks": (
        lambda: Forward(lambda m, x: vmap(m.n, chunk_size=2)(x), n=nn.Linear(4, 6)), (5, 7, 4),
    ),
    "a part that does not depend on it": (
        lambda: Forward(
            lambda m, x, y: vmap(lambda a, b: m.n(a) @ m.n(b), in_dims=(0, None))(x, y),
            n=nn.Linear(4, 4),
        ),
        ((5, 2, 4), (4, 4)),
    ),
    "weights of their own": (lambda: Forward(ensemble, **three()), (2, 3, 8, 8)),
    "attention and an einsum": (
        lambda: Forward(
            lambda m, x: vmap(lambda y: torch.einsum("ld,de->le", m.n(y, y, y)[0], m.w))(x),
            n=nn.MultiheadAttention(4, 2), w=parameter(4, 6),
        ),
        (3, 5, 4),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MAPPED)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_what_is_mapped_counts_for_all(name: str, device: str) -> None:
    build, size = MAPPED[name]
    model = build().eval()
    survey = surveyed(model, size, device=device)
    given = size if isinstance(size[0], tuple) else (size,)
    assert survey.totals.not_counted == ()
    assert survey.totals.macs == flop_counter_macs(model, *(torch.ones(shape) for shape in given))
    assert survey.from_outside == {} or name == "weights of their own"
    assert codec.loads(codec.dumps(survey.trace)) == survey.trace
    assert any("of all" in remark for remark in layers.view(survey, Selection()).remarks)


def test_a_network_that_is_mapped_has_its_blocks_and_its_bytes() -> None:
    build, size = MAPPED["a network for each image"]
    survey = surveyed(build(), size)
    plain = surveyed(network(), size)
    assert [block.path for block in survey.anatomy.blocks] == ["n.1", "n.2"]
    assert survey.totals.macs == plain.totals.macs
    assert survey.totals.activation_bytes_distinct == plain.totals.activation_bytes_distinct
    assert survey.trace.spec(call(survey, "n.0").outputs[0]).mapped == 5
    assert survey.trace.spec(survey.trace.outputs[0]).mapped == 1


def run_backward(m: Any, x: Tensor) -> Tensor:
    with torch.enable_grad():
        x = x.clone().requires_grad_()
        y = m.n(x)
        y.sum().backward()
    return y.detach()


PARTIAL = {
    "grad": (lambda m, x: grad(lambda y: m.n(y).sum())(x), "grad"),
    "vjp": (lambda m, x: vjp(m.n, x)[1](x)[0], "grad"),
    "jvp": (lambda m, x: jvp(m.n, (x,), (x,))[1], "make_dual"),
    "jacrev": (lambda m, x: jacrev(m.n)(x), "grad"),
    "jacfwd": (lambda m, x: jacfwd(m.n)(x), "make_dual"),
    "backward": (run_backward, "backward"),
}


@pytest.mark.parametrize("name", PARTIAL)
def test_gradients_inside_a_forward_make_the_total_partial(name: str) -> None:
    run, reported = PARTIAL[name]
    survey = surveyed(Forward(run, n=nn.Linear(4, 4)), (3, 4), device="cpu")
    assert reported in dict(survey.totals.not_counted)
    assert survey.totals.macs >= 3 * 4 * 4
