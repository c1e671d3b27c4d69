"""The networks of timm, built without weights and without downloading any.

A name is an architecture ("resnet50d") or one of its pretrained tags ("resnet50d.ra2_in1k"): a tag
chooses the input size that its weights were trained for, never the weights. Where timm has renamed
a network ("gluon_resnet50_v1b"), the old name still names it.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import torch
from torch import nn

from resnet_inspect.errors import BadInput, BuildError, MissingDependency, UnknownName
from resnet_inspect.escaping import first_line
from resnet_inspect.sources import builders, seed
from resnet_inspect.sources.catalogue import Variant

_FORBIDDEN = {
    "pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path", "cache_dir",
}  # fmt: skip
"""Arguments of `timm.create_model` that load weights or download."""

_INPUT = (3, 224, 224)
"""The input of a network for which timm names none."""


def variants() -> Sequence[Variant]:
    """Every architecture of timm with the file of timm that it is in; none is built."""
    models = _models()
    found = []
    for name in models.list_models():
        family = models.model_entrypoint(name).__module__.rpartition(".")[2]
        found.append(Variant(f"timm:{name}", family, input=_input(models, name)))
    return tuple(found)


def default_input(name: str) -> tuple[int, ...]:
    """The input that the network's default weights, or those of its tag, were trained for."""
    models = _models()
    return _input(models, _current(models, name))


def build(name: str, arguments: Mapping[str, Any], device: torch.device) -> nn.Module:
    """The network with fresh weights, on meta or from seed 0 on a real device.

    Raises `UnknownName`, `BadInput` for an argument that its builder does not take, `BuildError`
    if the builder raises, `MissingDependency` if timm is absent or does not fit torch.
    """
    models = _models()
    current = _current(models, name)
    for argument in arguments:
        if argument in _FORBIDDEN:
            raise BadInput(f"--set {argument} is not offered: networks are built without weights")
    try:
        return _built(models.create_model, current, arguments, device)
    except TypeError as error:
        if "argument" not in str(error):
            raise BuildError(_refused(name, error)) from error
        raise BadInput(_refused(name, error), hint=_arguments_hint(models, current)) from error
    except Exception as error:
        raise BuildError(_refused(name, error)) from error


def offered(name: str) -> dict[str, str]:
    """What the class of the network takes."""
    models = _models()
    current, meta = _current(models, name), torch.device("meta")
    return builders.of_class(lambda: _built(models.create_model, current, {}, meta))


def _models() -> ModuleType:
    try:
        from timm import models
    except ImportError as error:
        if not (error.name or "").startswith("timm"):
            raise MissingDependency(f"timm does not fit the other packages: {error}") from error
        raise MissingDependency(
            f"timm cannot be imported: {error}", hint="pip install 'resnet-inspect[timm]'"
        ) from error
    found: ModuleType = models
    return found


def _input(models: ModuleType, name: str) -> tuple[int, ...]:
    known = models.get_pretrained_cfg(name)
    return (1, *(known.input_size if known else _INPUT))


def _current(models: ModuleType, name: str) -> str:
    """What timm calls a network today; raises `UnknownName` for what it does not have."""
    renamed = models.get_deprecated_models().get(name)
    if renamed is not None:
        return str(renamed)
    if name in models.list_models():
        return name
    architecture = name.partition(".")[0]
    tagged = models.list_models(architecture, include_tags=True)
    if name in tagged:
        return name
    known = tagged or models.list_models()
    raise UnknownName(
        "model",
        f"timm:{name}",
        [f"timm:{each}" for each in known],
        see=f"`resnet-inspect list 'timm:{architecture[:3]}*'` shows more",
    )


def _built(
    create: Callable[..., nn.Module], name: str, arguments: Mapping[str, Any], device: torch.device
) -> nn.Module:
    with seed.fresh_weights(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what timm deprecates in itself
        # Built where init works the same on every machine, then moved.
        with torch.device("meta" if device.type == "meta" else "cpu"):
            model = create(name, pretrained=False, **arguments)
    return model.to(device)


def _refused(name: str, error: Exception) -> str:
    return f"timm:{name} cannot be built so: {first_line(error)}"


def _arguments_hint(models: ModuleType, name: str) -> str:
    """What the class of the network takes, which only building it tells."""
    cls = type(_built(models.create_model, name, {}, torch.device("meta")))
    takes = [
        parameter.name
        for parameter in inspect.signature(cls).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    return f"its arguments: {', '.join(takes)}"
