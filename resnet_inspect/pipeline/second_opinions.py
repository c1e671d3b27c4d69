"""What others say of a network: other tools of its figures, another network of what it computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resnet_inspect.analysis.survey import Survey
from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.building import Order, Tell, silent
from resnet_inspect.pipeline.tracing import trace
from resnet_inspect.sources import subject, surroundings
from resnet_inspect.sources.catalogue import VARIANTS, Variant
from resnet_inspect.traces.model import Trace

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.analysis.likeness import Likeness
    from resnet_inspect.analysis.opinions import Verdict
    from resnet_inspect.capture.inputs import InputSize


def verify(
    model: str,
    input_size: InputSize | None = None,
    *,
    device: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    tell: Tell = silent,
) -> tuple[Survey, tuple[Verdict, ...]]:
    """Trace a network and ask others for the same figures; it is built and run on `device`.

    The device is the CPU unless another is asked for: a second opinion needs a real forward pass.
    Raises what `trace` raises.
    """
    traced = trace(model, input_size, arguments=arguments, tell=tell)
    from resnet_inspect import oracle
    from resnet_inspect.analysis.opinions import Opinion, judge

    chosen = subject(model)
    with surroundings(chosen):
        order = Order.of(chosen, input_size, arguments=arguments, tell=tell)
        built, args = _built_to_run(order, device)
        tell(f"asking others about {chosen.name}")
        answers = oracle.opinions(built, args)
    survey = Survey(traced)
    known = VARIANTS.get(model)
    if known is not None and chosen.source == "torchvision":
        reason = _not_published(known, traced)
        said = oracle.published(chosen.name)
        answers += [(f, by, None, 1, reason) for f, by, *_ in said] if reason else said
    return survey, judge(survey, [Opinion(*answer) for answer in answers])


def _not_published(known: Variant, traced: Trace) -> str:
    """Why torchvision's published figures are not of this network; "" if they are."""
    if known.family == "detection":
        return "published for trained weights, whose norms are frozen and whose boxes are others"
    arguments = dict(traced.provenance.arguments)
    if known.family == "segmentation" and arguments.pop("aux_loss", "") != "True":
        return "published with --set aux_loss=True"
    if arguments:
        return "published for the builder's own arguments"
    if traced.spec(traced.inputs[0]).shape != known.input:
        return f"published for an input of {'×'.join(map(str, known.input))}"
    return ""


def likeness(
    model: str,
    other: str,
    input_size: InputSize | None = None,
    *,
    device: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    tell: Tell = silent,
) -> Likeness:
    """Whether two networks are the same: in layers, shapes, counts, and in what they compute.

    `input_size` and `arguments` are for `model`; `other` gets the same input. If their layers are
    the same, the weights of `other` are copied into `model` by role, and both are run on `device`.
    Raises what `trace` raises.
    """
    from resnet_inspect.analysis.comparison import compare
    from resnet_inspect.analysis.likeness import Likeness, alike, same_calls, same_tensors

    left = Survey(trace(model, input_size, arguments=arguments, tell=tell))
    size = input_size or tuple(left.trace.spec(left.trace.inputs[0]).shape)
    right = Survey(trace(other, size, tell=tell))
    difference = compare(left, right)
    if not alike(difference):
        return Likeness(difference)
    from resnet_inspect.capture.side_by_side import first_difference, with_weights_of

    ours, theirs = subject(model), subject(other)
    with surroundings(ours), surroundings(theirs):
        order = Order.of(ours, size, arguments=arguments, tell=tell)
        built, args = _built_to_run(order, device)
        second, _ = _built_to_run(Order.of(theirs, size, tell=tell), device)
        tell("running both with the same weights")
        copied = with_weights_of(built, second, same_tensors(difference))
        parted = first_difference(built, second, same_calls(difference), args)
    return Likeness(difference, copied, parted)


def _built_to_run(order: Order, device: str | None) -> tuple[nn.Module, tuple[Any, ...]]:
    """A network with fresh weights on a real device, and positional inputs for it."""
    from resnet_inspect.capture import backends

    where = backends.resolve(device or "cpu")
    built = order.on(where)
    if built.kwargs:
        raise BadInput("two networks are compared, and others asked, with positional inputs only")
    return built.model.to(where), built.args
