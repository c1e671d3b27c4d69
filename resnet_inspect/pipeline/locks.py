"""A network is held against a saved trace or a lock: the golden one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.building.inputs import takes_a_list
from resnet_inspect.sources import subject
from resnet_inspect.traces.model import Trace
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Table

if TYPE_CHECKING:
    from resnet_inspect.analysis.comparison.difference import Difference
    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.capture.recording.forward import Mode

_LINES = 20
"""How many lines of a lock are shown where only names changed."""


def input_of(golden: Trace, model: object) -> InputSize:
    """The input of a saved trace or lock, as `trace` takes it to run `model` likewise.

    Floats have no element type there: they take that of the model. Raises `BadInput` for tensors
    deeper than in a list.
    """
    if isinstance(model, str) and takes_a_list(subject(model)):
        shapes = [golden.spec(port).shape for port in golden.inputs]
        return (len(shapes), *next(iter(shapes), ()))
    wanted: dict[int | str, Any] = {}
    for port in golden.inputs:
        spec = golden.spec(port)
        is_float = spec.dtype.startswith(("float", "bfloat"))
        shape = spec.shape if is_float else (spec.shape, spec.dtype)
        argument, dot, place = port.label.partition(".")
        name = int(argument or 0) if argument.isdecimal() or not argument else argument
        if not dot:
            wanted[name] = shape
        elif place.isdecimal():
            wanted.setdefault(name, []).append(shape)
        else:
            raise BadInput(f"input {port.label} is inside of another argument: no shape says that")
    is_one = list(wanted) == [0] and not isinstance(wanted[0], list)
    only: InputSize = wanted[0] if is_one else wanted
    return only


def mode_of(golden: Trace) -> Mode:
    """The mode in which a saved trace or lock was made, as `trace` takes it."""
    mode = golden.provenance.mode
    return "train" if mode == "train" else "eval" if mode == "eval" else "as found"


def changed(golden: Trace, now: Trace) -> Difference | None:
    """How a network is not what a saved trace or lock says; None where it is.

    What a lock holds is compared, names of modules included, and nothing else.
    """
    from resnet_inspect import locks
    from resnet_inspect.analysis.comparison.networks import compare

    if locks.same(golden, now):
        return None
    return compare(*(Survey(locks.loads(locks.dumps(one))) for one in (golden, now)))


def change_table(
    found: Difference,
    selection: Selection | None = None,
    *,
    unfold: bool = False,
    brief: bool = False,
) -> Table:
    """The table of `changed`; where only names changed, with the lines of the lock that did."""
    from resnet_inspect import locks
    from resnet_inspect.views.tables.comparison import networks
    from resnet_inspect.views.words.text import visible

    table = networks.view(found, selection, unfold=unfold, brief=brief)
    if not found.equal:
        return table
    lines = locks.changed_lines(found.left.trace, found.right.trace)
    more = len(lines) - _LINES
    if more > 0:
        lines[_LINES:] = [f"and {more} lines more"]
    said = "the layers are the same; what they are called, or what holds them, is not"
    return replace(table, summary=(said, *map(visible, lines)))
