"""The user's own code: "model.py:ResNet18", "package.module:factory", "model.py" alone.

This runs that code, as importing it and calling it would. Nothing is copied, changed or written
beside it. A file inside a package is imported as a part of that package; a file alone finds what
lies beside it, as it does when Python runs it.
"""

from __future__ import annotations

import copy
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from types import ModuleType
from typing import Any

import torch
from torch import nn

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.sources import builders, code_place, seed
from resnet_inspect.sources.catalogue import Variant
from resnet_inspect.sources.code.errors import their_errors
from resnet_inspect.sources.code.location import Place, imported, lies_in, place_of
from resnet_inspect.sources.code.networks import (
    buildable,
    missing_arguments,
    networks_of,
    parameters_of,
    unknown_arguments,
)


def variants() -> Sequence[Variant]:
    """None: names are open."""
    return ()


def default_input(name: str) -> None:
    """Nobody knows."""


@contextmanager
def surroundings(name: str) -> Iterator[None]:
    """What that code finds when it runs: the modules beside it, and arguments that are not ours.

    Afterwards `sys.path`, `sys.argv` and the modules that came from that folder are as before, so
    that the next run reads changed files anew. Raises `UnknownName` or `BadInput` for a file that
    is not there or is none.
    """
    place = place_of(name)
    folders = [str(place.root)]
    if place.file is not None and not place.is_alone:
        folders.append(str(place.file.parent))
    path, arguments, unwritten = list(sys.path), sys.argv, sys.dont_write_bytecode
    before = set(sys.modules)
    # The file's own folder is last, since a package is not meant to be imported from inside.
    sys.path[:] = [folders[0], *path, *folders[1:]]
    sys.argv = [str(place.file or place.written)]
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:], sys.argv, sys.dont_write_bytecode = path, arguments, unwritten
        new = set(sys.modules) - before
        for module in [m for m in new if lies_in(folders, sys.modules.get(m.partition(".")[0]))]:
            sys.modules.pop(module)


def build(name: str, arguments: Mapping[str, Any], device: torch.device) -> nn.Module:
    """The network that a class, a function or an instance of that name gives.

    It is built on meta if that is the device, and on the CPU otherwise and where building needs
    numbers; an instance is copied. Call it inside `surroundings`.

    Raises `UnknownName` for a name that is not there, `BadInput` for what is no network or needs
    other arguments, `BuildError` if the code does not parse, raises or exits.
    """
    place = place_of(name)
    wanted = (code_place(name) or ("", ""))[1]
    with seed.fresh_weights():
        with their_errors(place, "importing"):
            module = imported(place)
        title, found = _chosen(place, module, wanted, arguments)
        found = _module_of(found)
        if isinstance(found, nn.Module):
            if arguments:
                raise BadInput(f"{title} is an instance already", hint="--set is for what is built")
            with their_errors(place, "copying"):
                copied = copy.deepcopy(found)
                return copied.to(device) if device.type == "meta" else copied
        if not callable(found):
            raise BadInput(
                f"{title} in {place.title} is no network but {_kind(found)}",
                hint=_hint_of(place, module),
            )
        _check_arguments(title, found, arguments, _hint_of(place, module, arguments))
        with their_errors(place, "building"):
            built = _module_of(_built(found, arguments, device))
    if not isinstance(built, nn.Module):
        raise BadInput(
            f"{title} in {place.title} gives {_kind(built)}, no nn.Module",
            hint=_hint_of(place, module),
        )
    return built


def offered(name: str) -> dict[str, str]:
    """What a class or function of that name takes; nothing for an instance. Raises as `build`."""
    place = place_of(name)
    with their_errors(place, "importing"):
        module = imported(place)
    _, found = _chosen(place, module, (code_place(name) or ("", ""))[1], {})
    return builders.of_parameters(parameters_of(found).values())


def _module_of(found: Any) -> Any:
    """The module of what `torch.export` made; anything else as it is."""
    return found.module() if isinstance(found, torch.export.ExportedProgram) else found


def _built(found: Callable[..., Any], arguments: Mapping[str, Any], device: torch.device) -> Any:
    if device.type == "meta":
        try:
            with torch.device("meta"):
                return found(**arguments)
        except Exception:  # the CPU shows whether meta is to blame
            pass
        torch.manual_seed(seed.current())
        with torch.device("cpu"):
            return found(**arguments)
    with torch.device("cpu"):  # where initial weights are the same on every machine
        return found(**arguments)


def _chosen(
    place: Place, module: ModuleType, wanted: str, arguments: Mapping[str, Any]
) -> tuple[str, Any]:
    """The object of that name, or the only network there is where none is named."""
    networks = networks_of(module)
    if wanted:
        try:
            return wanted, reduce(getattr, wanted.split("."), module)
        except AttributeError as error:
            holds = f"it holds {', '.join(networks)}" if networks else "it holds no network"
            what = f"name in {place.title}"
            raise UnknownName(what, wanted, networks, see=holds) from error
    if not networks:
        raise BadInput(
            f"{place.title} holds no network",
            hint="no class of nn.Module, no instance, no function that is seen to return one; "
            f"name it: {place.written}:NAME",
        )
    ready = buildable(networks, arguments)
    if len(networks) == 1 or len(ready) == 1:
        return next(iter((ready or networks).items()))
    if ready:
        raise BadInput(
            f"{place.title} holds {len(ready)} networks: {', '.join(ready)}",
            hint=f"name one: {place.written}:{next(iter(ready))}",
        )
    needs = [
        f"{name} ({', '.join(missing_arguments(found, ()))})" for name, found in networks.items()
    ]
    raise BadInput(
        f"every network in {place.title} needs arguments: {', '.join(needs)}",
        hint=f"name one and give them: {place.written}:{next(iter(networks))} --set NAME=VALUE",
    )


def _hint_of(place: Place, module: ModuleType, arguments: Mapping[str, Any] | None = None) -> str:
    """What else could be named, where there is something."""
    ready = buildable(networks_of(module), arguments or {})
    return f"{place.title} also holds {', '.join(ready)}" if ready else ""


def _kind(value: object) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _check_arguments(
    title: str, found: Callable[..., Any], arguments: Mapping[str, Any], hint: str
) -> None:
    unknown = unknown_arguments(found, arguments)
    if unknown:
        takes = list(parameters_of(found))
        raise UnknownName(
            f"argument of {title}", unknown[0], takes, see=f"it takes {', '.join(takes) or 'none'}"
        )
    missing = missing_arguments(found, arguments)
    if missing:
        given = " ".join(f"--set {name}=..." for name in missing)
        raise BadInput(f"{title} needs {', '.join(missing)}", hint=f"{given}; {hint}".strip("; "))
