"""Whether two networks are the same, in what they are and in what they compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.pipeline.networks import Order, Tell, built_to_run, silent
from resnet_inspect.pipeline.tracing import trace
from resnet_inspect.sources import subject, surroundings

if TYPE_CHECKING:
    from resnet_inspect.analysis.comparison.equivalence import Equivalence
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
    both the method `call` is run. If their layers are
    the same, the weights of `other` are copied into `model` by role, and both are run on `device`.
    Raises what `trace` raises.
    """
    from resnet_inspect.analysis.comparison.changes import compare
    from resnet_inspect.analysis.comparison.equivalence import (
        Equivalence,
        alike,
        same_calls,
        same_tensors,
    )

    left = Survey(trace(model, input_size, arguments=arguments, tell=tell, call=call))
    size = input_size or tuple(left.trace.spec(left.trace.inputs[0]).shape)
    right = Survey(trace(other, size, tell=tell, call=call))
    difference = compare(left, right)
    if not alike(difference):
        return Equivalence(difference)
    from resnet_inspect.capture.equivalence import first_difference, with_weights_of

    ours, theirs = subject(model), subject(other)
    with surroundings(ours), surroundings(theirs):
        order = Order.of(ours, size, arguments=arguments, tell=tell, call=call)
        built, args, kwargs = built_to_run(order, device)
        second, *_ = built_to_run(Order.of(theirs, size, tell=tell, call=call), device)
        tell("running both with the same weights")
        copied = with_weights_of(built, second, same_tensors(difference))
        parted = first_difference(built, second, same_calls(difference), args, kwargs)
    return Equivalence(difference, copied, parted)
