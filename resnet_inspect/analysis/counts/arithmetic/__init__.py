"""The arithmetic behind a call, written out with its own numbers.

Each line is an equation that a reader can check: how the output size follows from the window, how
the parameter count follows from the channels, how many multiply-accumulates that makes. An
equation is given only where it holds: its value is what the trace and the other analyses say.
"""

from __future__ import annotations

from resnet_inspect.analysis.counts.arithmetic.equation import Equation
from resnet_inspect.analysis.counts.arithmetic.macs import mac_equations
from resnet_inspect.analysis.counts.arithmetic.output_sizes import size_equations
from resnet_inspect.analysis.counts.arithmetic.parameters import parameter_equations
from resnet_inspect.traces.model import Call, Trace


def of_call(trace: Trace, call: Call) -> tuple[Equation, ...]:
    """The equations of a call: output size, parameters, multiply-accumulates.

    Empty for a call that has none (an activation, a container without weights of its own).
    """
    return (
        *size_equations(trace, call),
        *parameter_equations(trace, call),
        *mac_equations(trace, call),
    )
