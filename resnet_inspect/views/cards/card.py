"""Cards: all that is known of one call, block, stage, end or of the network, in sections.

A card is plain text in order; the explorer's right-hand panel and the `explain` command arrange
it. An entry that names another place carries that place as its target: `card(survey, target)` is
its card, and `index_of(survey, target)` the call at which to find it. Where a table has a column
for a number, the card has the text of its cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_inspect.analysis.counts import arithmetic, parameters
from resnet_inspect.analysis.failure import sentence
from resnet_inspect.analysis.structure.anatomy import Block, Stage
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
    Unknown,
    window_of,
)
from resnet_inspect.traces.tensors import Port
from resnet_inspect.views.figures import drawings
from resnet_inspect.views.tables import assembly, totals
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import block_line, call_line, sections, stage_line
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import op_text
from resnet_inspect.views.words.text import Value

End = Literal["network", "stem", "head"]
_MOST = 100
"""Blocks, steps or calls that a card lists; it says how many more there are."""

Subject = int | Block | Stage | End
"""What a card is of: the index of a call, a block, a stage, or one of the ends by its name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a card."""

    label: str
    text: str
    target: Subject | None = None
    """What it leads to, if it can be followed."""


@dataclass(frozen=True, slots=True)
class Section:
    """Some entries under a heading, or a drawing."""

    heading: str
    entries: tuple[Entry, ...] = ()
    drawing: tuple[str, ...] = ()
    """Lines to be shown as they are, in a fixed-width font."""


@dataclass(frozen=True, slots=True)
class Card:
    """All that is known of one subject."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def card(
    survey: Survey, subject: Subject, width: int = 40, height: int = 14, ascii: bool = False
) -> Card:
    """The card of a subject; its drawings take at most `width` columns and `height` lines.

    Only the drawing of a block is as high as it must be.
    """
    if isinstance(subject, int):
        return _of_call(survey, survey.trace.calls[subject], width, ascii)
    if isinstance(subject, Block):
        return _of_block(survey, subject, width, ascii)
    if isinstance(subject, Stage):
        return _of_stage(survey, subject, width, height, ascii)
    if subject == "network":
        return _of_network(survey, width, height, ascii)
    return _of_end(survey, subject, width, height, ascii)


def subject_of(line: Line) -> Subject | None:
    """What a row of the layers, blocks or stages view stands for; None for what is left over."""
    if line.stage is not None:
        return line.stage
    if line.block is not None:
        return line.block
    if line.call is not None:
        return "network" if line.call.index == 0 else line.call.index
    return "stem" if line.kind == "stem" else "head" if line.kind == "head" else None


def subject_at(survey: Survey, index: int) -> Subject:
    """What a call stands for: the network, the stage or block that it makes, or itself."""
    if index == 0:
        return "network"
    for stage in survey.anatomy.stages:
        if stage.call == index:
            return stage
        block = stage.block_at(index)
        if block is not None and block.call == index:
            return block
    return index


def index_of(survey: Survey, subject: Subject) -> int:
    """The call at which a subject is found: its own, or the first of those it stands for."""
    if isinstance(subject, int):
        return subject
    if isinstance(subject, Block | Stage):
        return subject.first if subject.call is None else subject.call
    first = {line.kind: line.spans[0][0] for line in sections(survey, blocks=False) if line.spans}
    return 0 if subject == "network" else first.get(subject, 0)


# A call.


def _of_call(survey: Survey, call: Call, width: int, ascii: bool) -> Card:
    line = call_line(survey, call)
    window = window_of(call.op)
    op = _cell(survey, line, "op")
    taps = op_text(call.op).removeprefix(op).removeprefix(",").strip()
    titles = [op if window is None else f"{op} {taps}"]
    titles.append(_cell(survey, line, "class_name"))
    seen = drawings.field(survey, call.index, width, ascii)
    equations = [
        _entry(e.what, e.text + (f" ({e.note})" if e.note else ""))
        for e in arithmetic.of_call(survey.trace, call)
    ]
    return _card(
        _name(survey, call) if call.path else survey.trace.model_name,
        " · ".join(" ".join(title.split()) for title in titles if title),
        Section("place", tuple(_where(survey, call))),
        Section("window" if window else "settings", tuple(_settings(survey, line))),
        Section("input", tuple(_taken(survey, call))),
        Section("output", tuple(_given(survey, call))),
        Section("calls", tuple(_inner(survey, call))),
        Section("parameters", tuple(_weights(survey, call, line))),
        Section("work", tuple(_work(survey, line))),
        Section("memory", tuple(_memory(survey, call, line))),
        Section("receptive field", tuple(_field(survey, line)), tuple(seen)),
        Section("arithmetic", tuple(equations)),
        Section("remarks", tuple(_remarks(survey, call, line))),
    )


def _where(survey: Survey, call: Call) -> Iterator[Entry]:
    trace = survey.trace
    alike = trace.calls_at[call.path]
    if len(alike) > 1:
        yield _entry("call", f"{text.ordinal(call.nth)} of {text.count(len(alike), 'call')}")
        for other in alike:
            if abs(trace.calls[other].nth - call.nth) == 1:
                which = "next" if trace.calls[other].nth > call.nth else "previous"
                yield _entry(f"{which} call", _name(survey, trace.calls[other]), other)
    for stage in survey.anatomy.stages:
        if stage.first <= call.index <= stage.last:
            yield _entry("stage", _stage_name(stage), stage)
            block = stage.block_at(call.index)
            if block is not None:
                yield _entry("block", _block_name(survey, block), block)
                role = _role(survey, call, block)
                if role:
                    yield _entry("role", role)
    if call.parent:
        parent = trace.calls[call.parent]
        yield _entry("inside", _name(survey, parent), call.parent)
    yield from _class(survey, call)


def _class(survey: Survey, call: Call) -> Iterator[Entry]:
    """The full name of the class that a call is of."""
    if call.module is not None:
        full_name = survey.trace.module_at[call.module].python_class.full_name
        if full_name:
            yield _entry("class", full_name)


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
                yield _of_column(survey, line, key)
    match op:
        case Conv():
            for key in ("in_channels", "out_channels", "groups", "bias"):
                yield _of_column(survey, line, key)
            if op.transposed:
                yield _entry("output pad", text.sizes(op.output_padding) or "0")
        case Linear():
            yield _entry("in features", str(op.in_features))
            yield _entry("out features", str(op.out_features))
            yield _of_column(survey, line, "bias")
        case Norm() if op.num_features:
            yield _entry("features", str(op.num_features))
        case AdaptivePool():
            wanted = ("as is" if size is None else str(size) for size in op.output_size)
            yield _entry("output size", "×".join(wanted))
        case Attention():
            yield _entry("heads", str(op.heads))
            yield _entry("width", str(op.embed_dim))
        case Join():
            yield _entry("dimension", str(op.dim))
        case _:
            return


def _taken(survey: Survey, call: Call) -> Iterator[Entry]:
    given = {port.activation for port in survey.trace.inputs}
    for port in call.inputs:
        yield _tensor(survey, "in", port)
        maker = survey.trace.producer.get(port.activation)
        if maker is not None:
            yield _entry("from", _name(survey, survey.trace.calls[maker]), maker)
        else:
            source = "the network's input" if port.activation in given else "outside"
            yield _entry("from", source, "network" if port.activation in given else None)


def _given(survey: Survey, call: Call) -> Iterator[Entry]:
    end = survey.trace.last_descendant[call.index]
    returned = {port.activation for port in survey.trace.outputs}
    for port in call.outputs:
        yield _tensor(survey, "out", port)
        for taker in survey.trace.consumers.get(port.activation, ()):
            if taker > end:
                yield _entry("to", _name(survey, survey.trace.calls[taker]), taker)
        if port.activation in returned and call.index:
            yield _entry("to", "the network's output", "network")


def _inner(survey: Survey, call: Call) -> Iterator[Entry]:
    children = survey.trace.children[call.index]
    for child in children[:_MOST]:
        inner = survey.trace.calls[child]
        yield _entry(
            _cell(survey, call_line(survey, inner), "op"),
            _name(survey, inner),
            subject_at(survey, child),
        )
    yield from _more(len(children), "call")


def _weights(survey: Survey, call: Call, line: Line) -> Iterator[Entry]:
    trace = survey.trace
    amounts = line.amounts
    if call.module is not None:
        held = parameters.of_module(trace, call.module)
        if held.total and not amounts.parameters:
            yield _entry("parameters", text.integer(held.total))
            yield _entry("trainable", text.integer(held.trainable))
            if held.frozen:
                yield _entry("frozen", text.integer(held.frozen))
            first = _first_with(survey, call.module)
            if first is not None and first != call.index:
                yield _entry("counted at", _name(survey, trace.calls[first]), first)
            else:
                yield _entry("counted at", "another call")
            return
        buffers = sum(b.tensor.elements for m in parameters.subtree(trace, call.module)
                      for b in m.buffers if b.same_as is None)  # fmt: skip
    else:
        buffers = 0
    if amounts.parameters:
        yield from _counts(survey, line)
    if buffers:
        yield _entry("buffers", text.integer(buffers))


def _first_with(survey: Survey, path: str) -> int | None:
    """The first call of a module, or of the module that holds the tensors that it is tied to."""
    trace = survey.trace
    paths = [path]
    for module in parameters.subtree(trace, path):
        tied = (p.same_as for p in module.parameters if p.same_as is not None)
        paths += [name.rpartition(".")[0] for name in tied]
    found = (call.index for call in trace.calls if call.module in paths)
    return next((index for index in found if survey.parameters[index].total), None)


def _counts(survey: Survey, line: Line) -> Iterator[Entry]:
    amounts = line.amounts
    yield _entry("parameters", _cell(survey, line, "parameters"))
    yield _entry("trainable", _cell(survey, line, "trainable"))
    if amounts.trainable != amounts.parameters:
        yield _entry("frozen", text.integer(amounts.parameters - amounts.trainable))
    yield _entry("share", _cell(survey, line, "share"))
    yield _entry("bytes", _cell(survey, line, "parameter_bytes"))


def _work(survey: Survey, line: Line) -> Iterator[Entry]:
    if not line.amounts.macs and not line.amounts.uncounted:
        return
    yield _entry("MACs", _cell(survey, line, "macs"))
    yield _entry("FLOPs", _cell(survey, line, "flops"))
    if line.amounts.macs:
        yield _entry("share", _cell(survey, line, "macs_share"))


def _memory(survey: Survey, call: Call, line: Line) -> Iterator[Entry]:
    trace = survey.trace
    yield _entry("writes", _cell(survey, line, "activation_bytes"))
    yield _entry("holds", _cell(survey, line, "activation_bytes_distinct"))
    if isinstance(call.op, Container) or not call.outputs:
        return
    shared = _cell(survey, line, "in_place")
    if shared:
        yield _entry("in place", shared)
    storage = trace.activations[call.outputs[0].activation].storage
    own = {port.activation for port in call.outputs}
    makers = dict.fromkeys(
        trace.producer.get(number) for number in trace.sharing[storage] if number not in own
    )
    for maker in makers:
        if maker is None:
            yield _entry("shares memory with", "the network's input or a constant")
        elif maker != call.index:
            yield _entry("shares memory with", _name(survey, trace.calls[maker]), maker)


def _field(survey: Survey, line: Line) -> Iterator[Entry]:
    for key in ("receptive_field", "jump", "start"):
        written = _cell(survey, line, key)
        if written:
            yield _entry("size" if key == "receptive_field" else key, written)


def _remarks(survey: Survey, call: Call, line: Line) -> Iterator[Entry]:
    if isinstance(call.op, Unknown):
        yield _entry("not understood", call.op.reason)
    elif survey.macs[call.index] is None:
        yield _entry("not counted", "no rule for its multiply-accumulates")
    if survey.trace.failure is not None and survey.trace.failure.call == call.index:
        yield _entry("raised", sentence(survey.trace))


# A block.


def _of_block(survey: Survey, block: Block, width: int, ascii: bool) -> Card:
    line = block_line(survey, block)
    return _card(
        _cell(survey, line, "path"),
        f"{block.kind} block, {block.shortcut_name} shortcut",
        Section("drawing", drawing=tuple(drawings.block(survey, block, width, ascii))),
        Section("what it is", tuple(_about_block(survey, block))),
        Section("tensors", tuple(_ends(survey, line))),
        Section("branch", tuple(_steps(survey, block.branch))),
        Section("shortcut", tuple(_steps(survey, block.bypass))),
        Section("parameters", tuple(_counts(survey, line))),
        Section("work", tuple(_work(survey, line))),
        Section("memory", tuple(_bytes(survey, line))),
        Section("receptive field", tuple(_grown(survey, line))),
    )


def _about_block(survey: Survey, block: Block) -> Iterator[Entry]:
    for stage in survey.anatomy.stages:
        if block in stage.blocks:
            place = stage.blocks.index(block) + 1
            number = f"{text.ordinal(place)} of {text.count(len(stage.blocks), 'block')}"
            yield _entry("stage", f"{_stage_name(stage)}, {number}", stage)
    yield _entry("kind", block.kind)
    yield _entry("shortcut", block.shortcut_name)
    yield _entry("why", why(survey, block))
    yield _entry("add", _name(survey, survey.trace.calls[block.add]), block.add)
    if block.call is not None:
        yield from _class(survey, survey.trace.calls[block.call])


def why(survey: Survey, block: Block) -> str:
    """Why a shortcut is an identity or a projection, from the shapes at the fork and at the add."""
    trace = survey.trace
    before = trace.activations[block.fork].tensor.shape
    after = trace.spec(trace.calls[block.add].inputs[0]).shape
    changes = []
    if len(before) != len(after):
        changes.append(f"shape {text.shape(before)} → {text.shape(after)}")
    else:
        if before[1:2] != after[1:2]:
            changes.append(f"channels {before[1]} → {after[1]}")
        if before[2:] != after[2:]:
            changes.append(f"dimensions {text.shape(before[2:])} → {text.shape(after[2:])}")
    change = ", ".join(changes)
    if block.shortcut == "projection":
        if changes:
            return f"{change}: the shortcut needs weights to change them too"
        return "the branch keeps the shape; the projection is the network's choice"
    if block.zero_padded:
        return f"{change}: zeros stand for the new channels"
    if changes:
        return f"{change}: the shortcut follows without weights"
    return f"the branch keeps the shape {text.shape(after)}: the input can be added as it is"


# A stage, the stem, the head.


def _of_stage(survey: Survey, stage: Stage, width: int, height: int, ascii: bool) -> Card:
    line = stage_line(survey, stage)
    return _card(
        _stage_name(stage),
        line.note,
        Section("what changed", tuple(_changed(survey, line))),
        Section("tensors", tuple(_ends(survey, line))),
        Section("blocks", tuple(_blocks(survey, stage))),
        Section("parameters", tuple(_counts(survey, line))),
        Section("work", tuple(_work(survey, line))),
        Section("memory", tuple(_bytes(survey, line))),
        Section("way", drawing=tuple(drawings.way(survey, width, height, stage.last, ascii))),
    )


def _of_end(
    survey: Survey, end: Literal["stem", "head"], width: int, height: int, ascii: bool
) -> Card:
    line = next((line for line in sections(survey, blocks=False) if line.kind == end), None)
    if line is None:
        return _card(end, "the network has none")
    first, last = line.spans[0]
    steps = survey.trace.steps_within(first, last)
    return _card(
        end,
        line.note,
        Section("what changed", tuple(_changed(survey, line))),
        Section("tensors", tuple(_ends(survey, line))),
        Section("steps", tuple(_steps(survey, steps))),
        Section("parameters", tuple(_counts(survey, line))),
        Section("work", tuple(_work(survey, line))),
        Section("memory", tuple(_bytes(survey, line))),
        Section("way", drawing=tuple(drawings.way(survey, width, height, last, ascii))),
    )


def _changed(survey: Survey, line: Line) -> Iterator[Entry]:
    if line.input is not None and line.output is not None:
        before, after = (
            survey.trace.activations[activation].tensor.shape
            for activation in (line.input, line.output)
        )
        if min(len(before), len(after)) >= 2:
            yield _entry("planes", _arrow(str(before[1]), str(after[1])))
        if len(before) > 2 or len(after) > 2:
            yield _entry(
                "dimensions",
                _arrow(text.shape(before[2:]) if before[2:] else "none",
                       text.shape(after[2:]) if after[2:] else "none"),
            )  # fmt: skip
    yield from _grown(survey, line)


def _grown(survey: Survey, line: Line) -> Iterator[Entry]:
    """Receptive field and jump, before and after."""
    start = Line("", 0, output=line.input)
    for key, label in (("receptive_field", "receptive field"), ("jump", "jump")):
        if line.output is None:
            continue
        after = COLUMNS[key].cell(survey, Line("", 0, output=line.output)).text
        before = "" if line.input is None else COLUMNS[key].cell(survey, start).text
        if after:
            yield _entry(label, _arrow(before, after) if before else after)


def _arrow(before: str, after: str) -> str:
    return f"{after}, unchanged" if before == after else f"{before} → {after}"


def _blocks(survey: Survey, stage: Stage) -> Iterator[Entry]:
    for block in stage.blocks[:_MOST]:
        yield _entry(_cell(survey, block_line(survey, block), "path"),
                     f"{block.kind}, {block.shortcut_name}", block)  # fmt: skip
    yield from _more(len(stage.blocks), "block")


def _more(number: int, noun: str) -> Iterator[Entry]:
    """How many things a card leaves out, if any."""
    if number > _MOST:
        yield _entry("", f"and {text.count(number - _MOST, f'more {noun}')}")


def _steps(survey: Survey, steps: Sequence[int]) -> Iterator[Entry]:
    for step in steps[:_MOST]:
        call = survey.trace.calls[step]
        yield _entry(op_text(call.op), _name(survey, call), step)
    yield from _more(len(steps), "step")


def _bytes(survey: Survey, line: Line) -> Iterator[Entry]:
    yield _entry("writes", _cell(survey, line, "activation_bytes"))
    yield _entry("holds", _cell(survey, line, "activation_bytes_distinct"))


def _ends(survey: Survey, line: Line) -> Iterator[Entry]:
    """What goes into a part of the network and comes out, from where and to where."""
    trace = survey.trace
    last = max((span[1] for span in line.spans), default=0)
    if line.input is not None:
        yield _tensor(survey, "in", Port("", line.input))
        maker = trace.producer.get(line.input)
        if maker is None:
            yield _entry("from", "the network's input", "network")
        else:
            yield _entry("from", _name(survey, trace.calls[maker]), maker)
    if line.output is not None:
        yield _tensor(survey, "out", Port("", line.output))
        for taker in trace.consumers.get(line.output, ()):
            if taker > last:
                yield _entry("to", _name(survey, trace.calls[taker]), taker)
        if any(port.activation == line.output for port in trace.outputs):
            yield _entry("to", "the network's output", "network")


# The network.


def _of_network(survey: Survey, width: int, height: int, ascii: bool) -> Card:
    trace = survey.trace
    numbers = [_entry(total.label, total.cell.text) for total in assembly.totals(survey)]
    remarks = totals.view(survey, Selection()).remarks
    return _card(
        trace.model_name,
        assembly.title(trace),
        Section("way", drawing=tuple(drawings.way(survey, width, height, None, ascii))),
        Section("totals", tuple(numbers)),
        Section("parts", tuple(_parts(survey))),
        Section("remarks", tuple(_entry("", remark) for remark in remarks)),
        Section("provenance", tuple(_provenance(survey))),
    )


def _parts(survey: Survey) -> Iterator[Entry]:
    if not survey.anatomy.stages:
        yield from _inner(survey, survey.trace.calls[0])
        return
    for line in sections(survey, blocks=False):
        share = _cell(survey, line, "share")
        shape = _cell(survey, line, "output_shape")
        text_of_it = "; ".join(part for part in (line.note, shape, share) if part)
        yield _entry(_cell(survey, line, "path"), text_of_it, subject_of(line))


def _provenance(survey: Survey) -> Iterator[Entry]:
    yield from _class(survey, survey.trace.calls[0])
    for name, value in assembly.provenance(survey.trace.provenance):
        written = _plain(value)
        if written:
            yield _entry(name.replace("_", " "), written)


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(" ".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in value)
    return "" if value is None else str(value)


# Names and texts.


def _card(title: str, subtitle: str, *sections: Section) -> Card:
    kept = tuple(section for section in sections if section.entries or section.drawing)
    return Card(text.visible(title), text.visible(subtitle), kept)


def _entry(label: str, written: str, target: Subject | None = None) -> Entry:
    return Entry(text.visible(label), text.visible(written), target)


def _of_column(survey: Survey, line: Line, key: str) -> Entry:
    return _entry(COLUMNS[key].title, _cell(survey, line, key))


def _cell(survey: Survey, line: Line, key: str) -> str:
    return COLUMNS[key].cell(survey, line).text


def _name(survey: Survey, call: Call) -> str:
    return COLUMNS["path"].cell(survey, Line("", 0, call=call)).text or survey.trace.model_name


def _stage_name(stage: Stage) -> str:
    name = f"stage {stage.number}"
    return f"{name} ({stage.path})" if stage.path else name


def _block_name(survey: Survey, block: Block) -> str:
    return f"{_cell(survey, block_line(survey, block), 'path')}, {block.kind}, {block.shortcut}"


def _tensor(survey: Survey, label: str, port: Port) -> Entry:
    spec = survey.trace.spec(port)
    written = f"{text.shape(spec.shape)} {spec.dtype}"
    return _entry(f"{label} {port.label}".strip(), written)
