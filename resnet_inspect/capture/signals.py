"""What flows through a network in one step: reductions of each call's output and its gradient.

Everything is reduced on the device when it is made, since what a call gives may be changed in place
by the next one, and brought to the host in one transfer. No tensor of the network is kept.

Second moments are computed channel by channel, in one pass: with means mᵢ and variances vᵢ of the
channels the variance of all elements is mean(vᵢ) + variance(mᵢ).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._pytree import tree_leaves
from torch.utils.hooks import RemovableHandle

from resnet_inspect.capture.members import named_tensors
from resnet_inspect.errors import BadInput, WorkFailed
from resnet_inspect.traces.signals import Flow, Signals, Weight

_NUMBERS = 7
"""Numbers of a call's output: mean, variance, largest, zeros, not finite, and two of channels."""


class Observer:
    """Reduces what the calls of one step give, and the gradients that come back to it.

    `observe` is for a `Recorder`; the backward pass is the caller's to make, inside `watching`.
    """

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}
        self._elements: list[int] = []
        self._numbers: list[Tensor] = []
        self._gradients: dict[int, Tensor] = {}
        self._last: tuple[Callable[[], Any], int, int] | None = None
        self._weights: dict[str, tuple[int, bool]] = {}
        self._norms: list[Tensor] = []
        self._weight_gradients: dict[str, Tensor] = {}
        self._handles: list[RemovableHandle] = []
        self._before: dict[str, tuple[Tensor, Tensor]] = {}
        self._updates: dict[str, Tensor] = {}

    def watch(self, model: nn.Module) -> None:
        """Take the norms of its parameters now, and those of their gradients when they come."""
        with _unseen():
            for name, parameter in named_tensors(model, "_parameters"):
                if not _is_measurable(parameter):
                    continue
                self._weights[name] = parameter.numel(), parameter.requires_grad
                self._norms.append(_norm(parameter.detach()))
                if parameter.requires_grad and parameter.is_leaf:
                    hook = partial(_accumulated, self._weight_gradients, name)
                    handle = parameter.register_post_accumulate_grad_hook(hook)  # type: ignore[no-untyped-call]
                    self._handles.append(handle)

    def sample(self, model: nn.Module) -> None:
        """Keep some elements of each trainable parameter, for `compare`."""
        with _unseen():
            for name, parameter in named_tensors(model, "_parameters"):
                if parameter.requires_grad and _is_measurable(parameter):
                    own = parameter.detach()
                    self._before[name] = own, _sampled(own).clone()

    def compare(self) -> None:
        """By how much each parameter has changed since `sample`; later changes do not count."""
        with _unseen():
            for name, (own, before) in self._before.items():
                change, norm = _norm(_sampled(own) - before), _norm(before)
                self._updates[name] = change / norm
        self._before.clear()

    def leave(self) -> None:
        """Take the hooks off the parameters; those on tensors go with their tensors."""
        while self._handles:
            self._handles.pop().remove()

    @contextmanager
    def watching(self, model: nn.Module) -> Iterator[None]:
        """`watch` until the end of this context."""
        try:
            self.watch(model)
            yield
        finally:
            self.leave()

    def observe(self, call: int, tensors: Sequence[Tensor]) -> None:
        """Reduce the first floating tensor that a call gives."""
        made = next((tensor for tensor in tensors if _is_measurable(tensor)), None)
        if made is None:
            return
        if self._last is not None:  # a container gives what its last call gave
            last, version, slot = self._last
            if last() is made and version == made._version:
                self._slots[call] = slot
                return
        slot = self._slots[call] = len(self._numbers)
        has_gradient = made.requires_grad and torch.is_grad_enabled()
        with _unseen():
            self._elements.append(made.numel())
            self._numbers.append(_reduced(made.detach()))
            if has_gradient:
                hook = partial(_arrived, self._gradients, slot)
                made.register_hook(hook)  # type: ignore[no-untyped-call]
        self._last = weakref.ref(made), made._version, slot

    def signals(self, calls: int, *, step: int = 0, loss: Any = None, name: str = "") -> Signals:
        """All of it so far, on the host; `loss` is what the backward pass started from, by name."""
        name = name or ("its own" if self._gradients else "")
        there = [
            *self._norms,
            *self._gradients.values(),
            *self._weight_gradients.values(),
            *self._updates.values(),
        ]
        with _unseen():
            numbers = iter(_on_host([*self._numbers, *there]))
        rows = [[next(numbers) for _ in range(_NUMBERS)] for _ in self._numbers]
        norms = dict(zip(self._weights, numbers, strict=False))
        came = dict(zip(self._gradients, numbers, strict=False))
        weighed = dict(zip(self._weight_gradients, numbers, strict=False))
        updates = dict(zip(self._updates, numbers, strict=False))
        flows: list[Flow | None] = [None] * calls
        for call, slot in self._slots.items():
            if call < calls:
                flows[call] = _flow(self._elements[slot], rows[slot], came.get(slot))
        weights = tuple(
            Weight(
                path,
                elements,
                _finite(norms[path]),
                _finite(weighed.get(path)),
                trainable,
                _finite(updates.get(path)),
            )
            for path, (elements, trainable) in self._weights.items()
        )
        value = None if loss is None else _finite(float(loss))
        return Signals(step, value, name, tuple(flows), weights)


def _flow(elements: int, numbers: Sequence[float], gradient: float | None) -> Flow:
    mean, variance, largest, zeros, nonfinite, mean_squared, channel_variance = numbers
    return Flow(
        elements=elements,
        mean=_finite(mean),
        std=_finite(variance**0.5 if variance >= 0 else variance),
        largest=_finite(largest),
        zeros=round(zeros),
        nonfinite=round(nonfinite),
        channel_mean_squared=_finite(mean_squared),
        channel_variance=_finite(channel_variance),
        gradient_norm=_finite(gradient),
        gradient_nonfinite=gradient is not None and not isfinite(gradient),
    )


def _finite(number: float | None) -> float | None:
    return number if number is not None and isfinite(number) else None


@contextmanager
def _unseen() -> Iterator[None]:
    """Compute without autograd, autocast, and the modes that watch the network."""
    with torch._C.DisableTorchFunction(), torch.no_grad():
        yield


def _is_measurable(tensor: Tensor) -> bool:
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


def _reduced(made: Tensor) -> Tensor:
    """The numbers of a tensor, as one of `_NUMBERS` elements on its device."""
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
        nonfinite = torch.zeros(())
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
    is_zero = torch.empty(min(x.numel(), _CHUNK))
    counts = [
        torch.eq(part, 0, out=is_zero[: part.numel()]).sum()
        for part in torch.split(x.reshape(-1), _CHUNK)
    ]
    return torch.stack(counts).double().sum()


def _precise(device: torch.device) -> torch.dtype:
    """What counts of elements fit into; MPS has no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


def _norm(tensor: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(_wide(tensor))
    return norm.to(_precise(tensor.device))


_SAMPLE = 2**16
"""Elements of a parameter that are kept to see by how much it changes."""


def _sampled(tensor: Tensor) -> Tensor:
    flat = tensor.reshape(-1)
    return flat[:: max(1, -(-flat.numel() // _SAMPLE))]


def _arrived(gradients: dict[int, Tensor], slot: int, gradient: Tensor) -> None:
    """Autograd has the gradient of a call's output; it must not hold what holds it."""
    with _unseen():
        if gradient.layout == torch.strided:
            gradients[slot] = _norm(gradient)


def _accumulated(gradients: dict[str, Tensor], name: str, parameter: Tensor) -> None:
    """A parameter has its gradient, together with what it had before."""
    gradient = parameter.grad
    with _unseen():
        if gradient is not None and gradient.layout == torch.strided:
            gradients[name] = _norm(gradient)


def _on_host(tensors: Sequence[Tensor]) -> list[float]:
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


Loss = Callable[[Any, int], Tensor]
"""From what a network gives, and a seed, to the number that its backward pass starts from."""


def cross_entropy(made: Any, seed: int) -> Tensor:
    """Cross-entropy of class scores with random labels.

    Raises `WorkFailed` where the network does not give N×classes scores.
    """
    scores = next(iter(_floating(made)), None)
    if scores is None or scores.dim() != 2 or scores.shape[1] < 2:
        raise WorkFailed(
            "cross-entropy needs class scores, N×classes",
            hint="--loss mean-square goes back from the mean square of all outputs",
        )
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(scores.shape[1], (scores.shape[0],), generator=random)
    return functional.cross_entropy(scores.float(), labels.to(scores.device))


def mean_square(made: Any, seed: int) -> Tensor:
    """Mean over all elements of all floating outputs of their squares.

    Raises `WorkFailed` where there are none.
    """
    outputs = _floating(made)
    if not outputs:
        raise WorkFailed("the network gives no floating tensor to go back from")
    elements = sum(output.numel() for output in outputs)
    return torch.stack([output.float().square().sum() for output in outputs]).sum() / elements


LOSSES: dict[str, Loss] = {"cross-entropy": cross_entropy, "mean-square": mean_square}
"""What a backward pass can start from, by the word that asks for it."""


def usual_loss(made: Any) -> str:
    """Cross-entropy for class scores, the mean square for anything else."""
    outputs = _floating(made)
    is_scores = isinstance(made, Tensor) and outputs and made.dim() == 2 and made.shape[1] > 1
    return "cross-entropy" if is_scores else "mean-square"


def _floating(made: Any) -> list[Tensor]:
    return [
        leaf for leaf in tree_leaves(made) if isinstance(leaf, Tensor) and leaf.is_floating_point()
    ]


class Step:
    """One forward and one backward of a network that `capture` runs.

    `signals` is there afterwards.
    """

    def __init__(self, loss: str | None, seed: int) -> None:
        if loss is not None and loss not in LOSSES:
            raise BadInput(f"there is no loss '{loss}'", hint=f"known: {', '.join(LOSSES)}")
        self._observer = Observer()
        self._asked = loss
        self._seed = seed
        self._loss: Tensor | None = None
        self._name = ""

    @property
    def observe(self) -> Callable[[int, Sequence[Tensor]], None]:
        """What the recorder tells of each call."""
        return self._observer.observe

    @contextmanager
    def around(self, model: nn.Module) -> Iterator[None]:
        """A context for the forward and the backward."""
        with self._observer.watching(model), torch.enable_grad():
            yield

    def back(self, made: Any) -> None:
        """Go back from what the network has given; nothing where that has no gradient."""
        self._name = self._asked or usual_loss(made)
        loss = LOSSES[self._name](made, self._seed)
        self._loss = loss.detach()
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]

    def signals(self, calls: int) -> Signals:
        """What flowed, of a network that made so many calls."""
        return self._observer.signals(calls, loss=self._loss, name=self._name)
