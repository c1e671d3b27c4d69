"""Receptive fields: how far one element of a feature map sees, across shortcuts.

Sizes are in pixels of the tensor that the first window slides over, which for an image network is
its input. Where paths join, the field is the hull of theirs. It is the field of an unbounded
image, not cut at the border; norms count as pointwise, as they are in eval mode for batch norm.

Source of the recurrence: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional
Neural Networks", Distill 2019, doi:10.23915/distill.00021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Conv,
    Elementwise,
    Join,
    Linear,
    Norm,
    Op,
    Pool,
    Reduce,
    Resample,
    Reshape,
    Window,
)
from resnet_inspect.traces.tensors import Shape

Number = int | Fraction


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """What one element of a feature map sees; one number for each spatial dimension."""

    size: tuple[Number, ...]
    """Extent in input pixels; () if the element sees the whole image."""
    jump: tuple[Number, ...]
    """Distance in input pixels between two neighbours; () where there are no neighbours."""
    start: tuple[Number, ...]
    """First input pixel that element 0 sees; negative in the padding."""

    @property
    def whole(self) -> bool:
        """Whether every element sees all of the image."""
        return not self.size


WHOLE = ReceptiveField((), (), ())
_Field = ReceptiveField | None


def by_activation(trace: Trace) -> dict[int, ReceptiveField]:
    """Receptive fields of the tensors that have one.

    Not among them: a tensor before the first window, or behind an op that has no rule (a
    permutation, an attention, a roi align).
    """
    found: dict[int, ReceptiveField] = {}
    lost: set[int] = set()
    for index in trace.steps:
        call = trace.calls[index]
        given = [port.activation for port in call.inputs]
        known = [found[activation] for activation in given if activation in found]
        reached = bool(known) or any(activation in lost for activation in given)
        if not reached and not _begins(call.op):
            continue
        field = None
        if not any(activation in lost for activation in given) or isinstance(call.op, Linear):
            field = _step(trace, call, known)
        for port in call.outputs:
            if port.activation in found:
                continue
            if field is None:
                lost.add(port.activation)
            else:
                found[port.activation] = field
    return found


def _begins(op: Op) -> bool:
    """Whether an op is the first to look at pixels: a window, or pixels moved into channels."""
    return isinstance(op, Conv | Pool) or (isinstance(op, Resample) and op.name in _UNSHUFFLE)


def _step(trace: Trace, call: Call, known: list[ReceptiveField]) -> _Field:
    if not call.inputs or not call.outputs:
        return None
    op = call.op
    before = trace.spec(call.inputs[0]).shape
    after = trace.spec(call.outputs[0]).shape
    if isinstance(op, Conv | Pool):
        field = known[0] if known else _pixel(len(op.window.kernel_size))
        return _slid(field, op, before, after)
    if isinstance(op, Resample):
        return _resized(known[0] if known else _pixel(len(before) - 2), op, before, after)
    if isinstance(op, Linear):
        return WHOLE if len(after) <= 2 else (known[0] if known and known[0].whole else None)
    if not known:
        return None
    if isinstance(op, Norm | Activate):
        return known[0]
    if isinstance(op, Elementwise | Join):
        return _hull(known)
    if isinstance(op, AdaptivePool):
        return _adaptive(known[0], op, before, after)
    if isinstance(op, Reshape):
        return _reshaped(known[0], op, before, after)
    if isinstance(op, Reduce):
        spatial = len(known[0].jump)
        pooled = len(after) <= len(before) - spatial or all(s == 1 for s in after[-spatial:])
        return WHOLE if pooled or known[0].whole else None
    return None


def _pixel(dimensions: int) -> ReceptiveField:
    return ReceptiveField((1,) * dimensions, (1,) * dimensions, (0,) * dimensions)


def _slid(field: ReceptiveField, op: Conv | Pool, before: Shape, after: Shape) -> _Field:
    """The field behind a window; of a window that takes in all there is, the whole image."""
    window = op.window
    dimensions = len(window.kernel_size)
    if len(field.jump) != dimensions or min(len(before), len(after)) < dimensions:
        return field if field.whole else None
    if isinstance(op, Conv) and op.transposed:
        return _transposed(field, window)
    given, made = before[-dimensions:], after[-dimensions:]
    takes_all = all(k >= i for k, i in zip(window.kernel_size, given, strict=True))
    if isinstance(op, Pool) and takes_all and set(made) == {1}:
        return WHOLE
    extents = [d * (k - 1) for k, d in zip(window.kernel_size, window.dilation, strict=True)]
    return _moved(field, [-p for p in window.padding], window.stride, extents)


def _moved(
    field: ReceptiveField, starts: Sequence[int], steps: Sequence[Number], extents: Sequence[Number]
) -> ReceptiveField:
    """The field of a map whose element i takes `extent` + 1 elements from start + i·step."""
    jump = tuple(_plain(j * s) for j, s in zip(field.jump, steps, strict=True))
    if field.whole:
        return ReceptiveField((), jump, ())
    return ReceptiveField(
        tuple(_plain(r + e * j) for r, e, j in zip(field.size, extents, field.jump, strict=True)),
        jump,
        tuple(_plain(lo + s * j) for lo, s, j in zip(field.start, starts, field.jump, strict=True)),
    )


def _transposed(field: ReceptiveField, window: Window) -> ReceptiveField:
    steps = [Fraction(1, s) for s in window.stride]
    rows = list(
        zip(window.kernel_size, window.stride, window.padding, window.dilation, strict=True)
    )
    # Element 0 is reached from the inputs up to (d(k−1) − p) / s before it, and every output from
    # d(k−1) / s further ones at most.
    starts = [-((d * (k - 1) - p) // s) for k, s, p, d in rows]
    extents = [d * (k - 1) // s for k, s, p, d in rows]
    return _moved(field, starts, steps, extents)


def _hull(fields: Sequence[ReceptiveField]) -> _Field:
    jumps = {field.jump for field in fields if field.jump}
    if len(jumps) > 1:
        return None
    jump = jumps.pop() if jumps else ()
    if any(field.whole for field in fields):
        return ReceptiveField((), jump, ())
    start = tuple(min(lows) for lows in zip(*(f.start for f in fields), strict=True))
    ends = [tuple(lo + r for lo, r in zip(f.start, f.size, strict=True)) for f in fields]
    size = tuple(max(highs) - lo for lo, *highs in zip(start, *ends, strict=True))
    return ReceptiveField(size, jump, start)


def _adaptive(field: ReceptiveField, op: AdaptivePool, before: Shape, after: Shape) -> _Field:
    dimensions = len(op.output_size)
    given, made = before[-dimensions:], after[-dimensions:]
    if all(size == 1 for size in made):
        return WHOLE
    if len(field.jump) != dimensions or any(i % o for i, o in zip(given, made, strict=True)):
        return None
    steps = [i // o for i, o in zip(given, made, strict=True)]
    return _moved(field, [0] * dimensions, steps, [s - 1 for s in steps])


_REACH = {"nearest": 0, "nearest-exact": 0, "pixelshuffle": 0, "pixel_shuffle": 0, "bicubic": 3}
"""How many further elements an interpolated one takes; one for all others."""

_UNSHUFFLE = {"pixelunshuffle", "pixel_unshuffle"}
"""What moves the pixels of a square into the channels of one element."""


def _resized(field: ReceptiveField, op: Resample, before: Shape, after: Shape) -> _Field:
    dimensions = len(field.jump)
    if dimensions == 0 or len(before) != len(after):
        return field if field.whole else None
    if op.name in {"roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "grid_sample"}:
        return None
    given, made = before[-dimensions:], after[-dimensions:]
    steps = [_plain(Fraction(i, o)) for i, o in zip(given, made, strict=True)]
    if op.name in _UNSHUFFLE:
        return _moved(field, [0] * dimensions, steps, [s - 1 for s in steps])
    return _moved(field, [0] * dimensions, steps, [_REACH.get(op.name, 1)] * dimensions)


def _reshaped(field: ReceptiveField, op: Reshape, before: Shape, after: Shape) -> _Field:
    dimensions = len(field.jump)
    if dimensions and len(op.starts) == len(op.steps) >= dimensions:
        spatial = slice(-dimensions, None)
        return _moved(field, op.starts[spatial], op.steps[spatial], [0] * dimensions)
    moves = {"permute", "transpose", "swapaxes", "movedim", "roll", "flip", "rot90", "pad", "t"}
    if op.name in moves:
        return None
    if before == after or (field.whole and not field.jump):
        return field
    same_map = dimensions and before[-dimensions:] == after[-dimensions:]
    return field if same_map and len(before) == len(after) else None


def _plain(number: Number) -> Number:
    """A whole fraction as an int, so that equal fields compare and print alike."""
    if isinstance(number, Fraction) and number.denominator == 1:
        return int(number)
    return number
