"""The card of one call: its place, its settings, what it takes and gives, and all its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.counts import arithmetic, parameters
from resnet_inspect.analysis.failure import sentence
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Attention,
    Container,
    Conv,
    Join,
    Linear,
    Norm,
    Recurrent,
    Unknown,
    window_of,
)
from resnet_inspect.views.cards import entries
from resnet_inspect.views.cards.card import Card, Entry, Section, filled
from resnet_inspect.views.cards.entries import cell, entry
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import block_line, call_line
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import op_text


def card(survey: Survey, index: int, width: int, height: int, ascii: bool) -> Card:
    """The card of the call with this index."""
    call = survey.trace.calls[index]
    line = call_line(survey, call)
    window = window_of(call.op)
    op = cell(survey, line, "op")
    taps = op_text(call.op).removeprefix(op).removeprefix(",").strip()
    titles = [op if window is None else f"{op} {taps}"]
    titles.append(cell(survey, line, "class_name"))
    seen = drawings.field(survey, call.index, width, ascii)
    equations = [
        entry(e.what, e.text + (f" ({e.note})" if e.note else ""))
        for e in arithmetic.of_call(survey.trace, call)
    ]
    return filled(
        entries.name(survey, call) if call.path else survey.trace.model_name,
        " · ".join(" ".join(title.split()) for title in titles if title),
        Section("place", tuple(_where(survey, call))),
        Section("window" if window else "settings", tuple(_settings(survey, line))),
        Section("input", tuple(_taken(survey, call))),
        Section("output", tuple(_given(survey, call))),
        Section("calls", tuple(entries.inner_calls(survey, call))),
        Section("parameters", tuple(_weights(survey, call, line))),
        Section("work", tuple(entries.work(survey, line))),
        Section("memory", tuple(_memory(survey, call, line))),
        Section("receptive field", tuple(_field(survey, line)), tuple(seen)),
        Section("arithmetic", tuple(equations)),
        Section("remarks", tuple(_remarks(survey, call, line))),
    )


def _where(survey: Survey, call: Call) -> Iterator[Entry]:
    trace = survey.trace
    alike = trace.calls_at[call.path]
    if len(alike) > 1:
        yield entry("call", f"{text.ordinal(call.nth)} of {text.count(len(alike), 'call')}")
        for other in alike:
            if abs(trace.calls[other].nth - call.nth) == 1:
                which = "next" if trace.calls[other].nth > call.nth else "previous"
                yield entry(f"{which} call", entries.name(survey, trace.calls[other]), other)
    stage = survey.anatomy.stage_at(call.index)
    if stage is not None:
        yield entry("stage", entries.stage_name(stage), stage)
        block = stage.block_at(call.index)
        if block is not None:
            yield entry("block", _block_name(survey, block), block)
            role = _role(survey, call, block.part_at(call.index))
            if role:
                yield entry("role", role)
    if call.parent:
        parent = trace.calls[call.parent]
        yield entry("inside", entries.name(survey, parent), call.parent)
    yield from entries.python_class(survey, call)


def _block_name(survey: Survey, block: Block) -> str:
    return f"{cell(survey, block_line(survey, block), 'path')}, {block.kind}, {block.shortcut}"


def _role(survey: Survey, call: Call, block: Block) -> str:
    if call.index == block.add:
        return f"adds the {block.shortcut_name} shortcut to the branch"
    if call.index in block.branch:
        return "on the branch"
    if call.index in block.bypass:
        return "on the shortcut"
    return "after the add" if call.index > block.add and call.index != block.call else ""


def _settings(survey: Survey, line: Line) -> Iterator[Entry]:
    op = line.op
    if op is not None and window_of(op) is not None:
        for key in ("kernel_size", "stride", "padding", "dilation", "ceil_mode"):
            if key != "ceil_mode" or not isinstance(op, Conv):
                yield entries.of_column(survey, line, key)
    match op:
        case Conv():
            for key in ("in_channels", "out_channels", "groups", "bias"):
                yield entries.of_column(survey, line, key)
            if op.transposed:
                yield entry("output pad", text.sizes(op.output_padding) or "0")
        case Linear():
            yield entry("in features", str(op.in_features))
            yield entry("out features", str(op.out_features))
            yield entries.of_column(survey, line, "bias")
        case Norm() if op.num_features:
            yield entry("features", str(op.num_features))
        case AdaptivePool():
            wanted = ("as is" if size is None else str(size) for size in op.output_size)
            yield entry("output size", "×".join(wanted))
        case Attention():
            yield entry("heads", str(op.heads))
            yield entry("width", str(op.embed_dim))
        case Recurrent():
            yield entry("in features", str(op.input_size))
            yield entry("hidden", str(op.hidden_size))
            yield entry("layers", str(op.layers))
            yield entry("both ways", "yes" if op.bidirectional else "no")
            if op.projection:
                yield entry("projected to", str(op.projection))
        case Join():
            yield entry("dimension", str(op.dim))
        case _:
            return


def _taken(survey: Survey, call: Call) -> Iterator[Entry]:
    given = {port.activation for port in survey.trace.inputs}
    for port in call.inputs:
        yield entries.tensor(survey, "in", port)
        maker = survey.trace.producer.get(port.activation)
        if maker is not None:
            yield entry("from", entries.name(survey, survey.trace.calls[maker]), maker)
        else:
            source = "the network's input" if port.activation in given else "outside"
            yield entry("from", source, "network" if port.activation in given else None)


def _given(survey: Survey, call: Call) -> Iterator[Entry]:
    end = survey.trace.last_descendant[call.index]
    returned = {port.activation for port in survey.trace.outputs}
    for port in call.outputs:
        yield entries.tensor(survey, "out", port)
        for taker in survey.trace.consumers.get(port.activation, ()):
            if taker > end:
                yield entry("to", entries.name(survey, survey.trace.calls[taker]), taker)
        if port.activation in returned and call.index:
            yield entry("to", "the network's output", "network")


def _weights(survey: Survey, call: Call, line: Line) -> Iterator[Entry]:
    trace = survey.trace
    amounts = line.amounts
    if call.module is not None:
        held = parameters.of_module(trace, call.module)
        if held.total and not amounts.parameters:
            yield entry("parameters", text.integer(held.total))
            yield entry("trainable", text.integer(held.trainable))
            if held.frozen:
                yield entry("frozen", text.integer(held.frozen))
            first = _first_with(survey, call.module)
            if first is not None and first != call.index:
                yield entry("counted at", entries.name(survey, trace.calls[first]), first)
            else:
                yield entry("counted at", "another call")
            return
        buffers = sum(b.tensor.elements for m in parameters.subtree(trace, call.module)
                      for b in m.buffers if b.same_as is None)  # fmt: skip
    else:
        buffers = 0
    if amounts.parameters:
        yield from entries.counts(survey, line)
    if buffers:
        yield entry("buffers", text.integer(buffers))


def _first_with(survey: Survey, path: str) -> int | None:
    """The first call of a module, or of the module that holds the tensors that it is tied to."""
    trace = survey.trace
    paths = [path]
    for module in parameters.subtree(trace, path):
        tied = (p.same_as for p in module.parameters if p.same_as is not None)
        paths += [name.rpartition(".")[0] for name in tied]
    found = (call.index for call in trace.calls if call.module in paths)
    return next((index for index in found if survey.parameters[index].total), None)


def _memory(survey: Survey, call: Call, line: Line) -> Iterator[Entry]:
    trace = survey.trace
    yield entry("writes", cell(survey, line, "activation_bytes"))
    yield entry("holds", cell(survey, line, "activation_bytes_distinct"))
    if isinstance(call.op, Container) or not call.outputs:
        return
    shared = cell(survey, line, "in_place")
    if shared:
        yield entry("in place", shared)
    storage = trace.activations[call.outputs[0].activation].storage
    own = {port.activation for port in call.outputs}
    makers = dict.fromkeys(
        trace.producer.get(number) for number in trace.sharing[storage] if number not in own
    )
    for maker in makers:
        if maker is None:
            yield entry("shares memory with", "the network's input or a constant")
        elif maker != call.index:
            yield entry("shares memory with", entries.name(survey, trace.calls[maker]), maker)


def _field(survey: Survey, line: Line) -> Iterator[Entry]:
    for key in ("receptive_field", "jump", "start"):
        written = cell(survey, line, key)
        if written:
            yield entry("size" if key == "receptive_field" else key, written)


def _remarks(survey: Survey, call: Call, line: Line) -> Iterator[Entry]:
    if isinstance(call.op, Unknown):
        yield entry("not understood", call.op.reason)
    elif survey.macs[call.index] is None:
        yield entry("not counted", "no rule for its multiply-accumulates")
    if survey.trace.failure is not None and survey.trace.failure.call == call.index:
        yield entry("raised", sentence(survey.trace))
