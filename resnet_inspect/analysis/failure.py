"""Why a forward pass raised: the call, what it got, what it wanted, in one sentence."""

from __future__ import annotations

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Conv, Linear, Norm, Op, Pool
from resnet_inspect.traces.tensors import Shape


def sentence(trace: Trace) -> str:
    """Module path, window, what went in and from where, and what is wrong with it.

    "conv1 (conv 7×7, stride 2×2) got 1×4×224×224 from the input: it takes 3 channels, not 4"; with
    torch's own words where no rule here says more. "" for a trace that did not fail.
    """
    failure = trace.failure
    if failure is None:
        return ""
    call = trace.calls[failure.call]
    name = call.path or trace.model_name
    described = _described(call.op)
    if described:
        name += f" ({described})"
    if not call.inputs:
        return f"{name}: {failure.message}"
    shape = trace.spec(call.inputs[0]).shape
    given = " and ".join(_shape(trace.spec(port).shape) for port in call.inputs[:2])
    reason = _mismatch(call.op, shape) or failure.message
    return f"{name} got {given} from {_producers(trace, call)}: {reason}"


def _described(op: Op) -> str:
    match op:
        case Conv(window=w) | Pool(window=w):
            kind = "conv" if isinstance(op, Conv) else f"{op.kind} pool"
            window = (
                f"{_shape(w.kernel_size)}, stride {_shape(w.stride)}, padding {_shape(w.padding)}"
            )
            return f"{kind} {window}"
        case Linear():
            return f"linear, {op.in_features:,} to {op.out_features:,}"
        case Norm():
            return (
                f"{op.kind} norm of {op.num_features:,}" if op.num_features else f"{op.kind} norm"
            )
        case _:
            return ""


def _mismatch(op: Op, given: Shape) -> str:
    """What is wrong with an input of that shape, or "" if nothing is seen here."""
    match op:
        case Conv(in_channels=wanted, window=w) if len(given) > len(w.kernel_size):
            channels = given[-len(w.kernel_size) - 1]
            if channels != wanted:
                return f"it takes {wanted:,} channels, not {channels:,}"
            return _too_small(op, given)
        case Pool():
            return _too_small(op, given)
        case Linear(in_features=wanted) if given and given[-1] != wanted:
            return f"it takes {wanted:,} features, not {given[-1]:,}"
        case Norm(kind="batch", num_features=wanted) if len(given) > 1 and given[1] != wanted:
            return f"it takes {wanted:,} channels, not {given[1]:,}"
        case _:
            return ""


def _too_small(op: Conv | Pool, given: Shape) -> str:
    dimensions = len(op.window.kernel_size)
    spatial = given[-dimensions:]
    if len(spatial) < dimensions:
        return f"its window slides over {dimensions} dimensions"
    if (isinstance(op, Conv) and op.transposed) or min(op.window.output_size(spatial)) > 0:
        return ""
    return f"a map of {_shape(spatial)} is too small for its window"


def _producers(trace: Trace, call: Call) -> str:
    names = []
    for port in call.inputs[:2]:
        maker = trace.producer.get(port.activation)
        names.append("the input" if maker is None else trace.calls[maker].path)
    return " and ".join(dict.fromkeys(names))


def _shape(sizes: Shape) -> str:
    return "×".join(map(str, sizes))
