"""The readers: which one makes an `Op` of a layer or of a torch function with its arguments.

A layer type with a reader is opaque: it is one step of the trace, whatever it computes inside. A
type without one is a container, and what it calls is recorded. To add a layer type, write a reader
and register it with `@reads`, or with `@reads_with_input` if what the layer does depends on the
shape that it is given; a class of a package that may be absent is given by its dotted name.

A function without a reader is sorted by its name (`vocabulary`), and what is left is `Unknown`. To
add a function, write a reader and register it with `@reads_function`. A file of readers is named in
this folder's `__init__.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import torch
from torch import nn

from resnet_inspect.capture.members import class_name
from resnet_inspect.capture.readers.vocabulary import ACTIVATIONS, BY_NAME, works_elementwise
from resnet_inspect.traces.ops import Activate, Container, Elementwise, Op, Unknown
from resnet_inspect.traces.tensors import Shape

M = TypeVar("M", bound=nn.Module)
LayerReader = Callable[[Any, Shape], Op]

READERS: dict[type[nn.Module] | str, LayerReader] = {}
"""Readers by layer type, or by "module.Class" for types outside torch."""


def reads(*types: type[nn.Module] | str) -> Callable[[Callable[[M], Op]], Callable[[M], Op]]:
    """Register a reader for these layer types and their subclasses."""

    def register(reader: Callable[[M], Op]) -> Callable[[M], Op]:
        _register(types, lambda module, given: reader(module))
        return reader

    return register


def reads_with_input(
    *types: type[nn.Module] | str,
) -> Callable[[Callable[[M, Shape], Op]], Callable[[M, Shape], Op]]:
    """Register a reader that also takes the shape of the first input; () where there is none."""

    def register(reader: Callable[[M, Shape], Op]) -> Callable[[M, Shape], Op]:
        _register(types, reader)
        return reader

    return register


def _register(types: Iterable[type[nn.Module] | str], reader: LayerReader) -> None:
    for layer in types:
        if layer in READERS:
            raise ValueError(f"{layer} has a reader already")
        READERS[layer] = reader


def read_op(module: nn.Module, given: Shape = ()) -> Op:
    """What a module does, called with a tensor of shape `given` or () for the module as such.

    A `Container` if its type has no reader.
    """
    if isinstance(module, torch.jit.ScriptModule):
        return Unknown(class_name(module), "TorchScript runs outside Python")
    for base in type(module).__mro__:
        reader = READERS.get(base) or READERS.get(f"{base.__module__}.{base.__qualname__}")
        if reader is not None:
            try:
                return reader(module, given) if _forwards_as(module, base) else Container()
            except Exception:  # a class of the user's may hold less, or other things
                return Unknown(class_name(module), "it has not what its base class has")
    return Container()


def _forwards_as(module: nn.Module, base: type) -> bool:
    """Whether a module computes what its base class does.

    A user's subclass with a forward of its own may do more than the layer that it is made from;
    what it calls is recorded instead.
    """
    for name in ("forward", "_conv_forward"):
        owner = next((cls for cls in type(module).__mro__ if name in vars(cls)), base)
        if issubclass(owner, base) and owner is not base and owner.__module__[:6] != "torch.":
            return False
    return True


Arguments = Mapping[str, Any]
FunctionReader = Callable[[str, Arguments], Op]

FUNCTION_READERS: dict[str, tuple[tuple[str, ...], FunctionReader]] = {}
"""By a function's name: its positional parameters, and what makes an op of them."""


def reads_function(
    *names: str, takes: tuple[str, ...]
) -> Callable[[FunctionReader], FunctionReader]:
    """Register a reader for functions of these names that take these positional parameters.

    It gets the name, and the arguments that were given by the names of their parameters.
    """

    def register(reader: FunctionReader) -> FunctionReader:
        for name in names:
            if name in FUNCTION_READERS:
                raise ValueError(f"{name} has a reader already")
            FUNCTION_READERS[name] = (takes, reader)
        return reader

    return register


def read_function(name: str, args: tuple[Any, ...], kwargs: Arguments, in_place: bool) -> Op:
    """What a function did with these arguments; `name` as `function_name` gives it."""
    reader = FUNCTION_READERS.get(name)
    if reader is not None:
        parameters, build = reader
        bound = dict(zip(parameters, args, strict=False)) | dict(kwargs)
        try:
            return build(name, bound)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return Unknown(name, "called in a way that its reader does not know")
    if name in ACTIVATIONS:
        return Activate(name.removesuffix("_"), in_place or bool(kwargs.get("inplace", False)))
    for names, op in BY_NAME:
        if name in names:
            return op(name)
    if works_elementwise(name):
        return Elementwise(name, in_place)
    return Unknown(name)
