"""What a block does: what goes into its sum, and what is applied to that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Conv, Linear, same_values
from resnet_inspect.views.lessons import page
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import op_name


def sentences(survey: Survey, block: Block) -> Iterator[str]:
    """What goes into the sum of a block, by which layers, and what is applied to it."""
    shape = text.shape(survey.trace.spec(survey.trace.calls[block.add].outputs[0]).shape)
    if block.sums:
        yield from _does_several(survey, block)
        return
    yield (
        "Its input goes two ways, through the branch and over the shortcut, and it gives their"
        f" {_total(survey, block)}, both {shape}."
    )
    steps = alternatives.convolutions(survey, block)
    ops = [op for s in steps if isinstance(op := survey.trace.calls[s].op, Conv)]
    taps = [text.sizes(op.window.kernel_size) for op in ops]
    if block.kind == "bottleneck" and len(ops) == 3:
        given, narrow, made = ops[0].in_channels, ops[1].in_channels, ops[2].out_channels
        verb = "narrows" if narrow < given else "widens" if narrow > given else "keeps"
        to = "" if narrow == given else f" to {narrow}"
        yield (
            f"It is a bottleneck: a {taps[0]} convolution {verb} {given} channels{to}, a {taps[1]}"
            f" works on those, and a {taps[2]} makes {made} of them."
        )
    elif ops:
        kind = "a basic block" if block.kind == "basic" else "a residual block"
        yield f"It is {kind}: on its branch {_convolutions(taps)}."
    if any(isinstance(survey.trace.calls[s].op, Conv | Linear) for s in _of_gate(survey, block)):
        yield (
            "A map on its branch is scaled by a gate. The layers that compute the gate are on no"
            " way through the block."
        )
    yield from _applies(survey, block)


def _of_gate(survey: Survey, block: Block) -> Iterator[int]:
    return (step for step in block.branch if step in survey.of_gates)


def _does_several(survey: Survey, block: Block) -> Iterator[str]:
    """What a block of several sums does: one after the other, or of streams side by side."""
    in_a_row = block.add == block.sums[-1].add
    how = "one after the other" if in_a_row else "of maps side by side"
    yield f"It is a {block.kind} block of {len(block.sums)} sums, {how}."
    for number, part in enumerate(block.sums, start=1):
        named = (op_name(survey.trace.calls[step].op) for step in part.branch)
        layers = list(dict.fromkeys(name for name in named if name in _LAYERS))
        ways = f", with {page.listed(layers)} on the branch" if layers else ""
        shape = text.shape(survey.trace.spec(survey.trace.calls[part.add].outputs[0]).shape)
        yield f"The {text.ordinal(number)} is the {_total(survey, part)}, both {shape}{ways}."
        after = applied(survey, part)
        if after:
            yield f"To it the block applies {page.listed(after)}."


_LAYERS = {"attention", "conv", "linear", "matmul", "max pool", "avg pool", "softmax"}


def _total(survey: Survey, block: Block) -> str:
    """What a sum is of its two ways: "sum: x + F(x)"."""
    call = survey.trace.calls[block.add]
    shortcut = "W·x" if block.shortcut == "projection" else "x"
    name = getattr(call.op, "name", "")
    if name == "lerp":
        return f"mean by weights: (1 - w)·{shortcut} + w·F(x)"
    if name == "sub":
        ways = (shortcut, "F(x)") if is_subtracted(survey, block, "branch") else ("F(x)", shortcut)
        return f"difference: {' - '.join(ways)}"
    ways = ("F(x)", shortcut) if block.shortcut == "projection" else (shortcut, "F(x)")
    return f"sum: {' + '.join(ways)}"


def is_subtracted(survey: Survey, block: Block, way: str) -> bool:
    """Whether the branch, or the shortcut, is what is subtracted from the other."""
    call = survey.trace.calls[block.add]
    if getattr(call.op, "name", "") != "sub":
        return False
    made = {port.activation for s in block.branch for port in survey.trace.calls[s].outputs}
    of_branch = call.inputs[-1].activation in made
    return of_branch == (way == "branch")


def _applies(survey: Survey, block: Block) -> Iterator[str]:
    after = applied(survey, block)
    yield (
        f"To the sum it applies {page.listed(after)}."
        if after
        else "It applies nothing to the sum."
    )


def of_each(block: Block, say: Callable[[Block], Iterator[str]]) -> Iterator[str]:
    """What is said of a block's sum; of several, of each where it is not the same."""
    said = [tuple(say(part)) for part in block.parts]
    if len(set(said)) == 1:
        yield from said[0]
        return
    for number, sentences in enumerate(said, start=1):
        for one in sentences:
            yield f"At its {text.ordinal(number)} sum: {one[0].lower()}{one[1:]}"


def applied(survey: Survey, block: Block) -> list[str]:
    """What follows the add within the block and changes values, in order."""
    found = []
    at = survey.trace.calls[block.add].outputs[0].activation
    while at != block.output:
        taker = survey.trace.calls[survey.trace.consumers[at][0]]
        if not same_values(taker.op):
            found.append(op_name(taker.op))
        at = taker.outputs[0].activation
    return found


def _convolutions(taps: Sequence[str]) -> str:
    """Convolutions by their windows: "2 convolutions of 3×3", "a 1×1 convolution"."""
    if len(taps) == 1:
        return f"a {taps[0]} convolution"
    many = f"{len(taps)} " if len(set(taps)) == 1 else ""
    return f"{many}convolutions of {page.listed(taps[:1] if many else taps)}"
