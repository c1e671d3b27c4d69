"""Whether two networks are the same, in what they are and in what they compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.escaping import named_line
from resnet_inspect.pipeline.building.networks import Order, Tell, built_to_run, silent
from resnet_inspect.pipeline.locks import input_of
from resnet_inspect.pipeline.tracing.trace import trace
from resnet_inspect.sources import subject, surroundings

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.analysis.comparison.difference import Difference
    from resnet_inspect.analysis.equivalence import Equivalence
    from resnet_inspect.capture.inputs import InputSize


def equivalence_of(
    model: str,
    other: str,
    input_size: InputSize | None = None,
    *,
    device: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    tell: Tell = silent,
    call: str = "forward",
) -> Equivalence:
    """Whether two networks are the same: in layers, shapes, counts, and in what they compute.

    `input_size` and `arguments` are for `model`; `other` gets the same input, and of
    both the method `call` is run. Where every weight of one has a counterpart in the other, those
    of `other` are copied into `model`, those that `model` makes of others (weight norm, pruning)
    into `other`, and both are run on `device`. Raises what `trace` raises.
    """
    from resnet_inspect.analysis.comparison.networks import compare
    from resnet_inspect.analysis.equivalence import Equivalence, Parting

    left = Survey(trace(model, input_size, arguments=arguments, tell=tell, call=call))
    size = input_of(left.trace, model)
    right = Survey(trace(other, size, tell=tell, call=call))
    difference = compare(left, right)
    traces = left.trace, right.trace
    shapes = [[one.spec(port).shape for port in one.outputs] for one in traces]
    by_shapes_alone = all(one.provenance.device == "meta" for one in traces)
    if by_shapes_alone and shapes[0] != shapes[1]:
        return Equivalence(difference, parted=Parting(("", ""), None))
    ours, theirs = subject(model), subject(other)
    with surroundings(ours), surroundings(theirs):
        order = Order.of(ours, size, arguments=arguments, tell=tell, call=call)
        built, args, kwargs = built_to_run(order, device)
        second, *_ = built_to_run(Order.of(theirs, size, tell=tell, call=call), device)
        tell("running both with the same weights")
        try:
            return _run(difference, built, second, args, kwargs)
        except Exception as error:  # whatever it raises is why they were not compared
            return Equivalence(difference, reason=f"running them raised {named_line(error)}")


def _run(
    difference: Difference,
    model: nn.Module,
    other: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Equivalence:
    """Run both with the same weights, told in each way until one makes them the same."""
    from resnet_inspect.analysis.equivalence import (
        Alone,
        Equivalence,
        Parting,
        mappings,
        same_places,
        without_counterpart,
    )
    from resnet_inspect.capture.equivalence import outputs, weights

    shapes = [
        {name: tuple(tensor.shape) for name, tensor in weights.tensors_of(one).items()}
        for one in (model, other)
    ]
    held = weights.weights_of(model), weights.weights_of(other)
    weights.draw_constants(model)
    weights.draw_constants(other)
    args, kwargs = outputs.in_doubles((model, other), args, kwargs)
    places = same_places(difference)
    found: Equivalence | None = None
    alone: Alone = ((), ())
    for way, names in mappings(difference, *shapes):
        lost = without_counterpart(difference, names, held)
        if any(lost):
            alone = alone if any(alone) else lost
            continue
        otherwise = weights.made_otherwise(model, other, names)
        if otherwise:
            return Equivalence(difference, reason=otherwise)
        copied = weights.with_same_weights(model, other, names)
        parted = outputs.first_difference(model, other, [] if found else places, args, kwargs)
        if found is None or parted is None:
            parting = Parting(parted[:2], parted[2]) if parted else None
            numbers = outputs.dtype_of(model), outputs.tolerance_of(model)
            given = copied.into, copied.back, copied.made
            found = Equivalence(difference, *given, way, *numbers, parting)
        if parted is None:
            break
    if found is None:
        return Equivalence(difference, alone=alone)
    if found.same:
        reason = outputs.why_empty(other, args, kwargs)
    else:
        is_random = any(outputs.is_random(one, args, kwargs) for one in (model, other))
        reason = "what they give is random, in eval mode too" if is_random else ""
    return Equivalence(difference, reason=reason) if reason else found
