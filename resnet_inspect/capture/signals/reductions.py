"""Numbers of one tensor, reduced on its device.

With means mᵢ and variances vᵢ of the channels the variance of all elements is mean(vᵢ) +
variance(mᵢ). On a CPU a tensor is read once, in parts that fit into a processor's cache, so that
nothing as large as itself is made: no copy in another type, none in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite, prod

import torch
from torch import Tensor

NUMBERS = 7
"""Numbers of a call's output: mean, variance, largest, zeros, not finite, and two of channels."""
_CHUNK = 2**18
"""Elements of a part; so many ones are summed exactly."""
_CLOSE = 0.01
"""A variance below this part of the squared mean is not computed from squares."""
_SQUARED = 1e-15, 1e18
"""Norms between which float32 holds the squares that make them."""
_SAMPLE = 2**14
"""Elements of a parameter that are kept to see by how much it changes."""


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


def reduced(made: Tensor) -> Tensor:
    """The numbers of a tensor, as one of `NUMBERS` elements on its device."""
    precise = _precise(made.device)
    numbers = _of_parts(made) if made.device.type == "cpu" else _of_whole(_wide(made))
    means, variances, low, high, zero, nonfinite = (number.to(precise) for number in numbers)
    within, squared = variances.mean(), means.square().mean()
    mean, variance = means.mean(), within + means.var(correction=0)
    if made.dim() < 2:
        within = squared = torch.full_like(mean, torch.nan)
    largest = torch.maximum(-low, high)
    return torch.stack([mean, variance, largest, zero, nonfinite, squared, within])


def _of_whole(x: Tensor) -> tuple[Tensor, ...]:
    """Means and variances of its channels, least, most, zeros, and what is not finite."""
    by_channel = x if x.dim() > 1 else x.reshape(1, 1, -1)
    axes = [0, *range(2, by_channel.dim())]
    variances, means = torch.var_mean(by_channel, axes, correction=0)
    low, high = torch.aminmax(x)
    return means, variances, low, high, zeros(x), x.numel() - torch.isfinite(x).sum()


def _of_parts(x: Tensor) -> tuple[Tensor, ...]:
    """The same as `_of_whole`, part by part."""
    room = _room(x)
    sums, squares = (torch.zeros(_channels(x), dtype=torch.float64, device="cpu") for _ in range(2))
    ends: list[Tensor] = []
    zero = []
    for start, part in _parts(x):
        own = slice(start, start + part.shape[1])
        made = room[: part.numel()].view(part.shape) if part.dtype == room.dtype else None
        sums[own] += part.sum((0, 2))
        squares[own] += torch.mul(part, part, out=made).sum((0, 2))
        zero.append(_zeros(part, room))
        ends += torch.aminmax(part)
    low, high = torch.aminmax(torch.stack(ends))
    elements = x.numel() // len(sums)
    means = sums / elements
    variances = squares / elements - means.square()
    is_sound = (variances >= _CLOSE * means.square()) & variances.isfinite()
    if not bool(is_sound.all()):
        means = _summed(x, lambda part, own: part.double()) / elements
        variances = _summed(x, lambda part, own: (part.double() - means[own, None]).square_())
        variances /= elements
    nonfinite = torch.zeros((), device="cpu")
    if not isfinite(low.item()) or not isfinite(high.item()):
        counts = [part.numel() - torch.isfinite(part).sum() for _, part in _parts(x)]
        nonfinite = torch.stack(counts).sum()
    return means, variances, low, high, torch.stack(zero).double().sum(), nonfinite


def _summed(x: Tensor, of: Callable[[Tensor, slice], Tensor]) -> Tensor:
    """The sum over each channel of what is made of each part, in float64."""
    sums = torch.zeros(_channels(x), dtype=torch.float64, device="cpu")
    for start, part in _parts(x):
        own = slice(start, start + part.shape[1])
        sums[own] += of(part, own).sum((0, 2))
    return sums


def _channels(x: Tensor) -> int:
    return x.shape[1] if x.dim() > 1 else 1


def _parts(x: Tensor) -> Iterator[tuple[int, Tensor]]:
    """All elements, as they lie in memory: the number of a first channel, and any×channels×any."""
    x = x if x.dim() > 1 else x.reshape(1, 1, -1)
    ordered, axes = _in_order(x)
    place = axes.index(1)
    before, channels, behind = ordered.shape[:place], x.shape[1], prod(ordered.shape[place + 1 :])
    try:
        wholes = [ordered.view(prod(before), channels, behind)]
    except RuntimeError:  # it has gaps
        wholes = [one.reshape(-1, channels, behind) for one in torch.split(ordered, 1)]
    for whole in wholes:
        for rows in torch.split(whole, max(1, _CHUNK // (channels * behind))):
            width = max(1, _CHUNK // behind)
            for start in range(0, channels, width):
                for part in torch.split(rows[:, start : start + width], _CHUNK, 2):
                    yield start, _wide(part)


def _in_order(x: Tensor) -> tuple[Tensor, list[int]]:
    """The tensor with its axes as they lie in memory, and which they were."""
    axes = sorted(range(x.dim()), key=x.stride, reverse=True)
    return x.permute(axes), axes


def _wide(tensor: Tensor) -> Tensor:
    """The tensor in a type in which squares of it can be summed."""
    return tensor.float() if tensor.element_size() < 4 else tensor


def zeros(x: Tensor) -> Tensor:
    """How many elements are zero."""
    if x.device.type != "cpu":
        return x.numel() - torch.count_nonzero(x)
    if not x.numel():
        return torch.zeros((), device="cpu")
    room = _room(x)
    return torch.stack([_zeros(part, room) for _, part in _parts(x)]).double().sum()


def _room(x: Tensor) -> Tensor:
    return torch.empty(min(x.numel(), _CHUNK), device="cpu")


def _zeros(part: Tensor, room: Tensor) -> Tensor:
    """How many elements of a part are zero; summed as float32, which is ten times as fast."""
    return torch.eq(part, 0, out=room[: part.numel()].view(part.shape)).sum()


def _precise(device: torch.device) -> torch.dtype:
    """What counts of elements fit into; MPS has no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


def norm_of(tensor: Tensor) -> Tensor:
    """Euclidean norm, on its device; also of what is so small or large that its squares are not."""
    if tensor.device.type == "cuda":
        return torch._foreach_norm([tensor], dtype=torch.float64)[0]
    if tensor.device.type != "cpu":
        norm: Tensor = torch.linalg.vector_norm(_wide(tensor))
        return norm.to(_precise(tensor.device))
    norm = _norm(part for _, part in _parts(tensor))
    low, high = _SQUARED
    return norm if low < norm < high else _norm(part.double() for _, part in _parts(tensor))


def _norm(parts: Iterable[Tensor]) -> Tensor:
    norms = torch.stack([torch.linalg.vector_norm(part) for part in parts])
    norm: Tensor = torch.linalg.vector_norm(norms.double())
    return norm


def sampled(tensor: Tensor) -> Tensor:
    """Some elements of a parameter, evenly spread, as a view where it has no gaps."""
    flat = _in_order(tensor)[0].reshape(-1)
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
