"""The figures of one network, as cells by the keys of the columns."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_inspect.analysis.cost import macs, memory
from resnet_inspect.analysis.cost.memory import Optimizer
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Unknown
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views.tables.table import Cell
from resnet_inspect.views.words import text


@dataclass(frozen=True)
class Candidate:
    """A network as it was asked for, with the settings that tell it from the others."""

    label: str
    survey: Survey

    @classmethod
    def of(cls, survey: Survey) -> Candidate:
        """A network by its name and the arguments of its builder."""
        name = survey.trace.model_name
        given = ", ".join(f"{key}={value}" for key, value in survey.trace.provenance.arguments)
        return cls(f"{name}({given})" if given else name, survey)

    @property
    def shape(self) -> Shape:
        """That of its first input."""
        trace = self.survey.trace
        return trace.spec(trace.inputs[0]).shape if trace.inputs else ()

    @property
    def batch(self) -> int:
        """How many samples it was traced with."""
        return self.shape[0] if self.shape else 1


def cells_of(
    candidate: Candidate, optimizer: Optimizer, available: int | None, batch: int | None = None
) -> dict[str, Cell]:
    """The figures of a network by their keys, without ratios."""
    survey, shape, traced = candidate.survey, candidate.shape, candidate.batch
    batch = traced if batch is None else batch
    trace, totals = survey.trace, survey.totals
    of_trace = memory.of(trace, optimizer)
    needed = of_trace.at(batch, traced)
    is_whole = trace.failure is None
    is_known = is_whole and not any(isinstance(trace.calls[i].op, Unknown) for i in trace.steps)
    are_counted = is_whole and not totals.not_counted
    cells = {
        "model": Cell(candidate.label, text.visible(candidate.label)),
        "input": Cell(shape, text.shape(shape)),
        "parameters": Cell(totals.parameters.total, text.integer(totals.parameters.total)),
        "macs": _macs(totals.macs * batch // max(1, traced), are_counted),
        "flops": _macs(2 * (totals.macs * batch // max(1, traced)), are_counted),
        "training_macs": _macs(macs.training_macs(survey) * batch // max(1, traced), are_counted),
        "weights_bytes": _bytes(needed.parameters + needed.buffers),
        "peak_bytes": _bytes(needed.peak, is_known),
        "inference_bytes": _bytes(needed.inference, is_known),
        "gradient_bytes": _bytes(needed.gradients),
        "optimizer_bytes": _bytes(needed.optimizer),
        "saved_bytes": _bytes(needed.saved, is_known),
        "working_bytes": _bytes(needed.held - needed.saved, is_known),
        "input_bytes": _bytes(needed.input),
        "training_bytes": _bytes(needed.training, is_known),
    }
    if available is not None and shape:
        for key, training in (("inference_batch", False), ("training_batch", True)):
            largest = of_trace.largest_batch(available, traced, training=training)
            written = text.integer(largest)
            cells[key] = Cell(largest, written if is_known else f"≤ {written}")
    return cells


def _bytes(number: int, is_known: bool = True) -> Cell:
    return Cell(number, text.nbytes(number) if is_known else f"≥ {text.nbytes(number)}")


def _macs(number: int, is_known: bool) -> Cell:
    if not is_known and not number:
        return Cell(None, text.NOT_KNOWN)
    return Cell(number, text.quantity(number) if is_known else f"≥ {text.quantity(number)}")
