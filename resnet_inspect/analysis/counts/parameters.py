"""Parameter counts: of the network, of each module, and credited to each call.

A parameter counts once, however many modules hold it and however often they are called. For rows
that sum to the total, each is credited to one call: the first step that computes with it, or,
where none does, the innermost module call around the module that holds it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ModuleSpec, ParameterSpec, join


@dataclass(frozen=True, slots=True)
class ParameterCount:
    """How many numbers, and bytes, some set of parameters holds."""

    total: int = 0
    trainable: int = 0
    nbytes: int = 0
    zeros: int = 0
    """Those that are exactly zero, as far as is known."""
    valueless: int = 0
    """Those of which it is not known whether they are zero."""

    @property
    def frozen(self) -> int:
        """Those that do not require a gradient."""
        return self.total - self.trainable

    def __add__(self, other: ParameterCount) -> ParameterCount:
        return ParameterCount(
            self.total + other.total,
            self.trainable + other.trainable,
            self.nbytes + other.nbytes,
            self.zeros + other.zeros,
            self.valueless + other.valueless,
        )


def count(specs: Iterator[ParameterSpec]) -> ParameterCount:
    """The count of these parameters, each taken once."""
    total = trainable = nbytes = zeros = valueless = 0
    for spec in specs:
        elements = spec.tensor.elements
        total += elements
        trainable += elements * spec.trainable
        nbytes += spec.tensor.nbytes
        zeros += spec.zeros or 0
        valueless += elements if spec.zeros is None else 0
    return ParameterCount(total, trainable, nbytes, zeros, valueless)


def of_network(trace: Trace) -> ParameterCount:
    """All parameters of the network, tied ones once."""
    return count(p for m in trace.modules for p in m.parameters if p.same_as is None)


def buffers_of_network(trace: Trace) -> ParameterCount:
    """All buffers (batch-norm statistics), shared ones once."""
    return count(b for m in trace.modules for b in m.buffers if b.same_as is None)


def own(module: ModuleSpec) -> ParameterCount:
    """Parameters that sit on this very module and are not tied to an earlier one."""
    return count(p for p in module.parameters if p.same_as is None)


def of_module(trace: Trace, path: str) -> ParameterCount:
    """Parameters of a module and of all it contains, tied ones once."""
    distinct: dict[str, ParameterSpec] = {}
    for module in subtree(trace, path):
        for parameter in module.parameters:
            distinct.setdefault(parameter.same_as or join(module.path, parameter.name), parameter)
    return count(iter(distinct.values()))


def subtree(trace: Trace, path: str) -> Iterator[ModuleSpec]:
    """A module and all it contains, each once."""
    seen: set[str] = set()
    waiting = [path]
    while waiting:
        module = trace.module_at[waiting.pop()]
        if module.path not in seen:
            seen.add(module.path)
            yield module
            waiting.extend(reversed(module.children))


def never_called(trace: Trace) -> tuple[ModuleSpec, ...]:
    """Modules outside every step that no call names or computes with, outermost only.

    A module that only holds others (`ModuleList`) is never called itself and is not meant here,
    as long as something in it is. Nor is one whose weights a function takes: see `read_by`.
    """
    return _unused(trace, read_by(trace))


def read_by(trace: Trace) -> dict[str, tuple[str, ...]]:
    """Modules that no call names, but with whose parameters or buffers functions compute.

    By path, the paths of these functions in order.
    """
    takers: dict[str, dict[str, None]] = {}
    for index in trace.steps:
        call = trace.calls[index]
        for name in call.reads:
            takers.setdefault(name, {}).setdefault(call.path)
    uncalled = {
        inner.path for module in _unused(trace, ()) for inner in subtree(trace, module.path)
    }
    found = {}
    for module in trace.modules:
        if module.path not in uncalled:
            continue
        held = (own.same_as or join(module.path, own.name) for own in module.parameters)
        buffers = (own.same_as or join(module.path, own.name) for own in module.buffers)
        by = dict.fromkeys(path for name in (*held, *buffers) for path in takers.get(name, ()))
        if by:
            found[module.path] = tuple(by)
    return found


def _unused(trace: Trace, used: Container[str]) -> tuple[ModuleSpec, ...]:
    """Modules outside every step that no call names and that are not `used`, outermost only."""
    called = {call.module for call in trace.calls}
    covered: set[str] = set()
    for index in trace.steps:
        path = trace.calls[index].module
        if path is not None:
            covered.update(module.path for module in subtree(trace, path))
    alive = called | covered
    for module in reversed(trace.modules):
        if module.path in used or any(child in alive for child in module.children):
            alive.add(module.path)
    found: list[ModuleSpec] = []
    inside: set[str] = set()
    for module in trace.modules:
        if module.path in alive or module.path in inside or _is_empty(module):
            continue
        inside.update(inner.path for inner in subtree(trace, module.path))
        found.append(module)
    return tuple(found)


def _is_empty(module: ModuleSpec) -> bool:
    """Whether it is a list or dict of torch's that holds nothing: there is nothing to call."""
    held = (*module.children, *module.parameters, *module.buffers)
    return not held and module.python_class.module == "torch.nn.modules.container"


def credited(trace: Trace) -> tuple[ParameterCount, ...]:
    """For each call, the count of parameters credited to it; they sum to `of_network`."""
    return tuple(count(iter(specs)) for specs in specs_credited(trace))


def specs_credited(trace: Trace) -> tuple[tuple[ParameterSpec, ...], ...]:
    """For each call, the parameters credited to it: every one of the network, once."""
    waiting: dict[str, ParameterSpec] = {}
    canonical: dict[str, str] = {}
    holders: dict[str, list[str]] = {}
    for module in trace.modules:
        for parameter in module.parameters:
            name = join(module.path, parameter.name)
            first = parameter.same_as or name
            canonical[name] = first
            holders.setdefault(first, []).append(module.path)
            if parameter.same_as is None:
                waiting[name] = parameter
            for alias in module.aliases:
                canonical[join(alias, parameter.name)] = first
    given: dict[int, list[ParameterSpec]] = {}

    def give(call: Call, names: Iterator[str]) -> None:
        for name in names:
            parameter = waiting.pop(canonical.get(name, name), None)
            if parameter is not None:
                given.setdefault(call.index, []).append(parameter)

    seen: set[str] = set()
    steps = [trace.calls[index] for index in trace.steps]
    for call in steps:
        if call.module is not None and call.module not in seen:
            seen.add(call.module)
            give(
                call,
                (join(m.path, p.name) for m in subtree(trace, call.module) for p in m.parameters),
            )
    for call in steps:
        if call.module is None:
            give(call, iter(call.reads))
    first_call: dict[str, Call] = {}
    for call in trace.calls:
        if call.module is not None:
            first_call.setdefault(call.module, call)
    for name in list(waiting):
        around = max(
            (nearest_called(path, first_call) for path in holders[name]),
            key=lambda call: call.index,
        )
        give(around, iter((name,)))
    return tuple(tuple(given.get(call.index, ())) for call in trace.calls)


def nearest_called(path: str, first_call: dict[str, Call]) -> Call:
    """The first call of the innermost called module that holds a path; the network is one."""
    while path and path not in first_call:
        path = path.rpartition(".")[0]
    return first_call[path]
