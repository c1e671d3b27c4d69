"""Second opinions on a trace's numbers, as plain numbers, from tools that are not ours."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from resnet_inspect.escaping import named_line

_MOST_NAMES = 100_000
"""Names of modules with which torchinfo comes to an end."""

Answer = tuple[str, str, Any, int, str]
"""A figure's name, who says it, what it is (None if it could not be asked), the unit it is rounded
to, and why it could not be asked."""


@dataclass(frozen=True, slots=True)
class TorchinfoOpinion:
    """What torchinfo says of a model."""

    parameters: int
    trainable: int
    mult_adds: int
    """Its multiply-adds: with the weights of norms and the biases of linear layers counted in."""


def flop_counter_macs(model: nn.Module, *args: Any, **kwargs: Any) -> int:
    """Multiply-accumulates by torch's dispatcher: half of what `FlopCounterMode` counts.

    Attention is run as its matrix products: which fused kernel torch picks depends on its version
    and the device, and the counter has no rule for some of them.
    """
    with torch.no_grad(), _attention_written_out(), FlopCounterMode(display=False) as counter:
        model(*args, **kwargs)
    flops: int = counter.get_total_flops()
    return flops // 2


def macs_of_made_weights(model: nn.Module, *args: Any, **kwargs: Any) -> int:
    """Those of them that make parametrized weights, such as orthogonal and low-rank ones."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(*args, **kwargs)
    flops: int = sum(
        sum(by_op.values())
        for name, by_op in counter.get_flop_counts().items()
        if name.split(".")[-2:-1] == ["parametrizations"]
    )
    return flops // 2


@contextmanager
def _attention_written_out() -> Iterator[None]:
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)


def torchinfo(model: nn.Module, input_size: Sequence[int]) -> TorchinfoOpinion:
    """What torchinfo counts for one input of that shape."""
    from torchinfo import summary

    report = summary(model, input_size=tuple(input_size), verbose=0, device="cpu", mode="eval")
    return TorchinfoOpinion(report.total_params, report.trainable_params, report.total_mult_adds)


def opinions(
    model: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any] | None = None
) -> list[Answer]:
    """What others say of a model for these inputs; the model is run, in eval mode."""
    named = dict(kwargs or {})
    with suppress(Exception):  # what torch.export made has the mode it had
        model.eval()
    parameters = nn.Module.parameters
    found = [
        _asked("parameters", "torch", lambda: sum(p.numel() for p in parameters(model))),
        _asked(
            "trainable",
            "torch",
            lambda: sum(p.numel() for p in parameters(model) if p.requires_grad),
        ),
    ]
    found += _of_torchinfo(model, args, named)
    found.append(
        _asked("macs", "FlopCounterMode / 2", lambda: flop_counter_macs(model, *args, **named))
    )
    found.append(_asked("outputs", "a forward pass", lambda: _output_shapes(model, args, named)))
    return found


def _of_torchinfo(model: nn.Module, args: Sequence[Any], named: Mapping[str, Any]) -> list[Answer]:
    from importlib.metadata import version

    by = f"torchinfo {version('torchinfo')}"
    figures = ("parameters", "trainable", "macs")
    try:
        from torchinfo import summary

        names = nn.Module.named_modules(model, remove_duplicate=False)
        if sum(1 for _ in islice(names, _MOST_NAMES)) == _MOST_NAMES:  # it would go through all
            raise RecursionError(f"its modules have {_MOST_NAMES:,} names")
        given: Any = list(args)
        if named:
            given = inspect.signature(model.forward).bind(*args, **named).arguments
        report = summary(model, input_data=given, verbose=0, mode="eval", device=_home(model))
    except Exception as error:  # whatever it raises is its answer
        raised = error.__cause__ or error  # it wraps what the network raised
        reason = f"it raised {named_line(raised)}"
        return [(figure, by, None, 1, reason) for figure in figures]
    values = (report.total_params, report.trainable_params, report.total_mult_adds)
    return [_answer(f, by, int(value)) for f, value in zip(figures, values, strict=True)]


def _answer(figure: str, by: str, value: Any) -> Answer:
    return figure, by, value, 1, ""


def _asked(figure: str, by: str, ask: Callable[[], Any]) -> Answer:
    try:
        return _answer(figure, by, ask())
    except Exception as error:  # whatever it raises is its answer
        return figure, by, None, 1, f"it raised {named_line(error)}"


def _output_shapes(
    model: nn.Module, args: Sequence[Any], named: Mapping[str, Any]
) -> tuple[tuple[int, ...], ...]:
    with torch.no_grad():
        leaves = tree_leaves(model(*args, **named))
    return tuple(tuple(leaf.shape) for leaf in leaves if isinstance(leaf, torch.Tensor))


def published(name: str, size: int) -> list[Answer]:
    """What torchvision publishes of one of its networks, for images of that many pixels a side.

    Weights for larger images than the network's usual ones have other figures.
    """
    from torchvision.models import get_model_weights

    def is_fitting(weights: Any) -> bool:
        crop = getattr(weights.transforms, "keywords", {}).get("crop_size", size)
        return crop == size if isinstance(crop, int) else set(crop) == {size}

    weights = next(filter(is_fitting, get_model_weights(name)), None)
    if weights is None:
        return []
    by = "torchvision, published"
    found = [_answer("parameters", by, int(weights.meta["num_params"]))]
    if "_ops" in weights.meta:
        found.append(("macs", by, round(weights.meta["_ops"] * 1e9), 10**6, ""))
    return found


def _home(model: nn.Module) -> torch.device:
    return next((p.device for p in nn.Module.parameters(model)), torch.device("cpu"))
