"""What is true of every trace, as a function that names the first thing that is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import join
from resnet_inspect.traces.ops import Conv, Linear, Pool
from resnet_inspect.traces.tensors import TensorSpec

DEEPEST = 1000
"""Calls that may be running at once, names within names, dimensions of a tensor."""
_MOST_CHECKPOINTS = 100
"""That one call may be in."""
LARGEST = 2**63
"""Bytes of a tensor are fewer; so are those of all tensors together."""


def check(trace: Trace) -> list[str]:
    """Every rule the trace breaks, in words; empty for a sound trace."""
    fault = unsound(trace)
    if fault:
        return [fault]
    return [*_made_once(trace), *_shapes(trace)]


def unsound(trace: Trace) -> str | None:
    """The first thing for which no analysis can be asked of a trace, or None.

    Every trace that was recorded passes, and every analysis of one that passes comes to its end.
    """
    return broken_reference(trace) or next(_bounds(trace), None) or next(_order(trace), None)


def broken_reference(trace: Trace) -> str | None:
    """The first reference that points at nothing, or None."""
    tensors = range(len(trace.activations))
    paths = {module.path for module in trace.modules}
    names = {
        join(module.path, spec.name)
        for module in trace.modules
        for spec in (*module.parameters, *module.buffers)
        if spec.same_as is None
    }
    if len(paths) < len(trace.modules):
        return "two modules have one path"
    for module in trace.modules:
        for child in module.children:
            if child not in paths:
                return f"module '{module.path}' has a child '{child}' that is not there"
        for spec in (*module.parameters, *module.buffers):
            if spec.same_as is not None and spec.same_as not in names:
                return f"'{join(module.path, spec.name)}' is tied to '{spec.same_as}', not there"
    if not trace.calls or trace.calls[0].module != "":
        return "the first call is not that of the network"
    opened: list[int] = []
    times: Counter[str] = Counter()
    for index, call in enumerate(trace.calls):
        where = f"call {index} ('{call.path}')"
        if call.index != index:
            return f"{where} has the number {call.index}"
        times[call.path] += 1
        if call.nth != times[call.path]:
            return f"{where} is said to be number {call.nth} of its path, and is {times[call.path]}"
        if call.module is not None and call.module not in paths:
            return f"{where} is of a module that is not there"
        if (call.parent is None) != (index == 0):
            return f"{where}: only the first call has no parent"
        while opened and opened[-1] != call.parent:
            opened.pop()
        if call.parent is not None and not opened:
            return f"{where} has a parent that is not running"
        opened.append(index)
        if any(one.first > index for one in call.checkpoints):
            return f"{where} is in a checkpoint that begins behind it"
        if any(port.activation not in tensors for port in (*call.inputs, *call.outputs)):
            return f"{where} has a tensor that is not there"
    if any(port.activation not in tensors for port in (*trace.inputs, *trace.outputs)):
        return "the network has an input or output that is not there"
    if trace.failure is not None and not 0 <= trace.failure.call < len(trace.calls):
        return "the call that failed is not there"
    return None


def _bounds(trace: Trace) -> Iterator[str]:
    """Sizes and depths that no network has."""
    held = [spec.tensor for m in trace.modules for spec in (*m.parameters, *m.buffers)]
    every = (*(activation.tensor for activation in trace.activations), *held)
    sizes = {tensor: _nbytes(tensor) for tensor in set(every)}
    if None in sizes.values() or sum(sizes[tensor] or 0 for tensor in every) >= LARGEST:
        yield "its tensors are larger than any memory"
    depths: list[int] = []
    for call in trace.calls:
        depths.append(0 if call.parent is None else depths[call.parent] + 1)
    if max(depths) > DEEPEST or any(m.path.count(".") > DEEPEST for m in trace.modules):
        yield f"its calls are nested more than {DEEPEST} deep"
    if any(len(call.checkpoints) > _MOST_CHECKPOINTS for call in trace.calls):
        yield f"a call is in more than {_MOST_CHECKPOINTS} checkpoints"


def _nbytes(tensor: TensorSpec) -> int | None:
    """Bytes of a tensor, none of them where a dimension is empty; None for too many."""
    if len(tensor.shape) > DEEPEST or tensor.itemsize >= LARGEST:
        return None
    size = tensor.itemsize * tensor.mapped
    for dimension in tensor.shape:
        size *= max(dimension, 1)
        if size >= LARGEST:
            return None
    return size


def _order(trace: Trace) -> Iterator[str]:
    """Calls that take what is not there yet, or give what they take."""
    for call in trace.calls:
        for port in call.inputs:
            maker = trace.producer.get(port.activation)
            if maker is not None and maker >= call.index:
                yield f"'{call.path}' takes a tensor that is made later"
    for index in trace.steps:
        call = trace.calls[index]
        if {port.activation for port in call.inputs} & {port.activation for port in call.outputs}:
            yield f"'{call.path}' gives a tensor that it takes"


def _made_once(trace: Trace) -> Iterator[str]:
    """Functions without a name, and tensors that two steps give: one may give an old one back."""
    for call in trace.calls:
        if call.module is None and ":" not in call.path:
            yield f"call {call.index} names neither a module nor a function: '{call.path}'"
    made_by: dict[int, int] = {}
    for index in trace.steps:
        call = trace.calls[index]
        taken = {port.activation for port in call.inputs}
        for activation in {port.activation for port in call.outputs} - taken:
            if activation in made_by:
                yield f"'{call.path}' and call {made_by[activation]} make the same tensor"
            made_by[activation] = index


def _shapes(trace: Trace) -> Iterator[str]:
    for index in trace.steps:
        call = trace.calls[index]
        if call.inputs and call.outputs:
            yield from _window_rules(trace, call)


def _window_rules(trace: Trace, call: Call) -> Iterator[str]:
    given = trace.spec(call.inputs[0]).shape
    made = trace.spec(call.outputs[0]).shape
    op = call.op
    if isinstance(op, Linear):
        if given[-1:] != (op.in_features,):
            yield f"'{call.path}' takes {op.in_features} features and got {given}"
        if made[-1:] != (op.out_features,):
            yield f"'{call.path}' gives {op.out_features} features, not {made}"
    if not isinstance(op, Conv | Pool):
        return
    spatial = len(op.window.kernel_size)
    if min(len(given), len(made)) <= spatial:
        yield f"'{call.path}' slides over {spatial} dimensions, and not {given} to {made}"
        return
    if isinstance(op, Conv):
        if given[-spatial - 1] != op.in_channels:
            yield f"'{call.path}' takes {op.in_channels} channels and got {given[-spatial - 1]}"
        if made[-spatial - 1] != op.out_channels:
            yield f"'{call.path}' gives {op.out_channels} channels, not {made[-spatial - 1]}"
    if isinstance(op, Pool) or not op.transposed:
        expected = op.window.output_size(given[-spatial:])
        if made[-spatial:] != expected:
            yield f"'{call.path}' should give {expected} and gave {made[-spatial:]}"
