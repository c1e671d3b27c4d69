"""A network that takes images, ready to run, and images as it takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.building.inputs import one_shape
from resnet_inspect.pipeline.building.networks import Order, unwrapped_to_run
from resnet_inspect.pipeline.tracing.trace import settled
from resnet_inspect.traces.run import Images

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from resnet_inspect.capture.inputs import InputSize


@dataclass(frozen=True)
class ImageNetwork:
    """A network that can run, and the images that it takes."""

    network: nn.Module
    where: torch.device
    shape: tuple[int, ...]
    dtype: torch.dtype
    notes: tuple[str, ...]
    facts: Mapping[str, Any]
    """What `capture` is told of it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """By what images are normalised."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    said: str


def check_files(paths: Sequence[Path]) -> None:
    """Raise `BadInput` where one is no file, before anything is imported."""
    if not paths:
        raise BadInput("which images?")
    for path in paths:
        if path.is_dir():
            raise BadInput(f"{path} is a folder", hint=f"name its images: {path / '*.png'}")
        if not path.is_file():
            raise BadInput(f"{path}: there is no such file")


def scaling(
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    shape: tuple[int, ...],
    trained_on: Images | None = None,
) -> Scale:
    """By what images of N×3×H×W or N×1×H×W are normalised, as a run did its own if there is one.

    Raises `BadInput` for what cannot be.
    """
    from resnet_inspect.capture.images import MEAN, STD

    if len(shape) != 4 or shape[1] not in (1, 3):
        size = "×".join(map(str, shape))
        raise BadInput(f"images are N×3×H×W or N×1×H×W, not {size}", hint="--image-size")
    for name, given in (("mean", mean), ("std", std)):
        if given is not None and len(given) not in (1, shape[1]):
            raise BadInput(f"{name} has {len(given)} numbers for {shape[1]} channels")
        if given is not None and not all(map(isfinite, given)):
            raise BadInput(f"{name} is of finite numbers")
    if std is not None and not all(number > 0 for number in std):
        raise BadInput("a standard deviation is above 0")
    whose = "ImageNet's" if trained_on is None else "the run's"
    usually = (MEAN, STD) if trained_on is None else (trained_on.mean, trained_on.std)
    said = f"{whose} mean and standard deviation"
    if mean is not None or std is not None:
        words = [
            whose if own is None else ", ".join(f"{number:g}" for number in own)
            for own in (mean, std)
        ]
        said = f"mean {words[0]} and standard deviation {words[1]}"
    pairs = zip((mean, std), usually, strict=True)
    every = [tuple(usual if own is None else own) for own, usual in pairs]
    wide = [own * shape[1] if len(own) == 1 else own for own in every]
    return Scale(wide[0], wide[1], said)


def named(order: Order, device: str | None) -> ImageNetwork:
    """A network that was asked for by its name; raises `BadInput` if it takes no images."""
    import torch

    from resnet_inspect.capture import backends

    order = settled(order)
    where = backends.resolve(device or "cpu")
    built = order.on(where)
    taken = built.args[0] if len(built.args) == 1 and not built.kwargs else None
    if not isinstance(taken, torch.Tensor):
        raise BadInput("images go into a network with one input, N×3×H×W")
    built = unwrapped_to_run(replace(built, model=built.model.to(where)))
    fresh = () if order.weights else ("its weights are fresh: it has learned nothing",)
    facts = {
        "model_name": order.chosen.title or None,
        "source": order.chosen.origin,
        "arguments": order.arguments,
    }
    notes = (*built.notes, *fresh)
    return ImageNetwork(built.model, where, tuple(taken.shape), taken.dtype, notes, facts)


def given(
    model: Any, input_size: InputSize | None, device: str | None, dtype: str | None
) -> ImageNetwork:
    """A network that is there already; its shape is told by its first layer if need be."""
    from torch import nn

    from resnet_inspect.capture import backends
    from resnet_inspect.capture.inputs import fitting_shape, read_dtype
    from resnet_inspect.capture.members import floating_dtype, home
    from resnet_inspect.capture.wrappers import unwrapped

    if not isinstance(model, nn.Module):
        raise BadInput(f"attribute takes a name or an nn.Module, not a {type(model).__name__}")
    network, wrappers = unwrapped(model)
    shape = one_shape(input_size) if input_size is not None else fitting_shape(network)
    if shape is None:
        raise BadInput("a model needs input_size", hint="input_size=(1, 3, 224, 224)")
    where = backends.resolve(device) if device else home(network)
    if where.type == "meta":
        raise BadInput("meta computes no scores", hint="load its weights on a device")
    taken = read_dtype(dtype) if dtype else floating_dtype(network)
    return ImageNetwork(network, where, shape, taken, tuple(wrappers), {})


def taken(ready: ImageNetwork, pixels: Tensor, scale: Scale) -> Tensor:
    """The image as the network takes it."""
    from resnet_inspect.capture.images import normalised

    image = normalised(pixels, scale.mean, scale.std)
    return image[None].to(device=ready.where, dtype=ready.dtype)


def how_read(count: int, size: tuple[int, int], scale: Scale) -> str:
    """One line that says how images were read."""
    each = "the image is" if count == 1 else f"each of {count} images is"
    return (
        f"{each} scaled to cover {size[0]}×{size[1]}, cropped at its centre, and normalised by"
        f" {scale.said}"
    )
