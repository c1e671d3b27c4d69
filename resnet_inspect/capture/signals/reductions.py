"""Numbers of one tensor, reduced on its device.

Second moments are computed channel by channel, in one pass: with means mᵢ and variances vᵢ of the
channels the variance of all elements is mean(vᵢ) + variance(mᵢ).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite

import torch
from torch import Tensor

NUMBERS = 7
"""Numbers of a call's output: mean, variance, largest, zeros, not finite, and two of channels."""


@contextmanager
def unseen() -> Iterator[None]:
    """Compute without autograd, autocast, and the modes that watch the network."""
    with torch._C.DisableTorchFunction(), torch.no_grad():
        yield


def is_measurable(tensor: Tensor) -> bool:
    """Whether it is floating, has elements that lie in memory, and belongs to no transform."""
    return (
        tensor.is_floating_point()
        and tensor.numel() > 0
        and tensor.layout == torch.strided
        and not tensor.is_nested
        and tensor.device.type != "meta"
        and not torch._C._functorch.is_functorch_wrapped_tensor(tensor)
    )


def _wide(tensor: Tensor) -> Tensor:
    """The tensor in a type in which squares of it can be summed."""
    return tensor.float() if tensor.element_size() < 4 else tensor


def reduced(made: Tensor) -> Tensor:
    """The numbers of a tensor, as one of `NUMBERS` elements on its device."""
    x = _wide(made)
    precise = _precise(x.device)
    variances, means = (number.to(precise) for number in _moments(x))
    within, squared = variances.mean(), means.square().mean()
    if x.dim() > 1:
        mean, variance = means.mean(), within + means.var(correction=0)
    else:
        mean, variance = means, variances
        within = squared = torch.full_like(mean, torch.nan)
    low, high = torch.aminmax(x)
    if x.device.type == "cpu" and isfinite(variance.item()):
        nonfinite = torch.zeros((), device="cpu")
    else:
        nonfinite = x.numel() - torch.isfinite(x).sum()
    found = (mean, variance, torch.maximum(-low, high), zeros(x), nonfinite, squared, within)
    return torch.stack([number.to(precise) for number in found])


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Variance and mean of each channel; of all where there is no channel.

    On a CPU two sums are thirty times as fast as `var_mean`, and as good where no mean is large
    beside its spread.
    """
    if x.dim() < 2:
        return torch.var_mean(x, correction=0)
    if x.device.type == "cpu" and x.dim() > 2:
        places = list(range(2, x.dim()))
        elements = x.numel() // x.shape[1]
        means = x.sum(places).double().sum(0) / elements
        squares = torch.linalg.vector_norm(x, dim=places).double().square().sum(0) / elements
        variances = squares - means.square()
        if bool((variances >= _CLOSE * means.square()).all()):
            return variances, means
    return torch.var_mean(x, [0, *range(2, x.dim())], correction=0)


_CLOSE = 0.01
"""A variance below this part of the squared mean is not computed from squares."""
_CHUNK = 2**18
"""Elements of which ones are summed exactly, and in a processor's cache."""


def zeros(x: Tensor) -> Tensor:
    """How many elements are zero. On a CPU comparing and summing in chunks is ten times as fast."""
    if x.device.type != "cpu":
        return x.numel() - torch.count_nonzero(x)
    is_zero = torch.empty(min(x.numel(), _CHUNK), device="cpu")
    counts = [
        torch.eq(part, 0, out=is_zero[: part.numel()]).sum()
        for part in torch.split(x.reshape(-1), _CHUNK)
    ]
    return torch.stack(counts).double().sum()


def _precise(device: torch.device) -> torch.dtype:
    """What counts of elements fit into; MPS has no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


def norm_of(tensor: Tensor) -> Tensor:
    """Euclidean norm, on its device."""
    norm: Tensor = torch.linalg.vector_norm(_wide(tensor))
    return norm.to(_precise(tensor.device))


_SAMPLE = 2**14
"""Elements of a parameter that are kept to see by how much it changes."""


def sampled(tensor: Tensor) -> Tensor:
    """Some elements of a parameter, evenly spread, as a view where it lies in order."""
    flat = tensor.reshape(-1)
    return flat[:: max(1, -(-flat.numel() // _SAMPLE))]


def on_host(tensors: Sequence[Tensor]) -> list[float]:
    """The elements of small tensors, one after the other; one transfer for each device."""
    places: dict[torch.device, list[int]] = {}
    for place, tensor in enumerate(tensors):
        places.setdefault(tensor.device, []).append(place)
    found: list[list[float]] = [[]] * len(tensors)
    for own in places.values():
        flat = torch.cat([tensors[place].reshape(-1) for place in own]).tolist()
        start = 0
        for place in own:
            end = start + tensors[place].numel()
            found[place], start = flat[start:end], end
    return [number for numbers in found for number in numbers]
