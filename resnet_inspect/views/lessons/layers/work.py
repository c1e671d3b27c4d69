"""What a call costs: multiply-accumulates and memory."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from resnet_inspect.analysis.counts.arithmetic.equation import Equation
from resnet_inspect.analysis.counts.arithmetic.macs import mac_equations
from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Conv,
    Linear,
)
from resnet_inspect.views.words import text


def sentences(survey: Survey, call: Call) -> Iterator[str]:
    """Multiply-accumulates, worked out, and their share of the network's."""
    trace = survey.trace
    counted = survey.macs[call.index]
    if not call.outputs:
        return
    if counted is None:
        yield "Its multiply-accumulates are not known: no rule covers it, and the totals say so."
        return
    if not counted:
        yield (
            "By the convention of such counts it takes no multiply-accumulates: convolutions,"
            " linear layers and matrix products do."
        )
        return
    part = text.share(counted / survey.whole.macs)
    once = _each_weight_once(trace, call, counted)
    if once is not None:
        where = "input" if isinstance(call.op, Conv) and call.op.transposed else "output"
        yield (
            f"Each weight is used once at every {where} position: {once.text} multiply-accumulates,"
            f" {part} of the network's."
        )
    else:
        for equation in mac_equations(trace, call):
            yield f"{equation.what}: {equation.text}."
        yield f"That is {part} of the network's multiply-accumulates."


def _each_weight_once(trace: Trace, call: Call, counted: int) -> Equation | None:
    """Multiply-accumulates as weights times positions, if that is what they are."""
    op = call.op
    if isinstance(op, Conv) and op.groups and op.in_channels % op.groups == 0:
        port = call.inputs[0] if op.transposed else call.outputs[0]
        shape = trace.spec(port).shape
        dimensions = len(op.window.kernel_size)
        batch = shape[: max(len(shape) - dimensions - 1, 0)]
        over = (*(b for b in batch if b != 1), *shape[-dimensions:])
        taps = op.window.kernel_size
        weights = alternatives.weight(op.in_channels, op.out_channels, taps, op.groups).value
    elif isinstance(op, Linear):
        over = tuple(b for b in trace.spec(call.outputs[0]).shape[:-1] if b != 1) or (1,)
        weights = op.in_features * op.out_features
    else:
        return None
    if weights * prod(over) != counted:
        return None
    working = text.integer(weights)
    if over != (1,):
        working += f" · {'·'.join(map(str, over))}"
    return Equation("MACs", working, counted)


def memory(survey: Survey, call: Call) -> Iterator[str]:
    """Bytes of the output, unless it is in the memory of an input."""
    trace = survey.trace
    if not call.outputs:
        return
    written = sum(trace.spec(port).nbytes for port in call.outputs)
    storages = {trace.activations[port.activation].storage for port in call.inputs}
    if all(trace.activations[port.activation].storage in storages for port in call.outputs):
        yield f"Its output ({text.nbytes(written)}) is in the memory of its input: none is added."
    else:
        yield f"Its output takes {text.nbytes(written)}."
