"""What a reader of a table must know of its network, in sentences below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from resnet_inspect.analysis.counts import parameters
from resnet_inspect.analysis.failure import sentence
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.views.tables.rows.line import Line
from resnet_inspect.views.words import fields, text
from resnet_inspect.views.words.structure import NONE_RECOGNISED, opaque

_UNCALLED = 8
"""How many modules that were never called have a remark each."""


def of(survey: Survey, lines: Sequence[Line]) -> Iterator[str]:
    """The remarks of a table with these lines."""
    trace = survey.trace
    if trace.failure is not None:
        yield f"the forward pass raised: {sentence(trace)}"
    if survey.totals.not_counted:
        names = ", ".join(
            f"{name} ({text.count(n, 'call')})" for name, n in survey.totals.not_counted
        )
        yield f"MACs are partial: no rule for {names}"
    yield from _uncalled(survey)
    yield from _of_numbers(survey)
    yield from _from_outside(survey)
    yield from fields.remarks(survey)
    yield from _of_structure(survey)
    yield from trace.provenance.notes
    if any(line.repeat != 1 for line in lines):
        yield "a row marked ×N stands for N identical blocks and has the amounts of one"


def _uncalled(survey: Survey) -> Iterator[str]:
    """Modules that were never called, and those whose weights others compute with."""
    trace = survey.trace
    uncalled = [
        (module.path, parameters.of_module(trace, module.path).total)
        for module in survey.never_called
    ]
    if len(uncalled) > (1 if trace.failure is not None else _UNCALLED):
        held = text.count(sum(number for _, number in uncalled), "parameter")
        yield f"never called: {uncalled[0][0]} and {len(uncalled) - 1} more ({held})"
    else:
        for path, number in uncalled:
            yield f"never called: {path} ({text.count(number, 'parameter')})"
    if survey.read_by:
        into = dict.fromkeys(path for by in survey.read_by.values() for path in by)
        yield (
            f"not called themselves, but their weights are used: {text.some(survey.read_by)} (in"
            f" {text.some(into)})"
        )


def _of_numbers(survey: Survey) -> Iterator[str]:
    """Of what kind the numbers are that were counted: complex ones, and those that are mapped."""
    trace = survey.trace
    complex_macs = survey.totals.complex_macs
    if complex_macs:
        which = "the" if complex_macs == survey.totals.macs else f"{complex_macs:,} of the"
        yield (
            f"{which} MACs are of complex numbers, each counted once: it is 4 real multiplications"
            f" ({4 * complex_macs:,}) and 8 FLOPs"
        )
    mapped = [
        trace.spec(call.outputs[0]).mapped
        for call in (trace.calls[index] for index in trace.steps)
        if call.outputs and trace.spec(call.outputs[0]).mapped > 1
    ]
    if mapped:
        numbers = " or ".join(f"{number:,}" for number in sorted(set(mapped)))
        yield (
            f"vmap: the shapes of {text.count(len(mapped), 'step')} are those of one of {numbers};"
            " MACs and bytes are of all"
        )


def _from_outside(survey: Survey) -> Iterator[str]:
    """Tensors that no recorded call made, by what takes them."""
    takers = Counter(survey.trace.calls[index].path for index in survey.from_outside.values())
    for path, number in takers.items():
        tensors = text.count(number, "tensor")
        yield (
            f"{path} takes {tensors} that no recorded call made: a constant, or the result of code"
            " that cannot be watched"
        )


def _of_structure(survey: Survey) -> Iterator[str]:
    """What stands in for blocks, how often they are run, and what cannot be looked into."""
    if not survey.anatomy.stages and survey.trace.failure is None:
        yield f"{NONE_RECOGNISED}: modules stand in for stages and blocks"
    runs = max((stage.runs for stage in survey.anatomy.stages), default=1)
    if runs > 1:
        yield (
            f"a network within it is run {runs} times: its blocks and stages stand once, with the"
            " amounts of all runs"
        )
    hidden = opaque(survey)
    if hidden:
        yield f"{hidden}: blocks, depth and the last feature map are without them"
