"""What a convolution does."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Conv,
)
from resnet_inspect.views.lessons import page
from resnet_inspect.views.lessons.page import Reading
from resnet_inspect.views.words import text


def convolution(trace: Trace, call: Call, op: Conv) -> Iterator[str | Reading]:
    """A convolution, or a transposed one."""
    if op.transposed:
        yield from _transposed(op)
    else:
        yield from _convolution(op)


def _transposed(op: Conv) -> Iterator[str | Reading]:
    taps = text.sizes(op.window.kernel_size)
    yield (
        f"A transposed convolution: each input element is spread over a window of {taps}"
        " output elements, weighted, and where windows overlap they are added."
    )
    yield (
        f"With stride {text.alike(op.window.stride)} the windows of two neighbours lie"
        " that far apart in the output."
    )
    yield page.TRANSPOSED


def _convolution(op: Conv) -> Iterator[str | Reading]:
    window = op.window
    taps, stride = text.sizes(window.kernel_size), text.alike(window.stride)
    filters, each = text.count(op.out_channels, "filter"), op.in_channels // op.groups
    seen = f"all {op.in_channels} channels" if each > 1 else "the one channel there is"
    if op.groups > 1:
        seen = f"{each} of the {op.in_channels} channels" if each > 1 else "a single channel"
    if op.groups > 1:
        yield page.DEPTHWISE if op.groups == op.in_channels else page.GROUPS
    if set(window.dilation) != {1}:
        yield page.DILATION
    if prod(window.kernel_size) == 1:
        yield (
            f"A {taps} convolution: at each position {filters} mix {seen}; no neighbour is looked"
            " at."
        )
        if prod(window.stride) > 1:
            yield (
                f"With stride {stride} it takes one position in {prod(window.stride)} and never"
                " looks at the others."
            )
        return
    yield (
        f"A {taps} convolution: {filters} slide over the map in steps of {stride}, and each takes a"
        f" {taps} window of {seen} at a time."
    )
    if set(window.dilation) != {1}:
        reach = [d * (k - 1) + 1 for k, d in zip(window.kernel_size, window.dilation, strict=True)]
        yield (
            f"With dilation {text.alike(window.dilation)} the window reaches over"
            f" {text.sizes(reach)} elements and still has the weights of {taps}."
        )
