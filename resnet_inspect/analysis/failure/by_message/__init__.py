"""What is wrong by the words of the exception, where they leave no doubt.

A rule is a pattern of torch's or Python's words. It may still find nothing: the words alone prove
little where the trace does not bear them out.
"""

from __future__ import annotations

from resnet_inspect.analysis.failure.by_message import calls, layers, machine
from resnet_inspect.analysis.failure.facts import Diagnosis, Facts


def certain(facts: Facts) -> Diagnosis | None:
    """What no shape could excuse: devices, memory, recursion, an interrupt."""
    return machine.RULES.diagnosis(facts)


def diagnosis(facts: Facts) -> Diagnosis | None:
    """What the words say, after the shapes were found to be in order."""
    return calls.RULES.diagnosis(facts) or layers.RULES.diagnosis(facts)
