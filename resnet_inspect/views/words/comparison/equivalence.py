"""Whether two networks are the same, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from resnet_inspect.analysis.equivalence import Equivalence, alike
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Norm
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.summary import summary

_TOLD = {
    "role": "",
    "name": ", told by their names",
    "order": ", told by their shapes in order",
}


def sentences(found: Equivalence) -> tuple[str, ...]:
    """Whether two networks compute the same, as far as was compared, and how they differ."""
    return tuple(map(text.visible, _sentences(found)))


def _sentences(found: Equivalence) -> Iterator[str]:
    traces = found.difference.left.trace, found.difference.right.trace
    left, right = (trace.model_name for trace in traces)
    if left == right:
        left, right = (trace.provenance.source for trace in traces)
    layers = alike(found.difference)
    if layers:
        steps = text.count(len(found.difference.entries), "step")
        yield f"{left} has the layers, shapes and counts of {right} ({steps})"
    if found.same:
        yield f"{left} computes the same as {right}: {_basis(found, traces[0], right)}"
        if not layers:
            yield "that holds for this input; what differs between them:"
    elif not found.compared:
        why = _why(found, left, right)
        yield f"whether {left} computes the same as {right} is not known: {why}"
    elif found.dtype:
        basis = _basis(found, traces[0], right)
        yield f"{left} does not compute the same as {right}: {basis}, {_parting(found)}"
        yield from _of_norms(found, traces)
    else:
        made = (" + ".join(text.shape(t.spec(port).shape) for port in t.outputs) for t in traces)
        yield f"{left} is not {right}: it gives {' where that gives '.join(made)}"
    if not layers:
        edit = None if found.same else found.first_edit
        if edit is not None:
            ours, theirs = (path or "nothing" for path in edit)
            yield f"their layers part first at {ours}, where {right} has {theirs}"
        yield from summary(found.difference)


def _basis(found: Equivalence, trace: Trace, right: str) -> str:
    """With which weights, on what and in what numbers both were run."""
    shapes = " + ".join(text.shape(trace.spec(port).shape) for port in trace.inputs)
    copied = f"{text.count(found.copied, 'tensor')} of {right} copied into it"
    back = f" and {text.integer(found.back)} of its own into {right}" if found.back else ""
    makers = dict.fromkeys(by for _, by in found.made)
    made = "".join(f", {_as_made(found, by)}" for by in makers)
    numbers = f"in {found.dtype}, up to {found.tolerance:.0e} of the largest value"
    return f"with {copied}{back}{_TOLD[found.way]}{made}, on an input of {shapes}, {numbers}"


def _as_made(found: Equivalence, by: str) -> str:
    names = [name for name, maker in found.made if maker == by]
    return f"{text.some(names)} as {by} makes {'it' if len(names) == 1 else 'them'}"


def _parting(found: Equivalence) -> str:
    assert found.parted is not None
    ours, theirs = found.parted.modules
    place = f"{ours} and {theirs}" if ours else "the outputs"
    amount = found.parted.amount
    if amount is None:
        return f"{place} have other shapes"
    if isnan(amount):
        return f"{place} differ{' first' if ours else ''}, since one gives what is no number"
    return f"{place} differ{' first,' if ours else ''} by {amount:.2g} of it"


def _of_norms(found: Equivalence, traces: tuple[Trace, Trace]) -> Iterator[str]:
    """What two norms that part can differ by, where all that is recorded of them is the same."""
    assert found.parted is not None
    ops = [
        trace.calls[trace.calls_at[path][0]].op if trace.calls_at.get(path) else None
        for trace, path in zip(traces, found.parted.modules, strict=True)
    ]
    if isinstance(ops[0], Norm) and ops[0] == ops[1] and found.parted.amount is not None:
        ours, theirs = found.parted.modules
        yield f"{ours} and {theirs} are the same norm with the same numbers: compare their eps"


def _why(found: Equivalence, left: str, right: str) -> str:
    if found.reason:
        return found.reason
    sides = (
        f"{text.some(names)} of {name}"
        for names, name in zip(found.alone, (left, right), strict=True)
        if names
    )
    return f"these weights have no counterpart of the same shape: {'; '.join(sides)}"
