"""A branch and a shortcut that meet in unlike shapes, and what would make them one."""

from __future__ import annotations

from math import prod

from resnet_inspect.analysis.failure.by_shape.words import shortest, shown
from resnet_inspect.analysis.failure.facts import Diagnosis, Facts, Given
from resnet_inspect.traces.ops import Conv, Elementwise, Window
from resnet_inspect.traces.tensors import Shape

MUST_BE_EQUAL = "they must be equal in every dimension, or 1"


def residual(facts: Facts, op: Elementwise, finding: str) -> Diagnosis:
    """A branch and a shortcut that meet in unlike shapes, batch and rank being equal."""
    first, second = facts.given[:2]
    # What the other was computed from is an identity; otherwise a branch has more to compute.
    if second.activation in facts.ancestors(first.activation):
        branch, shortcut, is_identity = first, second, True
    elif first.activation in facts.ancestors(second.activation):
        branch, shortcut, is_identity = second, first, True
    else:
        is_first = _work(facts, first, second) < _work(facts, second, first)
        shortcut, branch = (first, second) if is_first else (second, first)
        is_identity = False
    have, want = shortcut.spec.shape, branch.spec.shape
    if op.name != "add":
        return Diagnosis(finding, MUST_BE_EQUAL)
    padding = _lost_border(facts, branch, want, have)
    if padding is not None:
        return Diagnosis(f"the branch makes {shown(want[1:])} of {shown(have[1:])}", padding)
    meet = f"the branch gives {shown(want[1:])}, the shortcut {shown(have[1:])}"
    stride = _stride(have[2:], want[2:])
    if stride is None:
        return Diagnosis(meet, "give both paths the same kernel, stride and padding in total")
    channels = f"from {have[1]:,} to {want[1]:,} channels" if have[1] != want[1] else ""
    strided = f"stride {shortest(stride)}" if set(stride) != {1} else ""
    if is_identity:
        changes = " and ".join(part for part in (channels, strided) if part)
        projection = (
            f"a 1×1 convolution {changes}" if channels else (f"a 1×1 convolution with {changes}")
        )
        projection = projection.replace("channels and stride", "channels with stride")
        return Diagnosis(meet, f"the shortcut needs a projection: {projection}")
    shared = facts.ancestors(branch.activation)
    maker = next(
        (
            call
            for call in facts.chain(shortcut.activation)
            if isinstance(call.op, Conv) and call.outputs[0].activation not in shared
        ),
        None,
    )
    who = f"the projection {facts.named(maker)}" if maker is not None else "the shortcut"
    needs = [f"{want[1]:,} out_channels"] if channels else []
    if strided and maker is not None and isinstance(maker.op, Conv):
        total = tuple(s * w for s, w in zip(stride, maker.op.window.stride, strict=False))
        needs.append(f"stride {shortest(total)}")
    elif strided:
        needs.append(strided)
    return Diagnosis(meet, f"{who} needs {' and '.join(needs)}")


def _work(facts: Facts, path: Given, other: Given) -> tuple[int, int]:
    """The kernels of a path from where it parts from the other, and its steps: 1×1 is the least."""
    shared = facts.ancestors(other.activation)
    own = [n for n in (path.activation, *facts.ancestors(path.activation)) if n not in shared]
    calls = [call for call in map(facts.before, own) if call is not None]
    kernels = [prod(c.op.window.kernel_size) for c in calls if isinstance(c.op, Conv)]
    return sum(kernels), len(own)


def _lost_border(facts: Facts, branch: Given, want: Shape, have: Shape) -> str | None:
    """The mend for a branch whose map lost a few rows that its padding would have kept."""
    less = [h - w for h, w in zip(have[2:], want[2:], strict=True)]
    if (
        want[1] != have[1]
        or not less
        or not all(0 <= n < h / 2 for n, h in zip(less, have[2:], strict=True))
    ):
        return None
    for call in facts.chain(branch.activation):
        window = getattr(call.op, "window", None)
        if not isinstance(window, Window):
            continue
        kept = tuple(
            d * (k - 1) // 2 for d, k in zip(window.dilation, window.kernel_size, strict=True)
        )
        if any(p < k for p, k in zip(window.padding, kept, strict=True)):
            return f"{facts.named(call)} needs padding {shortest(kept)}"
    return None


def _stride(have: Shape, want: Shape) -> Shape | None:
    """The stride of a 1×1 convolution from one map to the other; None if no stride does it."""
    if any(w < 1 or h < w for h, w in zip(have, want, strict=True)):
        return None
    steps = tuple(-(-h // w) for h, w in zip(have, want, strict=True))
    fits = all((h - 1) // s + 1 == w for h, w, s in zip(have, want, steps, strict=True))
    return steps if fits else None
