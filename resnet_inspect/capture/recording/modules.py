"""What the modules of a network are, and the tensors that they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from resnet_inspect.capture.members import is_training, named_modules, python_class, registered
from resnet_inspect.capture.readers.quantized import packed_tensors
from resnet_inspect.capture.readers.registry import read_op
from resnet_inspect.capture.recording.calls.tensors import spec_of
from resnet_inspect.traces.modules import ModuleSpec, ParameterSpec, join


def held_tensors(model: nn.Module) -> dict[int, tuple[Tensor, str]]:
    """Tensors that modules hold, with their full names, by id: parameters, buffers, constants."""
    found: dict[int, tuple[Tensor, str]] = {}
    for path, module in named_modules(model):
        tensors = {**registered(module, "_parameters"), **registered(module, "_buffers")}
        for name, value in (*tensors.items(), *vars(module).items()):
            if isinstance(value, Tensor):
                found.setdefault(id(value), (value, join(path, name)))
    return found


@dataclass(frozen=True, slots=True)
class Member:
    """A module and what it holds when the network is entered; lazy tensors have no shape yet."""

    module: nn.Module
    children: Mapping[str, nn.Module]
    parameters: Mapping[str, Tensor]
    buffers: Mapping[str, Tensor]

    @classmethod
    def of(cls, module: nn.Module) -> Member:
        """What a module is and holds now."""
        registers = ("_modules", "_parameters", "_buffers")
        return cls(module, *(registered(module, register) for register in registers))


def module_specs(
    members: Iterable[Member], paths: Mapping[int, Sequence[str]]
) -> tuple[ModuleSpec, ...]:
    """What each module is; of its paths, by id, the first is its own."""
    first: dict[int, str] = {}
    return tuple(_module_spec(member, paths, first) for member in members)


def _module_spec(
    member: Member, paths: Mapping[int, Sequence[str]], first: dict[int, str]
) -> ModuleSpec:
    module = member.module
    path, *aliases = paths[id(module)]
    children = dict.fromkeys(paths[id(child)][0] for child in member.children.values())
    return ModuleSpec(
        path=path,
        python_class=python_class(module),
        op=read_op(module),
        parameters=(
            *_parameter_specs(path, member.parameters, first),
            *_packed_specs(path, module, first),
        ),
        buffers=_parameter_specs(path, member.buffers, first),
        # A module that a child of its own holds is no child of that.
        children=tuple(
            c for c in dict.fromkeys(children) if c and not f"{path}.".startswith(f"{c}.")
        ),
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
    path: str, register: Mapping[str, Tensor], first: dict[int, str]
) -> tuple[ParameterSpec, ...]:
    specs = []
    for name, tensor in register.items():
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
