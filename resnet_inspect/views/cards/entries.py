"""The entries that cards of several kinds have in common, each with the text of a table's cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_inspect.analysis.structure.anatomy import Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.tensors import Port
from resnet_inspect.views.cards.card import Entry
from resnet_inspect.views.cards.subjects import Subject, subject_at
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.tables.rows.sections import call_line
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import op_text

MOST = 100
"""Blocks, steps or calls that a card lists; it says how many more there are."""


def entry(label: str, written: str, target: Subject | None = None) -> Entry:
    """An entry; its texts are one line and move no cursor."""
    return Entry(text.visible(label), text.visible(written), target)


def of_column(survey: Survey, line: Line, key: str) -> Entry:
    """A cell under the title of its column."""
    return entry(COLUMNS[key].title, cell(survey, line, key))


def cell(survey: Survey, line: Line, key: str) -> str:
    """The text of a line's cell in a column."""
    return COLUMNS[key].cell(survey, line).text


def name(survey: Survey, call: Call) -> str:
    """The path of a call, with its number if it is not the first; the model's for the network."""
    return COLUMNS["path"].cell(survey, Line("", 0, call=call)).text or survey.trace.model_name


def stage_name(stage: Stage) -> str:
    """A stage by its number, with its path if it has one: "stage 2 (layer2)"."""
    number = f"stage {stage.number}"
    return f"{number} ({stage.path})" if stage.path else number


def python_class(survey: Survey, call: Call) -> Iterator[Entry]:
    """The full name of the class that a call is of; torch's own layers as everyone writes them."""
    if call.module is not None:
        full_name = survey.trace.module_at[call.module].python_class.full_name
        if full_name:
            own = full_name.startswith("torch.nn.modules.")
            yield entry("class", f"nn.{full_name.rpartition('.')[2]}" if own else full_name)


def tensor(survey: Survey, label: str, port: Port) -> Entry:
    """The shape and type of a tensor."""
    spec = survey.trace.spec(port)
    written = f"{text.shape(spec.shape)} {spec.dtype}"
    return entry(f"{label} {port.label}".strip(), written)


def tensors(survey: Survey, line: Line) -> Iterator[Entry]:
    """What goes into a part of the network and comes out, from where and to where."""
    trace = survey.trace
    last = max((span[1] for span in line.spans), default=0)
    if line.input is not None:
        yield tensor(survey, "in", Port("", line.input))
        maker = trace.producer.get(line.input)
        if maker is None:
            yield entry("from", "the network's input", "network")
        else:
            yield entry("from", name(survey, trace.calls[maker]), maker)
    if line.output is not None:
        yield tensor(survey, "out", Port("", line.output))
        for taker in trace.consumers.get(line.output, ()):
            if taker > last:
                yield entry("to", name(survey, trace.calls[taker]), taker)
        if any(port.activation == line.output for port in trace.outputs):
            yield entry("to", "the network's output", "network")


def steps(survey: Survey, indices: Sequence[int]) -> Iterator[Entry]:
    """Layers and functions, each of which can be followed."""
    for step in indices[:MOST]:
        call = survey.trace.calls[step]
        yield entry(op_text(call.op), name(survey, call), step)
    yield from more(len(indices), "step")


def inner_calls(survey: Survey, call: Call) -> Iterator[Entry]:
    """The calls that a call makes, each of which can be followed."""
    children = survey.trace.children[call.index]
    for child in children[:MOST]:
        inner = survey.trace.calls[child]
        yield entry(
            cell(survey, call_line(survey, inner), "op"),
            name(survey, inner),
            subject_at(survey, child),
        )
    yield from more(len(children), "call")


def more(number: int, noun: str) -> Iterator[Entry]:
    """How many things a card leaves out, if any."""
    if number > MOST:
        yield entry("", f"and {text.count(number - MOST, f'more {noun}')}")


def counts(survey: Survey, line: Line) -> Iterator[Entry]:
    """How many parameters, and how many bytes they take."""
    amounts = line.amounts
    yield entry("parameters", cell(survey, line, "parameters"))
    yield entry("trainable", cell(survey, line, "trainable"))
    if amounts.trainable != amounts.parameters:
        yield entry("frozen", text.integer(amounts.parameters - amounts.trainable))
    yield entry("share", cell(survey, line, "share"))
    yield entry("bytes", cell(survey, line, "parameter_bytes"))


def work(survey: Survey, line: Line) -> Iterator[Entry]:
    """Multiply-accumulates, if there are any."""
    if not line.amounts.macs and not line.amounts.uncounted:
        return
    yield entry("MACs", cell(survey, line, "macs"))
    yield entry("FLOPs", cell(survey, line, "flops"))
    if line.amounts.macs:
        yield entry("share", cell(survey, line, "macs_share"))


def held_bytes(survey: Survey, line: Line) -> Iterator[Entry]:
    """Bytes that are written, and those that are held."""
    yield entry("writes", cell(survey, line, "activation_bytes"))
    yield entry("holds", cell(survey, line, "activation_bytes_distinct"))


def changed(survey: Survey, line: Line) -> Iterator[Entry]:
    """Planes, dimensions, receptive field and jump, before and after."""
    if line.input is not None and line.output is not None:
        before, after = (
            survey.trace.activations[activation].tensor.shape
            for activation in (line.input, line.output)
        )
        if min(len(before), len(after)) >= 2:
            yield entry("planes", _arrow(str(before[1]), str(after[1])))
        if len(before) > 2 or len(after) > 2:
            yield entry(
                "dimensions",
                _arrow(text.shape(before[2:]) if before[2:] else "none",
                       text.shape(after[2:]) if after[2:] else "none"),
            )  # fmt: skip
    yield from grown(survey, line)


def grown(survey: Survey, line: Line) -> Iterator[Entry]:
    """Receptive field and jump, before and after."""
    start = Line("", 0, output=line.input)
    for key, label in (("receptive_field", "receptive field"), ("jump", "jump")):
        if line.output is None:
            continue
        after = COLUMNS[key].cell(survey, Line("", 0, output=line.output)).text
        before = "" if line.input is None else COLUMNS[key].cell(survey, start).text
        if after:
            yield entry(label, _arrow(before, after) if before else after)


def _arrow(before: str, after: str) -> str:
    return f"{after}, unchanged" if before == after else f"{before} → {after}"
