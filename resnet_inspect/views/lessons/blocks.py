"""The lesson of a residual block: its two ways, its shortcut, its width, its stride."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.alternatives import Alternative
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Conv, Linear, Norm, same_values
from resnet_inspect.views.cards.block import why as shortcut_needs
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.lessons import amounts, page, strides
from resnet_inspect.views.lessons.page import Section, section, sentence
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import op_name


def sections(survey: Survey, block: Block, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of a block's lesson; drawings take at most `width` columns."""
    return page.filled(
        section(
            "what it does",
            _does(survey, block),
            page.SHORTCUTS,
            drawing=drawings.block(survey, block, width, ascii),
        ),
        section("its shortcut", _shortcut(survey, block), page.SHORTCUT_OPTIONS),
        section("its width", _width(survey, block), page.BOTTLENECK),
        section("its stride", strides.of_block(survey, block), page.BOTTLENECK, page.STRIDE),
        section("the gradient", gradient(survey, block), page.IDENTITY),
        section(
            "its cost",
            amounts.of_spans(survey, [(run.first, run.last) for run in block.every_run]),
        ),
        section(
            "what one element sees",
            amounts.growth(survey, block.input, block.output),
            page.RECEPTIVE_FIELD,
        ),
    )


def around(survey: Survey, call: int) -> Block | None:
    """The block that the call with this index is in."""
    stage = survey.anatomy.stage_at(call)
    return None if stage is None else stage.block_at(call)


def name(survey: Survey, block: Block) -> str:
    """The path of a block; its number where no module holds it alone."""
    if block.call is not None:
        return block.path
    adds = [[part.add for run in b.every_run for part in run.parts] for b in survey.anatomy.blocks]
    return f"block {next(n for n, own in enumerate(adds, start=1) if block.add in own)}"


def _does(survey: Survey, block: Block) -> Iterator[str]:
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
        ways = (shortcut, "F(x)") if _is_subtracted(survey, block, "branch") else ("F(x)", shortcut)
        return f"difference: {' - '.join(ways)}"
    ways = ("F(x)", shortcut) if block.shortcut == "projection" else (shortcut, "F(x)")
    return f"sum: {' + '.join(ways)}"


def _is_subtracted(survey: Survey, block: Block, way: str) -> bool:
    """Whether the branch, or the shortcut, is what is subtracted from the other."""
    call = survey.trace.calls[block.add]
    if getattr(call.op, "name", "") != "sub":
        return False
    made = {port.activation for s in block.branch for port in survey.trace.calls[s].outputs}
    of_branch = call.inputs[-1].activation in made
    return of_branch == (way == "branch")


def is_clean(survey: Survey, block: Block) -> bool:
    """Whether the gradient at the sum comes to the fork over the shortcut as it is."""
    calls = survey.trace.calls
    return (
        block.shortcut == "identity"
        and all(same_values(calls[step].op) for step in block.bypass)
        and getattr(calls[block.add].op, "name", "") != "lerp"
        and not _is_subtracted(survey, block, "shortcut")
    )


def _applies(survey: Survey, block: Block) -> Iterator[str]:
    after = applied(survey, block)
    yield (
        f"To the sum it applies {page.listed(after)}."
        if after
        else ("It applies nothing to the sum.")
    )


def _of_each(block: Block, say: Callable[[Block], Iterator[str]]) -> Iterator[str]:
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


# The shortcut.


def why(survey: Survey, block: Block) -> str:
    """Why the shortcut is what it is, as a sentence."""
    return sentence(shortcut_needs(survey, block))


def a_shortcut(block: Block) -> str:
    """What its shortcut is called: "an identity shortcut", "2 identity shortcuts"."""
    if block.sums:
        names = Counter(part.shortcut_name for part in block.sums)
        return page.listed([text.count(n, f"{name} shortcut") for name, n in names.items()])
    article = "an" if block.shortcut_name.startswith("i") else "a"
    return f"{article} {block.shortcut_name} shortcut"


def _shortcut(survey: Survey, block: Block) -> Iterator[str]:
    yield f"It has {a_shortcut(block)}."
    whole = survey.amounts(block.first, block.last).parameters
    yield from _of_each(block, lambda part: _one_shortcut(survey, part, whole))


def _one_shortcut(survey: Survey, block: Block, whole: int) -> Iterator[str]:
    """Why a shortcut is what it is, and what it holds of the block's parameters."""
    yield why(survey, block)
    calls = survey.trace.calls
    weighted = [step for step in block.bypass if isinstance(calls[step].op, Conv)]
    if block.shortcut == "identity":
        if block.zero_padded:
            yield "Zeros for the planes that the input lacks are option A of the paper."
        if not sum(survey.amounts(step, step).parameters for step in block.bypass):
            yield "The shortcut has no parameter and takes no multiply-accumulate."
        return
    for step in weighted:
        op = calls[step].op
        assert isinstance(op, Conv)
        taps = op.window.kernel_size
        weights = alternatives.weight(op.in_channels, op.out_channels, taps, op.groups)
        stride = set(op.window.stride) != {1}
        with_stride = f" with stride {text.alike(op.window.stride)}" if stride else ""
        yield (
            f"It is a {text.sizes(taps)} convolution{with_stride}: {weights.text} weights,"
            f" {text.integer(survey.macs[step] or 0)} multiply-accumulates."
        )
    own = sum(survey.amounts(step, step).parameters for step in block.bypass)
    if own and whole:
        normed = any(isinstance(calls[step].op, Norm) for step in block.bypass)
        name = "With its norm the shortcut" if normed else "The shortcut"
        yield f"{name} is {text.share(own / whole)} of the block's parameters."


def gradient(survey: Survey, block: Block) -> Iterator[str]:
    """What the shortcut means for the gradient, and what stands in its way."""
    yield from _of_each(block, lambda part: _gradient_of_sum(survey, part))


def _gradient_of_sum(survey: Survey, block: Block) -> Iterator[str]:
    if is_clean(survey, block):
        yield (
            "In the backward pass the gradient at the sum reaches the fork, where branch and"
            " shortcut part, as it is, whatever the branch's weights are; what comes through the"
            " branch is added to it."
        )
    elif block.shortcut == "identity":
        yield (
            "In the backward pass the gradient at the sum reaches the fork, where branch and"
            f" shortcut part, {_as_far_as(survey, block)}."
        )
    else:
        yield (
            "In the backward pass the gradient also passes the shortcut's weights: no way around"
            " this block leaves it as it is."
        )
    after = applied(survey, block)
    if not after:
        yield "Nothing is applied to the sum, so nothing within the block changes it on that way."
    elif "relu" in after:
        yield (
            "The relu behind the add is on every way: it lets the gradient through only where the"
            " sum is positive."
        )
    else:
        yield f"What is applied to the sum ({page.listed(after)}) is on every way."


def _as_far_as(survey: Survey, block: Block) -> str:
    """How an identity that is not plain hands the gradient on."""
    if getattr(survey.trace.calls[block.add].op, "name", "") == "lerp":
        return "scaled by what the shortcut counts in the mean"
    if all(same_values(survey.trace.calls[step].op) for step in block.bypass):
        return "with its sign turned, since the shortcut is subtracted"
    return "as far as the shortcut's layers hand it on; they have no weights"


# Its width.


def _width(survey: Survey, block: Block) -> Iterator[str]:
    found = alternatives.two_wide(survey, block)
    calls = survey.trace.calls
    if found is not None:
        _, wide, last = (calls[s].op for s in alternatives.convolutions(survey, block))
        assert isinstance(wide, Conv)
        assert isinstance(last, Conv)
        taps = text.sizes(wide.window.kernel_size)
        yield (
            f"Its three convolutions have {found.weights.text} weights. Two {taps} convolutions"
            f" that give {last.out_channels} channels would have {found.other_weights.text}:"
            f" {_times(found.weights.value, found.other_weights.value)}."
        )
        yield _in_macs(found)
        narrow = alternatives.weight(wide.in_channels, wide.in_channels, wide.window.kernel_size)
        yield (
            f"Two {taps} convolutions at the width of the middle, {wide.in_channels} channels,"
            f" would have 2·{narrow.working} = {text.integer(2 * narrow.value)}."
        )
        return
    found = alternatives.narrowed(survey, block)
    if found is not None:
        op = calls[alternatives.convolutions(survey, block)[-1]].op
        assert isinstance(op, Conv)
        yield (
            f"Its two convolutions have {found.weights.text} weights. A bottleneck of this width,"
            f" {op.out_channels} channels narrowed to {op.out_channels // 4}, would have"
            f" {found.other_weights.text}:"
            f" {_times(found.weights.value, found.other_weights.value)}."
        )
        yield _in_macs(found)


def _in_macs(found: Alternative) -> str:
    return (
        f"In multiply-accumulates: {text.integer(found.macs)} as it is,"
        f" {text.integer(found.other_macs)} the other way."
    )


def _times(own: int, other: int) -> str:
    """How many times as much the other is."""
    if own == other:
        return "the same"
    high, low = max(own, other), min(own, other)
    ratio = f"{high / low:.1f}" if low else "many"
    return f"{ratio} times as many" if other > own else f"{ratio} times fewer"
