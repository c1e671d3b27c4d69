"""Questions to any network: what an `Inspection` answers, of a name, a module or a file.

A network is what `trace` takes, an `Inspection` or `Trace`, or the path of a saved trace or lock.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from resnet_inspect.analysis.cost.memory import Optimizer
from resnet_inspect.analysis.structure.graph.nodes import Level
from resnet_inspect.answers.figures import Drawing
from resnet_inspect.answers.lessons import Explanation
from resnet_inspect.answers.tables import Answer
from resnet_inspect.errors import BadInput
from resnet_inspect.inspection import Inspection
from resnet_inspect.pipeline.building.networks import Tell, silent
from resnet_inspect.pipeline.checks import verify as ask_others
from resnet_inspect.pipeline.equivalence import equivalence_of
from resnet_inspect.pipeline.files import is_trace_file, load
from resnet_inspect.pipeline.locks import input_of
from resnet_inspect.pipeline.tracing.trace import trace
from resnet_inspect.traces.model import FORWARD, Trace
from resnet_inspect.views.figures.layout import Direction
from resnet_inspect.views.tables import checks
from resnet_inspect.views.tables.rows.selection import Selection

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.capture.recording.forward import Mode

    Network = str | Path | nn.Module | Trace


class How(TypedDict, total=False):
    """How a network is run: the arguments of `trace`."""

    input_size: InputSize | None
    inputs: Any
    device: str | None
    dtype: str | None
    mode: Mode
    arguments: Mapping[str, Any] | None
    weights: str | Path | None
    tell: Tell
    cache: bool
    call: str


def inspected(network: Network, **how: Unpack[How]) -> Inspection:
    """The inspection of a network, which is run unless it is a trace or a file of one.

    Raises `BadInput` for a way to run what is not run, and what `trace` and `load` raise.
    """
    found = _saved(network)
    if found is None:
        assert not isinstance(network, Path | Trace)
        return trace(network, **how)
    if how:
        raise BadInput(f"a saved trace is not run again: leave out {', '.join(how)}")
    return found


def _saved(network: Network) -> Inspection | None:
    """The inspection of what need not be run; None for a name or a module."""
    if isinstance(network, Trace):
        return Inspection.of(network)
    if isinstance(network, Path) or (isinstance(network, str) and is_trace_file(network)):
        return load(network)
    return None


def explain(
    network: Network,
    path: str = "",
    *,
    nth: int | None = None,
    width: int = 72,
    **how: Unpack[How],
) -> Explanation:
    """What a layer, a block, a stage or the network teaches: `Inspection.explain`."""
    return inspected(network, **how).explain(path, nth=nth, width=width)


def diff(
    left: Network, right: Network, selection: Selection | None = None, **how: Unpack[How]
) -> Answer:
    """What differs between two networks: `Inspection.diff`.

    What is run is run in this one way; for a way of its own for each, give traces:
    `ri.diff(ri.trace(...), ri.trace(...))`.
    """
    first = _saved(left) or inspected(left, **how)
    return first.diff(_saved(right) or inspected(right, **how), selection)


def cost(
    *networks: Network,
    optimizer: Optimizer = "sgd",
    memory: int | None = None,
    freeze: str = "",
    **how: Unpack[How],
) -> Answer:
    """What networks need to run and to be trained, a row for each: `Inspection.cost`.

    Ratios are to the first. What is run is run in one way, as for `diff`.
    """
    if not networks:
        raise BadInput("cost of which network?", hint='ri.cost("resnet18", "resnet50")')
    from resnet_inspect.answers.costs import costs

    found = [_saved(network) or inspected(network, **how) for network in networks]
    return costs([one.survey for one in found], optimizer, memory, freeze)


def verify(
    network: str | Trace,
    input_size: InputSize | None = None,
    *,
    device: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    call: str = FORWARD,
    against: str = "",
    tell: Tell = silent,
) -> Answer:
    """What torch, torchinfo, `FlopCounterMode`, a real forward and published tables say.

    A row for each opinion, with what explains a difference; it is built and run anew on `device`,
    the CPU by default. The network is a name, or the trace of one. With `against`, the name of
    another, the remarks say too whether both compute the same.

    Raises `BadInput` for a module, which would have to be built anew, or the trace of one, and what
    `trace` raises.
    """
    if not isinstance(network, str | Trace):
        raise BadInput(
            f"verify builds a network anew, by its name, and takes no {type(network).__name__}",
            hint='of your own: "model.py:Net"',
        )
    if isinstance(network, Trace):
        traced = network
        network = traced.provenance.source.removeprefix("torchvision:")
        if network.startswith("python:"):
            raise BadInput("a trace does not keep its module", hint="verify takes a name")
        arguments = {key: literal_eval(value) for key, value in traced.provenance.arguments}
        input_size, call = input_of(traced, network), traced.provenance.call
    how: dict[str, Any] = {"device": device, "arguments": arguments, "call": call, "tell": tell}
    survey, found = ask_others(network, input_size, **how)
    other = equivalence_of(network, against, input_size, **how) if against else None
    return Answer(checks.view(survey, found, other))


def taps(network: Network, **how: Unpack[How]) -> Answer:
    """The feature maps that a U-Net, an FPN or a detector would take: `Inspection.taps`."""
    return inspected(network, **how).taps()


def draw(
    network: Network,
    kind: str = "",
    of: str = "",
    *,
    level: Level = "block",
    unfold: bool = False,
    direction: Direction = "down",
    theme: str | None = None,
    **how: Unpack[How],
) -> Drawing:
    """A network, a block or the cost of each stage as a figure: `Inspection.draw`."""
    found = inspected(network, **how)
    return found.draw(kind, of, level=level, unfold=unfold, direction=direction, theme=theme)
