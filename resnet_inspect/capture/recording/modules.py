"""What the modules of a network are, and the tensors that they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from torch import Tensor, nn

from resnet_inspect.capture.readers.modules import python_class, read_op
from resnet_inspect.capture.readers.quantized import packed_tensors
from resnet_inspect.capture.recording.left_as_found import is_training
from resnet_inspect.capture.recording.tensors import spec_of
from resnet_inspect.traces.modules import ModuleSpec, ParameterSpec, join


def held_tensors(model: nn.Module) -> dict[int, tuple[Tensor, str]]:
    """Tensors that modules hold, with their full names, by id: parameters, buffers, constants."""
    found: dict[int, tuple[Tensor, str]] = {}
    for path, module in model.named_modules():
        registered = (*module._parameters.items(), *module._buffers.items())
        for name, value in (*registered, *vars(module).items()):
            if isinstance(value, Tensor):
                found.setdefault(id(value), (value, join(path, name)))
    return found


def module_specs(
    modules: Iterable[tuple[nn.Module, Sequence[nn.Module]]], paths: Mapping[int, Sequence[str]]
) -> tuple[ModuleSpec, ...]:
    """What each module is, given with its children; of its paths, by id, the first is its own."""
    first: dict[int, str] = {}
    return tuple(_module_spec(module, children, paths, first) for module, children in modules)


def _module_spec(
    module: nn.Module,
    children: Sequence[nn.Module],
    paths: Mapping[int, Sequence[str]],
    first: dict[int, str],
) -> ModuleSpec:
    path, *aliases = paths[id(module)]
    return ModuleSpec(
        path=path,
        python_class=python_class(module),
        op=read_op(module),
        parameters=(
            *_parameter_specs(path, module._parameters, first),
            *_packed_specs(path, module, first),
        ),
        buffers=_parameter_specs(path, module._buffers, first),
        children=tuple(dict.fromkeys(paths[id(child)][0] for child in children)),
        aliases=tuple(aliases),
        training=is_training(module),
    )


def _packed_specs(path: str, module: nn.Module, first: dict[int, str]) -> Iterator[ParameterSpec]:
    for name, tensor, holder in packed_tensors(module):
        # Unpacking makes a new tensor each time: that it is the same, its holder says.
        owner = first.setdefault(id(holder), path)
        same_as = None if owner == path else join(owner, name)
        yield ParameterSpec(name, spec_of(tensor), False, same_as, packed=True)


def _parameter_specs(
    path: str, register: Mapping[str, Tensor | None], first: dict[int, str]
) -> tuple[ParameterSpec, ...]:
    specs = []
    for name, tensor in register.items():
        if tensor is None:
            continue
        full_name = join(path, name)
        owner = first.setdefault(id(tensor), full_name)
        specs.append(
            ParameterSpec(
                name,
                spec_of(tensor),
                tensor.requires_grad,
                None if owner == full_name else owner,
            )
        )
    return tuple(specs)
