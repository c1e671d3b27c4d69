"""What others say of a network: other tools of its figures, another network of what it computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.pipeline.building.networks import Order, Tell, built_to_run, silent
from resnet_inspect.pipeline.locks import input_of
from resnet_inspect.pipeline.tracing.trace import trace
from resnet_inspect.sources import subject, surroundings
from resnet_inspect.sources.catalogue import NAMED, Variant
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.modules import join

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.analysis.checks import Built, Verdict
    from resnet_inspect.capture.inputs import InputSize


def verify(
    model: str,
    input_size: InputSize | None = None,
    *,
    device: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    tell: Tell = silent,
    call: str = "forward",
) -> tuple[Survey, tuple[Verdict, ...]]:
    """Trace a network and ask others for the same figures; it is built and run on `device`.

    What is run, here and by others, is its method `call`.

    The device is the CPU unless another is asked for: a second opinion needs a real forward pass.
    Raises what `trace` raises.
    """
    traced = trace(model, input_size, arguments=arguments, tell=tell, call=call)
    from resnet_inspect import oracle
    from resnet_inspect.analysis.checks import Opinion, judge

    chosen = subject(model)
    with surroundings(chosen):
        order = Order.of(chosen, input_size, arguments=arguments, tell=tell, call=call)
        if order.open is not None:
            order = replace(order, size=input_of(traced, model))
        built, args, kwargs = built_to_run(order, device)
        tell(f"asking others about {chosen.name}")
        answers = oracle.opinions(built, args, kwargs)
        told = _told(built, args, kwargs)
    survey = Survey(traced)
    known = NAMED.get(model)
    if known is not None and chosen.source == "torchvision":
        reason = _not_published(known, traced)
        said = oracle.published(chosen.name, known.input[-1])
        answers += [(f, by, None, 1, reason) for f, by, *_ in said] if reason else said
    return survey, judge(survey, [Opinion(*answer) for answer in answers], told)


def _told(built: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Built:
    """What only a network with numbers tells: its masks, and what makes its weights."""
    from resnet_inspect import oracle
    from resnet_inspect.analysis.checks import Built
    from resnet_inspect.capture.members import named_modules, registered

    pruned, is_parametrized = {}, False
    for path, module in named_modules(built):
        is_parametrized = is_parametrized or "parametrizations" in registered(module, "_modules")
        for name, mask in registered(module, "_buffers").items():
            if name.endswith("_mask"):
                whole = join(path, f"{name.removesuffix('_mask')}_orig")
                pruned[whole] = int((mask == 0).sum())
    made = oracle.macs_of_made_weights(built, *args, **kwargs) if is_parametrized else 0
    return Built(pruned, made)


_HEADS = {
    "segmentation": ("aux_loss", "True"),
    "lraspp_mobilenet_v3_large": ("", ""),
    "googlenet": ("aux_logits", "False"),
}
"""With which argument a family or network is published, where that is not the usual one."""


def _not_published(known: Variant, traced: Trace) -> str:
    """Why torchvision's published figures are not of this network; "" if they are."""
    if known.family == "detection":
        return "published for trained weights, whose norms are frozen and whose boxes are others"
    if traced.provenance.call != "forward":
        return "published for its forward"
    arguments = dict(traced.provenance.arguments)
    name, value = _HEADS.get(known.name, _HEADS.get(known.family, ("", "")))
    if name and arguments.pop(name, "") != value:
        return f"published with --set {name}={value}"
    if arguments:
        return "published for the builder's own arguments"
    if traced.spec(traced.inputs[0]).shape != known.input:
        return f"published for an input of {'×'.join(map(str, known.input))}"
    return ""
