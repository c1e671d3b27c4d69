"""What a pool does."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Pool,
)
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views.lessons import page
from resnet_inspect.views.lessons.page import Reading
from resnet_inspect.views.words import text


def pool(trace: Trace, call: Call, op: Pool) -> Iterator[str | Reading]:
    """A pool with a window of its own."""
    kind, window = op.kind, op.window
    taps = text.sizes(window.kernel_size)
    what = {"max": "the largest", "avg": "the mean"}.get(kind, f"the {kind} norm")
    yield (
        f"{kind.capitalize()} pooling: in each channel by itself, {what} of a {taps} window, in"
        f" steps of {text.alike(window.stride)}."
    )
    pairs = list(zip(window.kernel_size, window.stride, strict=True))
    if all(k > s for k, s in pairs):
        yield "The windows overlap, since they are larger than the step."


def adaptive_pool(trace: Trace, call: Call, op: AdaptivePool) -> Iterator[str | Reading]:
    """A pool that chooses its window by the size that is wanted, such as a global one."""
    given = trace.spec(call.inputs[0]).shape if call.inputs else ()
    yield _sized(op.kind, op.output_size, given)
    if set(op.output_size) == {1}:
        yield page.GLOBAL_POOL


def _sized(kind: str, wanted: tuple[int | None, ...], given: Shape) -> str:
    sizes = "×".join("as it is" if size is None else str(size) for size in wanted)
    what = {"max": "the largest", "avg": "the mean"}.get(kind, kind)
    if wanted and set(wanted) == {1} and len(given) > len(wanted):
        over = given[-len(wanted) :]
        numbers = f"{'·'.join(map(str, over))} = {text.integer(prod(over))} elements"
        numbers = numbers if len(over) > 1 else f"{over[0]} elements"
        return (
            f"It makes one number of each channel, {what} of its {numbers}: whatever the size of"
            " the image, what follows gets one number for each channel."
        )
    return (
        f"It chooses its windows so that the output is {sizes}, whatever the input is, and takes"
        f" {what} of each."
    )
