"""What several networks need to run and to be trained, as one answer."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.cost.memory import Optimizer
from resnet_inspect.analysis.structure import freezing
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.answers.tables import Answer
from resnet_inspect.views.tables import cost
from resnet_inspect.views.tables.cost.figures import Candidate


def costs(
    surveys: Sequence[Survey], optimizer: Optimizer, memory: int | None, freeze: str
) -> Answer:
    """What networks need, a row for each; see `Inspection.cost`."""
    candidates = [
        Candidate.of(
            Survey(freezing.frozen(one.trace, freezing.parameters_of(one, freeze)))
            if freeze
            else one
        )
        for one in surveys
    ]
    return Answer(cost.view(candidates, optimizer, memory))
