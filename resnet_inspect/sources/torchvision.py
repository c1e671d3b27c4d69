"""The ResNets of torchvision, built without weights and without downloading any."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from resnet_inspect.collection import uncollected
from resnet_inspect.errors import BadInput, BuildError, MissingDependency
from resnet_inspect.sources.catalogue import VARIANTS, Variant, variant

_FORBIDDEN = {"weights", "weights_backbone", "pretrained", "progress", "quantize"}
"""Arguments that would download, or build something that is no float network."""


def variants() -> Sequence[Variant]:
    """Those of the catalogue that are torchvision's."""
    return tuple(found for found in VARIANTS.values() if ":" not in found.name)


def default_input(name: str) -> tuple[int, ...]:
    """As in the catalogue."""
    return variant(name).input


def build(name: str, arguments: Mapping[str, Any], device: torch.device) -> nn.Module:
    """The network with fresh weights, on meta or from seed 0 on a real device.

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
    named = inspect.signature(builder).parameters
    for untrained in ("weights", "weights_backbone"):
        if untrained in named:
            given[untrained] = None
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        try:
            # Built where init works the same on every machine, then moved.
            with torch.device("meta" if device.type == "meta" else "cpu"):
                model = builder(**given)
        except TypeError as error:
            if "argument" not in str(error):
                raise BuildError(_refused(chosen, error)) from error
            raise BadInput(_refused(chosen, error), hint=_arguments_hint(chosen)) from error
        except Exception as error:
            raise BuildError(_refused(chosen, error), hint=_arguments_hint(chosen)) from error
    built: nn.Module = model.to(device)
    return built


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
            f"torchvision does not fit torch {torch.__version__}: {str(error).splitlines()[0]}",
            hint="reinstall both together: pip install --force-reinstall torch torchvision",
        ) from error
    try:
        return get_model_builder(variant.name)
    except ValueError as error:
        raise MissingDependency(
            f"this torchvision has no {variant.name}", hint="pip install --upgrade torchvision"
        ) from error


def _refused(variant: Variant, error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return f"{variant.name} cannot be built so: {lines[0]}"


def _arguments_hint(variant: Variant) -> str:
    takes = {
        "classification": "num_classes, zero_init_residual, groups, width_per_group, "
        "replace_stride_with_dilation",
        "quantizable": "num_classes, zero_init_residual, groups, width_per_group",
        "segmentation": "num_classes, aux_loss",
        "detection": "num_classes, trainable_backbone_layers, min_size, max_size",
        "video": "num_classes, zero_init_residual",
    }
    return f"its arguments: {takes[variant.family]}"
