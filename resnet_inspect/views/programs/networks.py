"""The lines of a program that build a traced network and make its inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.tensors import TensorSpec

_BACKBONES = ("torchvision.models.segmentation", "torchvision.models.detection")
"""Packages whose builders have weights for the backbone alone."""


@dataclass(frozen=True, slots=True)
class Code:
    """Where the code of a network lies that is in no package of networks."""

    folder: str
    """The folder that its imports start from."""
    module: str
    name: str
    """What is a network there, or makes one; with dots where it is inside something."""


@dataclass(frozen=True, slots=True)
class Network:
    """The lines that build a network."""

    imports: tuple[str, ...]
    """Beside torch."""
    lines: tuple[str, ...]
    """They bind `model`; () where nothing is known but the network itself."""


def importing(*lines: str) -> list[str]:
    """Imports in their usual order, torch among them: Python's own, others, names from them."""
    own = ("import importlib", "import sys")
    return sorted({"import torch", *lines}, key=lambda line: (line not in own, line))


def quoted(name: str) -> str:
    """A string as Python writes it, in double quotes."""
    return json.dumps(name, ensure_ascii=False)


def network(trace: Trace, code: Code | None = None) -> Network:
    """The lines that build the network that was traced, with fresh weights."""
    provenance = trace.provenance
    source, _, name = provenance.source.partition(":")
    found = _of_code(trace, code) if code is not None else _named(trace, source, name)
    if not found.lines:
        return found
    mode = "model.train()" if provenance.mode == "train" else "model.eval()"
    dtype = _dtype(trace)
    cast = () if dtype in ("", "float32") else (f"model.to(torch.{dtype})",)
    return Network(found.imports, (*found.lines, *cast, mode))


def _named(trace: Trace, source: str, name: str) -> Network:
    arguments = dict(trace.provenance.arguments)
    if source == "python":
        return Network((), ())
    if source == "torchvision":
        untrained = {"weights": "None"}
        if trace.modules[0].python_class.module.startswith(_BACKBONES):
            untrained["weights_backbone"] = "None"
        call = f"get_model({_given([quoted(name)], untrained | arguments)})"
        return Network(("from torchvision.models import get_model",), (f"model = {call}",))
    if source == "timm":
        call = f"timm.create_model({_given([quoted(name)], {'pretrained': 'False'} | arguments)})"
        return Network(("import timm",), (f"model = {call}",))
    build = f"source({quoted(source)}).build({quoted(name)}, {_dict(arguments)},"
    return Network(
        ("from resnet_inspect.sources import source",),
        (f'model = {build} torch.device("cpu"))',),
    )


def _of_code(trace: Trace, code: Code) -> Network:
    arguments = _given([], dict(trace.provenance.arguments))
    where = f"importlib.import_module({quoted(code.module)})"
    return Network(
        ("import importlib", "import sys"),
        (
            f"sys.path.insert(0, {quoted(code.folder)})",
            f"found = {where}.{code.name}",
            f"model = found if isinstance(found, torch.nn.Module) else found({arguments})",
        ),
    )


def _given(positional: Sequence[str], named: dict[str, str]) -> str:
    return ", ".join((*positional, *(f"{key}={value}" for key, value in named.items())))


def _dict(named: dict[str, str]) -> str:
    return "{" + ", ".join(f"{quoted(key)}: {value}" for key, value in named.items()) + "}"


def _dtype(trace: Trace) -> str:
    """The floating type of the network's parameters, if they have one."""
    found = {p.tensor.dtype for module in trace.modules for p in module.parameters}
    return next(iter(found)) if len(found) == 1 and "float" in next(iter(found)) else ""


def inputs(trace: Trace, *, mapping: bool = False) -> str:
    """The arguments of a call of the network, as they were given."""
    made = {port.label: _tensor(trace.spec(port)) for port in trace.inputs}
    if _takes_a_list(trace):
        return f"[{', '.join(made.values())}]"
    if mapping:
        return _dict(made)
    return ", ".join(_arguments(made))


def _takes_a_list(trace: Trace) -> bool:
    """Whether the images are in a list, as torchvision's detectors take them."""
    is_detector = trace.modules[0].python_class.module.startswith("torchvision.models.detection")
    ranks = {len(trace.spec(port).shape) for port in trace.inputs}
    return is_detector and ranks == {3} and all(port.label for port in trace.inputs)


def _arguments(made: dict[str, str]) -> Iterator[str]:
    for label, tensor in made.items():
        yield tensor if label.isdecimal() or not label else f"{label}={tensor}"


def _tensor(spec: TensorSpec) -> str:
    shape = ", ".join(map(str, spec.shape))
    dtype = "" if spec.dtype == "float32" else f", dtype=torch.{spec.dtype}"
    if spec.dtype.startswith(("float", "bfloat", "complex")):
        return f"torch.rand({shape}{dtype})" if spec.shape else f"torch.rand((){dtype})"
    return f"torch.zeros(({shape}{',' if len(spec.shape) == 1 else ''}){dtype})"
