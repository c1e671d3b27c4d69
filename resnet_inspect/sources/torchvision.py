"""The networks of torchvision, built without weights and without downloading any."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from resnet_inspect.errors import BadInput, BuildError, MissingDependency
from resnet_inspect.escaping import first_line
from resnet_inspect.garbage_collection import uncollected
from resnet_inspect.sources import builders, seed
from resnet_inspect.sources.catalogue import NAMED, Variant, variant

_FORBIDDEN = {"weights", "weights_backbone", "pretrained", "progress", "quantize"}
"""Arguments that would download, or build something that is no float network."""

_MOST_CHANNELS = 16_384

_ASK_FOR_INITIAL_WEIGHTS = {"googlenet", "inception_v3"}
"""Networks that warn unless they are told to draw their weights as they always have."""


def variants() -> Sequence[Variant]:
    """Those of the catalogue that are torchvision's."""
    return tuple(found for found in NAMED.values() if ":" not in found.name)


def default_input(name: str) -> tuple[int, ...]:
    """As in the catalogue."""
    return variant(name).input


def build(name: str, arguments: Mapping[str, Any], device: torch.device) -> nn.Module:
    """The network with fresh weights, on meta or from seed 0 on a real device.

    Any takes one more argument than its builder: `channels`, of the images that come in.

    Raises `BadInput` for an argument that its builder does not take, `BuildError` if the builder
    raises, `MissingDependency` if torchvision is absent or does not fit torch.
    """
    chosen = variant(name)
    builder = _builder(chosen)
    for argument in arguments:
        if argument in _FORBIDDEN:
            raise BadInput(
                f"--set {argument} is not offered: networks are built in floats and without weights"
            )
    given = dict(arguments)
    channels = given.pop("channels", None)
    named = inspect.signature(builder).parameters
    for untrained in ("weights", "weights_backbone"):
        if untrained in named:
            given[untrained] = None
    if name in _ASK_FOR_INITIAL_WEIGHTS:
        given.setdefault("init_weights", True)
    with seed.fresh_weights():
        try:
            model = _built(builder, given, device)
            if channels is not None:
                _take(model, channels, device)
        except BadInput:
            raise
        except TypeError as error:
            if "argument" not in str(error):
                raise BuildError(_refused(chosen, error)) from error
            raise BadInput(_refused(chosen, error), hint=_arguments_hint(chosen)) from error
        except Exception as error:
            raise BuildError(_refused(chosen, error), hint=_arguments_hint(chosen)) from error
    built: nn.Module = model.to(device)
    return built


def offered(name: str) -> dict[str, str]:
    """What its builder and its class take, and the channels of the images."""
    builder, meta = _builder(variant(name)), torch.device("meta")
    own = builders.of_parameters(inspect.signature(builder).parameters.values())
    found = own | builders.of_class(lambda: build(name, {}, meta))
    known = {argument: found[argument] for argument in found if argument not in _FORBIDDEN}
    return known | {"channels": "3"}


def _built(builder: Any, given: Mapping[str, Any], device: torch.device) -> Any:
    if device.type != "meta":
        with torch.device("cpu"):  # where init works the same on every machine
            return builder(**given)
    try:
        with torch.device("meta"):
            return builder(**given)
    except NotImplementedError:  # a RegNet computes its widths with tensors
        with torch.device("cpu"), _WeightsOnMeta():
            return builder(**given)


def _take(model: nn.Module, channels: Any, device: torch.device) -> None:
    """Give a network another first convolution, which takes images of so many channels."""
    every = model.named_modules()
    path, module = next(one for one in every if isinstance(one[1], nn.Conv2d | nn.Conv3d))
    assert isinstance(module, nn.Conv2d | nn.Conv3d)
    if type(channels) is not int or not 0 < channels <= _MOST_CHANNELS or module.groups != 1:
        raise BadInput(f"channels={channels!s:.60}: a whole number from 1 to {_MOST_CHANNELS:,}")
    with torch.device("meta" if device.type == "meta" else "cpu"):
        stem = type(module)(
            channels,
            module.out_channels,
            module.kernel_size,  # type: ignore[arg-type]
            module.stride,  # type: ignore[arg-type]
            module.padding,  # type: ignore[arg-type]
            module.dilation,  # type: ignore[arg-type]
            bias=module.bias is not None,
            padding_mode=module.padding_mode,
        )
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, stem)


class _WeightsOnMeta(TorchFunctionMode):
    """Makes on meta what layers make for their weights, and all else where it belongs."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func in {torch.empty, torch.zeros, torch.ones}:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


def _builder(variant: Variant) -> Any:
    try:
        with uncollected():
            from torchvision.models import get_model_builder
    except ImportError as error:
        raise MissingDependency(
            f"torchvision cannot be imported: {error}", hint="pip install torchvision"
        ) from error
    except (RuntimeError, OSError, AttributeError) as error:
        raise MissingDependency(
            f"torchvision does not fit torch {torch.__version__}: {first_line(error)}",
            hint="reinstall both together: pip install --force-reinstall torch torchvision",
        ) from error
    try:
        return get_model_builder(variant.name)
    except ValueError as error:
        raise MissingDependency(
            f"this torchvision has no {variant.name}", hint="pip install --upgrade torchvision"
        ) from error


def _refused(variant: Variant, error: Exception) -> str:
    return f"{variant.name} cannot be built so: {first_line(error)}"


def _arguments_hint(variant: Variant) -> str:
    if not variant.block:
        return f"torchvision.models.{variant.name} says which it takes"
    takes = {
        "classification": "num_classes, zero_init_residual, groups, width_per_group, "
        "replace_stride_with_dilation",
        "quantizable": "num_classes, zero_init_residual, groups, width_per_group",
        "segmentation": "num_classes, aux_loss",
        "detection": "num_classes, trainable_backbone_layers, min_size, max_size",
        "video": "num_classes, zero_init_residual",
    }
    return f"its arguments: {takes[variant.family]}, channels"
