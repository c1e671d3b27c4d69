"""How torchinfo counts, applied to a trace: what its figures have beside ours, by reason.

Its rules are those of torchinfo 1.8.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

from resnet_inspect.analysis.counts import parameters as counts
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ModuleSpec, join
from resnet_inspect.traces.ops import Container, Norm, Recurrent

Parts = tuple[tuple[str, int], ...]
"""What is counted beside ours, by reason; negative where it is left out."""

PAST_HOOKS = "modules whose forward is called past its hooks"
"""What a tool that goes by hooks does not see."""
_ORIGINAL, _MASK = "_orig", "_mask"
"""What `torch.nn.utils.prune` adds to the name of a parameter, and to that of its mask."""
_PRUNED = "numbers that masks prune"


def parameters(
    survey: Survey, pruned: Mapping[str, int] | None = None, *, trainable: bool = False
) -> Parts:
    """What its parameters have beside ours; or only its trainable ones.

    Its rule: the sum over the modules that are called, and those around them, of what each holds
    less what those inside of it hold, where that is not negative. So it counts again what is tied.
    Of what is pruned it counts the numbers that are left.
    """
    trace = survey.trace
    masked = pruned or {}
    called = {call.module for call in trace.calls}

    def held(path: str) -> int:
        distinct = {
            own.same_as or join(module.path, own.name): own.tensor.elements
            - masked.get(join(module.path, own.name), 0)
            for module in counts.subtree(trace, path)
            for own in module.parameters
            if not own.packed and (own.trainable or not trainable)
        }
        return sum(distinct.values())

    listed: set[str] = set()
    for module in reversed(trace.modules):  # children before their parents
        if module.path in called or any(child in listed for child in module.children):
            listed.add(module.path)
    amounts = {path: held(path) for path in listed}
    taken: set[str] = set()
    whole = 0
    for module in trace.modules:
        if module.path in listed:
            inside = listed.intersection(module.children) - taken
            taken |= inside
            whole += max(amounts[module.path] - sum(amounts[path] for path in inside), 0)
    everything = held("")
    left = sum(
        masked.get(join(module.path, own.name), 0)
        for module in trace.modules
        for own in module.parameters
        if own.same_as is None and (own.trainable or not trainable)
    )
    again = sum(call.module == "" for call in trace.calls) - 1
    parts = (
        ("tensors that several modules hold, more than once", whole - everything),
        ("the network again, which calls itself", again * everything),
        (_PRUNED, -left),
    )
    return tuple(part for part in parts if part[1])


def macs(survey: Survey, pruned: Mapping[str, int] | None = None) -> Parts | None:
    """What its multiply-adds have beside ours; None for masks of which nothing is known.

    Its rule: for each call of a module without children, the elements of its weight and bias times
    the batch; for a class with "Conv" in its name, times the output's spatial sizes too. Parameters
    of names like "weight_ih_l0" count times the first two sizes of the output. Of what is pruned it
    counts the numbers that are left.
    """
    trace = survey.trace
    if pruned is None and any(own.name.endswith(_MASK) for m in trace.modules for own in m.buffers):
        return None
    found: dict[str, int] = {}
    for index in trace.steps:
        for reason, amount in _of_step(survey, trace.calls[index], pruned or {}):
            if amount:
                found[reason] = found.get(reason, 0) + amount
    return tuple(found.items())


def _of_step(survey: Survey, call: Call, pruned: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    trace = survey.trace
    last = trace.last_descendant[call.index]
    ours = survey.amounts(call.index, last).macs
    if call.module is None:
        yield "functions that it does not see", -ours
        return
    if call.past_hooks:
        yield PAST_HOOKS, -ours
        return
    module = trace.module_at[call.module]
    if is_packed(trace, call):
        yield "quantized layers that it does not see", -ours
        return
    if module.children or isinstance(call.op, Container) or not call.outputs:
        parametrized = join(module.path, "parametrizations") in module.children
        yield (
            "parametrized layers, which it takes for containers"
            if parametrized
            else "modules with children",
            -ours,
        )
        for inner in trace.calls[call.index + 1 : last + 1]:
            if inner.module is not None and not trace.module_at[inner.module].children:
                sums = _Counted(trace, inner, pruned)
                yield "weights of modules inside of layers", sums.own + sums.longer - sums.masked
        return
    sums = _Counted(trace, call, pruned)
    yield _PRUNED, -sums.masked
    if isinstance(call.op, Norm):
        yield "norm weights and biases", sums.own
    elif isinstance(call.op, Recurrent):
        yield "recurrent biases", sums.longer_biases
        yield "outputs it takes for other sizes", sums.longer - sums.longer_biases - ours
    else:
        kind = "convolution" if "Conv" in module.class_name else "linear"
        yield f"{kind} biases", sums.biases
        rest = sums.own - sums.biases + sums.longer - ours
        if sums.longer:
            yield f"{', '.join(sums.names)}, taken for weights of a recurrent layer", rest
        else:
            yield "outputs it takes for other sizes", rest


class _Counted:
    """What it counts for a call of a module, by the names of its parameters."""

    def __init__(self, trace: Trace, call: Call, pruned: Mapping[str, int]) -> None:
        assert call.module is not None
        module = trace.module_at[call.module]
        self.own = self.biases = self.longer = self.longer_biases = self.masked = 0
        self.names: list[str] = []
        """Of those with longer names than weight and bias."""
        shape = trace.spec(call.outputs[0]).shape if call.outputs else ()
        spatial = prod(shape[2:]) if "Conv" in module.class_name else 1
        for name, elements, gone in _named(module, pruned):
            times = (shape[0] if shape else 1) * spatial
            if name in ("weight", "bias"):
                self.own += times * elements
                self.biases += times * elements * (name == "bias")
            elif "weight" in name or "bias" in name:
                times = prod(shape[:2])
                self.longer += times * elements
                self.longer_biases += times * elements * name.startswith("bias")
                self.names.append(name)
            else:
                continue
            self.masked += times * gone


def _named(module: ModuleSpec, pruned: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """Names, elements and pruned numbers; what is pruned goes by the name that it had."""
    for own in module.parameters:
        gone = pruned.get(join(module.path, own.name))
        name = own.name if gone is None else own.name.removesuffix(_ORIGINAL)
        yield name, own.tensor.elements, gone or 0


def is_packed(trace: Trace, call: Call) -> bool:
    """Whether a step is of a layer whose weights are packed."""
    if call.module is None:
        return False
    inside = counts.subtree(trace, call.module)
    return any(own.packed for module in inside for own in module.parameters)
