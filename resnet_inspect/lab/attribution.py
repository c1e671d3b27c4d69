"""Attributions by Captum, what one position of a map sees, and the weights of gates.

A network is lent for as long as it is looked at, and left as it was found: its mode, hooks,
buffers, gradients and all random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from captum import attr
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from resnet_inspect.capture.members import switch
from resnet_inspect.capture.recording.calls.arguments import arguments, tensors_in
from resnet_inspect.capture.recording.recorder import Recorder
from resnet_inspect.capture.recording.restoration.network import left_as_found
from resnet_inspect.capture.wrappers import eagerly
from resnet_inspect.errors import BadInput, WorkFailed
from resnet_inspect.traces.attribution import Gate, Grid, Heat, Position, Settings

if TYPE_CHECKING:
    from resnet_inspect.analysis.attribution import Gated, Looked
    from resnet_inspect.analysis.taps.places import Place

_TOGETHER = 8
"""Images that are computed with at a time."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What the network says of an image."""

    target: int
    score: float
    probability: float | None
    predicted: int


class Subject:
    """A network that is looked at, and one image of 1×C×H×W."""

    def __init__(self, network: nn.Module, image: Tensor, target: int | None) -> None:
        self._network = network
        self._image = image
        made = self._scores(image.detach().requires_grad_())
        self.has_gradients = made.requires_grad
        """Whether a gradient comes back from the scores to the image."""
        scores = made[0].detach().float()
        if not scores.isfinite().all():
            raise WorkFailed(
                "the scores of the network are not finite",
                hint="`resnet-inspect signal` says where it begins",
            )
        classes, predicted = len(scores), int(scores.argmax())
        if target is not None and not 0 <= target < classes:
            raise BadInput(f"there is no class {target}", hint=f"0 to {classes - 1}")
        self._target = predicted if target is None else target
        parts = scores.softmax(0)
        probability = float(parts[self._target]) if classes > 1 else None
        self.scored = Scored(self._target, float(scores[self._target]), probability, predicted)

    def _scores(self, images: Tensor) -> Tensor:
        """N×classes scores; raises `BadInput` where the network gives none."""
        made = self._network(images.clone())  # it may write into what it is given
        leaves = [leaf for leaf in tree_leaves(made) if isinstance(leaf, Tensor)]
        scores = next((leaf for leaf in leaves if leaf.is_floating_point()), None)
        if scores is None or scores.dim() != 2 or len(scores) != len(images):
            given = "no scores" if scores is None else "×".join(map(str, scores.shape))
            raise BadInput(f"the network gives {given}, not a score for each class")
        return scores

    def gradcam(self, looked: Looked) -> Grid:
        """Grad-CAM at a map, before what is below 0 is cut away."""
        probe = nn.Identity()
        with _passing(self._network, looked.place, probe, looked.channels_at):
            found = attr.LayerGradCam(self._scores, probe).attribute(self._image, self._target)
        return _grid(found[0, 0])

    def heat(self, method: str, settings: Settings) -> Heat:
        """What another method attributes."""
        made: Tensor = _METHODS[method](self, settings)
        if method == "occlusion":
            return Heat(method, _grid(made))
        with torch.no_grad():
            both = self._scores(torch.cat([self._image, torch.zeros_like(self._image)]))
        with_image, without = both[:, self._target].tolist()
        return Heat(method, _grid(made), float(made.cpu().double().sum()), with_image - without)

    def _integrated_gradients(self, settings: Settings) -> Tensor:
        found: Tensor = attr.IntegratedGradients(self._scores).attribute(
            self._image, target=self._target, n_steps=settings.steps,
            internal_batch_size=_TOGETHER,
        )  # fmt: skip
        return found[0].sum(0)

    def _occlusion(self, settings: Settings) -> Tensor:
        channels, height, width = self._image.shape[1:]
        side = settings.window or max(1, round(min(height, width) / 8))
        window = (channels, min(side, height), min(side, width))
        stride = (channels, *(max(1, size // 2) for size in window[1:]))
        with torch.no_grad():
            found: Tensor = attr.Occlusion(self._scores).attribute(
                self._image, window, stride, target=self._target,
                perturbations_per_eval=_TOGETHER,
            )  # fmt: skip
        return found[0].mean(0)

    def _shapley(self, settings: Settings) -> Tensor:
        height, width = self._image.shape[2:]
        rows, columns = (min(settings.regions, size) for size in (height, width))
        down, across = (torch.arange(n) * parts // n for n, parts in
                        ((height, rows), (width, columns)))  # fmt: skip
        regions = (down[:, None] * columns + across).to(self._image.device)
        torch.manual_seed(settings.seed)
        with torch.no_grad():
            found: Tensor = attr.ShapleyValueSampling(self._scores).attribute(
                self._image, target=self._target, feature_mask=regions[None, None],
                n_samples=settings.samples, perturbations_per_eval=_TOGETHER,
            )  # fmt: skip
        firsts = (torch.searchsorted(places, torch.arange(parts)) for places, parts in
                  ((down, rows), (across, columns)))  # fmt: skip
        return found[0, 0][torch.meshgrid(*firsts, indexing="ij")]

    def effective(self, looked: Looked, position: Position) -> Grid:
        """|gradient| of the sum of a position's channels, at each pixel."""
        kept: list[Tensor] = []
        probe = nn.Identity()
        probe.register_forward_hook(lambda _, given, made: kept.append(made))
        image = self._image.detach().requires_grad_()
        with _passing(self._network, looked.place, probe, looked.channels_at):
            self._scores(image)
        element = kept[-1][0][(slice(None), *position)].sum()
        (gradient,) = torch.autograd.grad(element, image, allow_unused=True)
        return _grid(torch.zeros_like(image)[0, 0] if gradient is None else
                     gradient[0].abs().sum(0))  # fmt: skip

    def gates(self, found: Sequence[Gated]) -> tuple[Gate, ...]:
        """The weights of gates, with this image."""
        wanted = {one.call for one in found}
        kept: dict[int, list[Tensor]] = {}

        def observe(call: int, tensors: Sequence[Tensor]) -> None:
            if call in wanted:
                with torch._C.DisableTorchFunction():
                    kept[call] = [tensor.detach().clone() for tensor in tensors]

        with torch.no_grad(), Recorder(self._network, observe=observe):
            self._network(self._image.clone())
        there = [one for one in found if one.output < len(kept.get(one.call, ()))]
        return tuple(_gate(one, kept[one.call][one.output]) for one in there)


_METHODS: Mapping[str, Callable[[Subject, Settings], Tensor]] = {
    "integrated_gradients": Subject._integrated_gradients,
    "occlusion": Subject._occlusion,
    "shapley": Subject._shapley,
}


@contextmanager
def lent(network: nn.Module, device: torch.device) -> Iterator[nn.Module]:
    """The network in eval mode, to be looked at, and left as it was found."""
    with left_as_found(network, device), eagerly(), torch.enable_grad():
        switch(network, False)
        yield network


@contextmanager
def _passing(
    network: nn.Module, place: Place, probe: nn.Module, channels_at: int
) -> Iterator[None]:
    """Have a map pass through another module on its way, channels behind the batch."""
    calls = 0

    def through(given: Any, tensors: Iterable[tuple[str, Tensor]]) -> Any:
        nonlocal calls
        calls += 1
        if calls != place.nth:
            return given
        chosen = dict(tensors)[place.label]
        passed = probe(chosen.movedim(channels_at, 1)).movedim(1, channels_at)
        return tree_map(lambda leaf: passed if leaf is chosen else leaf, given)

    module = network.get_submodule(place.path)
    if place.side == "output":
        handle = module.register_forward_hook(lambda _, args, made: through(made, tensors_in(made)))
    else:
        handle = module.register_forward_pre_hook(
            lambda _, args, kwargs: through((args, kwargs), arguments(args, kwargs)),
            with_kwargs=True,
        )
    try:
        yield
    finally:
        handle.remove()
    if calls < place.nth:
        raise WorkFailed(f"no hook saw {place.path}: its forward is called past them")


def _grid(values: Tensor) -> Grid:
    if not values.isfinite().all():
        raise WorkFailed("the network's gradients or gates are not finite")
    rows: list[list[float]] = values.detach().float().cpu().tolist()
    return tuple(map(tuple, rows))


def _gate(found: Gated, made: Tensor) -> Gate:
    if found.kind == "attention":
        return Gate(found.path, "positions", _attended(found, made))
    every = made.reshape((1,) * (found.rank - made.dim()) + tuple(made.shape))
    inner = (every[0] if found.channels_at == 1 else every[0].movedim(-1, 0)).flatten(0, -3)
    if found.kind == "positions":
        return Gate(found.path, found.kind, _grid(inner.mean(0)))
    return Gate(found.path, found.kind, _grid(inner.mean((1, 2))[None]))


def _attended(found: Gated, made: Tensor) -> Grid:
    """How much each position is attended to: by the pooled token, or in the mean."""
    height, width = found.size
    weights = made.movedim(found.channels_at, -1)
    keys = weights.shape[-1]
    has_token = keys > height * width
    if has_token and weights.dim() > 2 and weights.shape[-2] == keys:
        weights = weights[..., 0, :]
    mean = weights.reshape(-1, keys).mean(0)
    return _grid(mean[-height * width :].reshape(height, width))
