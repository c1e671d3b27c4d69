"""The lesson of one call: what its op does, and the arithmetic behind its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from resnet_inspect.analysis import failure
from resnet_inspect.analysis.counts import arithmetic, parameters
from resnet_inspect.analysis.counts.arithmetic import Equation
from resnet_inspect.analysis.geometry.receptive_field import Number, ReceptiveField
from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Container,
    Conv,
    Create,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Pool,
    Reduce,
    Resample,
    Reshape,
    Unknown,
    Window,
    same_values,
    window_of,
)
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.lessons import amounts, blocks, page
from resnet_inspect.views.lessons.page import Reading, Section, section, sentence
from resnet_inspect.views.words import text


def sections(survey: Survey, call: Call, width: int, ascii: bool) -> tuple[Section, ...]:
    """The sections of a call's lesson; drawings take at most `width` columns."""
    trace = survey.trace
    if isinstance(call.op, Container):
        return _of_container(survey, call, width, ascii)
    return page.filled(
        section("what it does", (*_raised(trace, call), *_does(trace, call)), *_readings(call)),
        section("its shape", _shape(trace, call)),
        section("its parameters", _parameters(survey, call)),
        section("its work and memory", (*_work(survey, call), *_memory(survey, call))),
        section(
            "what one element sees",
            _sees(survey, call),
            page.RECEPTIVE_FIELD,
            drawing=drawings.field(survey, call.index, width, ascii),
        ),
        section("its place", _place(survey, call), *_place_readings(survey, call)),
    )


def _of_container(survey: Survey, call: Call, width: int, ascii: bool) -> tuple[Section, ...]:
    trace = survey.trace
    last = trace.last_descendant[call.index]
    steps = trace.steps_within(call.index + 1, last)
    inner = len(trace.children[call.index])
    does = [f"It computes nothing itself: it makes {text.count(inner, 'call')}."]
    if inner != len(steps):
        does.append(f"In all {text.count(len(steps), 'step')} lie within it.")
    if call.inputs and call.outputs:
        does.append(_from_to(trace, call))
    sees = [
        line
        for port in call.outputs[:1]
        for line in (
            amounts.growth(survey, call.inputs[0].activation, port.activation)
            if call.inputs
            else amounts.sees(survey, port.activation)
        )
    ]
    drawing = drawings.field(survey, call.index, width, ascii) if call.outputs else ()
    return page.filled(
        section("what it does", does),
        section("its cost", amounts.costs(survey, survey.amounts(call.index, last))),
        section("what one element sees", sees, page.RECEPTIVE_FIELD, drawing=drawing),
        section("its place", _place(survey, call)),
    )


# What it does.


def _raised(trace: Trace, call: Call) -> Iterator[str]:
    if trace.failure is not None and trace.failure.call == call.index:
        yield f"The forward pass raised here: {failure.sentence(trace)}."


def _does(trace: Trace, call: Call) -> Iterator[str]:
    given = trace.spec(call.inputs[0]).shape if call.inputs else ()
    match call.op:
        case Conv(transposed=True) as op:
            taps = text.sizes(op.window.kernel_size)
            yield (
                f"A transposed convolution: each input element is spread over a window of {taps}"
                " output elements, weighted, and where windows overlap they are added."
            )
            yield (
                f"With stride {text.alike(op.window.stride)} the windows of two neighbours lie"
                " that far apart in the output."
            )
        case Conv() as op:
            yield from _convolves(op)
        case Pool(kind=kind, window=window):
            yield from _pools(kind, window)
        case AdaptivePool(kind=kind, output_size=wanted):
            yield _pools_to(kind, wanted, given)
        case Norm() as op:
            yield from _normalises(trace, call, op, given)
        case Linear(in_features=features, out_features=made):
            yield (
                f"A fully connected layer: each of its {text.integer(made)} outputs is a weighted"
                f" sum of all {text.integer(features)} inputs."
            )
            if len(given) > 2:
                yield "It does so at every position of the dimensions before the last."
        case Activate(name="relu"):
            yield "ReLU: each element stays where it is positive and becomes zero where it is not."
            yield "Without a nonlinearity between them, two convolutions could be made one."
        case Activate(name=name):
            yield f"It applies {name}."
        case Elementwise(name="add") if len(call.inputs) > 1:
            yield f"It adds {len(call.inputs)} tensors, element by element."
        case Elementwise(name="dropout" | "drop path" as name):
            yield from _drops(trace, call, name)
        case Elementwise(name="identity"):
            yield "It hands on its input as it is."
        case Elementwise(name=name):
            tensors = text.count(len(call.inputs), "tensor")
            yield f"Arithmetic on the elements of {tensors}: {name}."
        case Join(name=name, dim=dim):
            along = "channels" if dim == 1 else f"dimension {dim}, counted from 0"
            tensors = text.count(len(call.inputs), "tensor")
            verb = "stacks" if name == "stack" else "puts"
            yield f"It {verb} {tensors} side by side, along {along}: nothing is added up."
        case Reshape(name=name):
            yield from _reshapes(trace, call, name)
        case Reduce(name=name):
            yield f"It makes many elements few: {name}."
        case Resample(name=name):
            yield f"It resizes the map without a weight: {name}."
        case Attention(heads=heads, embed_dim=wide):
            yield (
                f"Attention with {text.count(heads, 'head')} of {wide // max(heads, 1)} features:"
                " each position takes a weighted mean of the others, with weights that are computed"
                " from the positions themselves."
            )
        case MatMul(name=name):
            yield f"A product of two tensors that are both computed: {name}."
        case Create(name=name):
            yield f"It makes a tensor from no other one: {name}."
        case Unknown(name=name, reason=reason):
            yield f"{name} is not understood: {reason}."
            yield "What follows is what can be said without knowing what it does."


def _convolves(op: Conv) -> Iterator[str]:
    window = op.window
    taps, stride = text.sizes(window.kernel_size), text.alike(window.stride)
    filters, each = text.count(op.out_channels, "filter"), op.in_channels // op.groups
    seen = f"all {op.in_channels} channels" if each > 1 else "the one channel there is"
    if op.groups > 1:
        seen = f"{each} of the {op.in_channels} channels" if each > 1 else "a single channel"
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


def _pools(kind: str, window: Window) -> Iterator[str]:
    taps = text.sizes(window.kernel_size)
    what = {"max": "the largest", "avg": "the mean"}.get(kind, f"the {kind} norm")
    yield (
        f"{kind.capitalize()} pooling: in each channel by itself, {what} of a {taps} window, in"
        f" steps of {text.alike(window.stride)}."
    )
    pairs = list(zip(window.kernel_size, window.stride, strict=True))
    if all(k > s for k, s in pairs):
        yield "The windows overlap, since they are larger than the step."


def _pools_to(kind: str, wanted: tuple[int | None, ...], given: Shape) -> str:
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


def _normalises(trace: Trace, call: Call, op: Norm, given: Shape) -> Iterator[str]:
    module = None if call.module is None else trace.module_at[call.module]
    if op.kind != "batch":
        over = {
            "group": "groups of channels of one sample",
            "layer": f"{text.integer(op.num_features)} features of one sample",
            "instance": "one channel of one sample",
        }.get(op.kind)
        if over is None:
            yield f"{op.kind.capitalize()} normalisation."
        else:
            yield (
                f"{op.kind.capitalize()} normalisation: mean and variance are taken over {over}, so"
                " that the rest of the batch does not matter."
            )
        return
    keeps = module is not None and any(b.name == "running_mean" for b in module.buffers)
    if module is not None and keeps and not module.training:
        yield (
            "Batch normalisation in eval mode: from each channel the mean kept in training is taken"
            " off, the rest is divided by the deviation kept, then scaled and shifted. These"
            " numbers are fixed, so together they are one scale and one shift for each channel."
        )
    elif module is not None and module.training and len(given) > 1:
        sizes = (given[0], *given[2:])
        working = "·".join(map(str, sizes))
        yield (
            "Batch normalisation in training: from each channel its mean is taken off, the rest is"
            f" divided by its deviation, both over the {working} = {text.integer(prod(sizes))}"
            " numbers that the batch has of it, then scaled and shifted."
        )
    else:
        yield "Batch normalisation: each channel is centred, divided by its deviation, and scaled."


def _drops(trace: Trace, call: Call, name: str) -> Iterator[str]:
    module = None if call.module is None else trace.module_at[call.module]
    what = "samples" if name == "drop path" else "parts of its input"
    training = trace.provenance.mode == "train" if module is None else module.training
    if training:
        yield f"In training it drops {what} at random."
    else:
        yield (
            "In eval mode it hands on its input as it is; in training it would drop"
            f" {what} at random."
        )


def _reshapes(trace: Trace, call: Call, name: str) -> Iterator[str]:
    if not call.inputs or not call.outputs:
        return
    before, after = trace.spec(call.inputs[0]).elements, trace.spec(call.outputs[0]).elements
    if name == "pad":
        yield f"It pads the map: {text.integer(after - before)} elements are new."
    elif before == after:
        yield f"{name.capitalize()}: the same {text.integer(after)} elements, laid out differently."
    else:
        yield f"{name.capitalize()}: {text.integer(after)} of {text.integer(before)} elements."


def _readings(call: Call) -> tuple[Reading, ...]:
    match call.op:
        case Conv(transposed=True):
            return (page.TRANSPOSED,)
        case Conv(groups=groups, in_channels=channels, window=window):
            found = []
            if groups > 1:
                found.append(page.DEPTHWISE if groups == channels else page.GROUPS)
            if set(window.dilation) != {1}:
                found.append(page.DILATION)
            return tuple(found)
        case Norm(kind="batch"):
            return (page.BATCH_NORM,)
        case AdaptivePool(output_size=wanted) if set(wanted) == {1}:
            return (page.GLOBAL_POOL,)
        case _:
            return ()


# Its shape.


def _shape(trace: Trace, call: Call) -> Iterator[str]:
    if not call.outputs:
        return
    equations = arithmetic.size_equations(trace, call)
    for equation in equations:
        note = f" ({equation.note})" if equation.note else ""
        yield f"{sentence(equation.what)[:-1]}: {equation.text}{note}."
    op = call.op
    if isinstance(op, Conv | Pool) and equations and not (isinstance(op, Conv) and op.transposed):
        yield (
            "That is: the room for the window to move in, which is the input with its padding less"
            " the window's reach, in steps of the stride, and one more for where it begins."
        )
    if call.inputs:
        yield _from_to(trace, call)
    if isinstance(op, Conv) and call.inputs:
        yield f"Each of the {op.out_channels} filters makes one channel of the output."
        if _keeps_size(trace, call, op.window):
            yield (
                f"At stride 1 a padding of {text.alike(op.window.padding)} makes up for what a"
                f" window of {text.alike(op.window.kernel_size)} would take off the border: the"
                " size stays."
            )
    if isinstance(op, Pool | AdaptivePool):
        yield "A pool leaves the number of channels as it is."


def _from_to(trace: Trace, call: Call) -> str:
    before, after = trace.spec(call.inputs[0]).shape, trace.spec(call.outputs[0]).shape
    if before == after:
        return f"The shape stays {text.shape(after)}."
    return f"{text.shape(before)} becomes {text.shape(after)}."


def _keeps_size(trace: Trace, call: Call, window: Window) -> bool:
    dimensions = len(window.kernel_size)
    before, after = trace.spec(call.inputs[0]).shape, trace.spec(call.outputs[0]).shape
    return (
        before[-dimensions:] == after[-dimensions:]
        and set(window.stride) == set(window.dilation) == {1}
        and min(window.kernel_size) > 1
        and window.padding_after is None
    )


# Its parameters.


def _parameters(survey: Survey, call: Call) -> Iterator[str]:
    trace = survey.trace
    op = call.op
    equations = arithmetic.parameter_equations(trace, call)
    if not equations:
        yield "It has no parameters."
    for equation in equations:
        note = f" ({equation.note})" if equation.note else ""
        why = _why(op, equation)
        yield f"{_named(equation)}: {equation.text}{note}{f': {why}' if why else ''}."
    if isinstance(op, Conv) and op.groups > 1 and op.in_channels % op.groups == 0:
        alone = alternatives.weight(op.in_channels, op.out_channels, op.window.kernel_size)
        yield (
            f"With one group the weight would have {alone.text} elements: {op.groups} groups divide"
            f" weights and work by {op.groups}."
        )
    if isinstance(op, Conv) and not op.bias and _normed_next(trace, call):
        yield (
            "It has no bias: the batch normalisation behind it takes off each channel's mean, and a"
            " bias with it, and has a shift of its own."
        )
    yield from _buffers(trace, call)
    held = survey.amounts(call.index, trace.last_descendant[call.index])
    if held.parameters:
        part = text.share(held.parameters / survey.whole.parameters)
        whole = text.integer(survey.whole.parameters)
        yield f"That is {part} of the network's {whole} parameters."
        if held.trainable == 0:
            yield "They are frozen: training does not change them."
    elif equations:
        yield "They count once in the totals, at another call that computes with them."


def _named(equation: Equation) -> str:
    return "Together" if equation.what == "parameters" else equation.what


def _why(op: object, equation: Equation) -> str:
    """What the factors of a weight or bias stand for."""
    name = equation.what.rpartition(".")[2]
    match op:
        case Conv(transposed=False) if name.startswith("weight"):
            each = op.in_channels // max(op.groups, 1)
            taps = text.sizes(op.window.kernel_size)
            if equation.value != op.out_channels * each * prod(op.window.kernel_size):
                return ""
            return f"{op.out_channels} filters, {text.count(each, 'channel')} each, {taps} taps"
        case Linear() if name == "weight" and equation.value == op.in_features * op.out_features:
            return "one for each pair of an output and an input"
        case Conv(out_channels=made) | Linear(out_features=made) if (
            name == "bias" and equation.value == made
        ):
            return "one for each output"
        case Norm(num_features=features) if equation.value == features:
            return {"weight": "one scale for each", "bias": "one shift for each"}.get(name, "")
        case _:
            return ""


def _normed_next(trace: Trace, call: Call) -> bool:
    takers = [t for port in call.outputs for t in trace.consumers.get(port.activation, ())]
    ops = [trace.calls[taker].op for taker in takers]
    return len(ops) == 1 and isinstance(ops[0], Norm) and ops[0].kind == "batch"


def _buffers(trace: Trace, call: Call) -> Iterator[str]:
    if call.module is None or not isinstance(call.op, Norm):
        return
    buffers = {b.name: b for b in trace.module_at[call.module].buffers}
    if {"running_mean", "running_var"} <= set(buffers):
        kept = buffers["running_mean"].tensor.elements
        yield (
            f"It also keeps a running mean and variance, 2·{kept} = {text.integer(2 * kept)}"
            " numbers that are measured in training and not learned."
        )


# Its work and memory.


def _work(survey: Survey, call: Call) -> Iterator[str]:
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
        for equation in arithmetic.mac_equations(trace, call):
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


def _memory(survey: Survey, call: Call) -> Iterator[str]:
    trace = survey.trace
    if not call.outputs:
        return
    written = sum(trace.spec(port).nbytes for port in call.outputs)
    storages = {trace.activations[port.activation].storage for port in call.inputs}
    if all(trace.activations[port.activation].storage in storages for port in call.outputs):
        yield f"Its output ({text.nbytes(written)}) is in the memory of its input: none is added."
    else:
        yield f"Its output takes {text.nbytes(written)}."


# What one element sees.


def _sees(survey: Survey, call: Call) -> Iterator[str]:
    if not call.outputs:
        return
    made = call.outputs[0].activation
    yield from amounts.sees(survey, made)
    window = window_of(call.op)
    after = survey.receptive_fields.get(made)
    if window is None or not call.inputs or after is None or after.whole or _is_transposed(call):
        return
    dimensions = len(window.kernel_size)
    before = survey.receptive_fields.get(call.inputs[0].activation) or ReceptiveField(
        (1,) * dimensions, (1,) * dimensions, (0,) * dimensions
    )
    if before.whole or len(before.size) != dimensions:
        return
    lines = {
        _grown(*numbers)
        for numbers in zip(
            before.size, window.kernel_size, window.dilation, before.jump, after.size, strict=True
        )
    }
    steps = {_stepped(*n) for n in zip(before.jump, window.stride, after.jump, strict=True)}
    if len(lines) == len(steps) == 1 and None not in lines | steps:
        yield (
            f"It follows from the layer before: {lines.pop()}, the field before plus the window's"
            f" further taps, each a jump apart; and the jump {steps.pop()}, that before times the"
            " stride."
        )


def _grown(size: Number, k: int, d: int, jump: Number, after: Number) -> str | None:
    if size + (k - 1) * d * jump != after:
        return None
    spread = f"·{d}" if d != 1 else ""
    return f"{text.plain(size)} + ({k} − 1){spread}·{text.plain(jump)} = {text.plain(after)}"


def _stepped(jump: Number, stride: int, after: Number) -> str | None:
    if jump * stride != after:
        return None
    return f"{text.plain(jump)}·{stride} = {text.plain(after)}"


def _is_transposed(call: Call) -> bool:
    return isinstance(call.op, Conv) and call.op.transposed


# Its place.


def _place(survey: Survey, call: Call) -> Iterator[str]:
    trace = survey.trace
    alike = trace.calls_at[call.path]
    if len(alike) > 1:
        place = f"the {text.ordinal(call.nth)} of {text.count(len(alike), 'call')}"
        kind = "this module" if call.module is not None else "this name"
        yield f"It is {place} of {kind}{_same_weights(survey, call)}."
    block = blocks.around(survey, call.index)
    if block is None:
        return
    name = blocks.name(survey, block)
    if call.index == block.add:
        yield f"It is the residual add of {name}: branch plus {block.shortcut_name} shortcut."
        yield blocks.why(survey, block)
        yield from blocks.gradient(survey, block)
    elif call.index in block.branch:
        convolutions = alternatives.convolutions(survey, block)
        where = f"It is on the branch of {name}, a {block.kind} block"
        if call.index in convolutions:
            number = text.ordinal(convolutions.index(call.index) + 1)
            many = text.count(len(convolutions), "convolution")
            where = f"It is the {number} of {many} on the branch of {name}, a {block.kind} block"
            if len(convolutions) == 1:
                where = f"It is the convolution on the branch of {name}, a {block.kind} block"
        yield f"{where}."
        stride = alternatives.stride(survey, block)
        if stride is not None and call.index in (stride.first, stride.wide):
            yield from blocks.where_the_stride_is(survey, block)
    elif call.index in block.bypass:
        yield f"It is on the shortcut of {name}."
        yield blocks.why(survey, block)
    elif call.index > block.add and not isinstance(call.op, Container):
        yield f"It comes after the add of {name}, on the sum."
        if isinstance(call.op, Activate) and not same_values(call.op):
            yield "The shortcut passes through it too: it is no part of the branch."


def _same_weights(survey: Survey, call: Call) -> str:
    held = 0
    if call.module is not None:
        held = parameters.of_module(survey.trace, call.module).total
    return "; all have the same weights" if held else ""


def _place_readings(survey: Survey, call: Call) -> tuple[Reading, ...]:
    block = blocks.around(survey, call.index)
    if block is None:
        return ()
    if call.index == block.add:
        return (page.SHORTCUTS, page.IDENTITY)
    stride = alternatives.stride(survey, block)
    if stride is not None and call.index in (stride.first, stride.wide):
        return (page.BOTTLENECK, page.STRIDE)
    return (page.SHORTCUT_OPTIONS,) if call.index in block.bypass else ()
