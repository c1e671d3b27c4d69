"""Parts of a network that a training treats in their own ways: classifier, stem, what is frozen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resnet_inspect.errors import BadInput
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.run import Recipe

if TYPE_CHECKING:
    from resnet_inspect.analysis.structure.survey import Survey


def classifier(survey: Survey) -> str:
    """The path of the last layer with weights."""
    from resnet_inspect.traces.ops import Conv, Linear

    for call in reversed(survey.trace.calls):
        if isinstance(call.op, Linear | Conv) and call.module:
            return call.module
    raise BadInput("the network has no layer that gives scores", hint="nn.Linear at its end")


def other_outputs(survey: Survey, classes: int) -> str:
    """What the network gives beside its scores, which is not trained on; "" for nothing.

    Raises `BadInput` where it gives no scores, or several.
    """
    trace = survey.trace
    shapes = [trace.spec(port).shape for port in trace.outputs]
    others = [shape for shape in shapes if shape[1:] != (classes,)]
    given = ", ".join("×".join(map(str, shape)) for shape in shapes) or "nothing"
    if len(shapes) - len(others) != 1:
        hint = "--set aux_logits=False, or a forward that gives one" if len(shapes) > 1 else ""
        raise BadInput(
            f"the network gives {given} in training, not scores for {classes} classes", hint=hint
        )
    return f"of {given} only the scores are trained on" if others else ""


def stem(survey: Survey) -> list[str]:
    """Paths of the modules that are called before the first stage."""
    from resnet_inspect.analysis.structure.anatomy import ends

    if not survey.anatomy.stages:
        raise BadInput("no stem: no residual stage was recognised", hint="leave out --stem")
    (first, last), *_ = ends(survey.trace, survey.anatomy)[0]
    called = (call.module for call in survey.trace.calls[first : last + 1])
    return [path for path in dict.fromkeys(called) if path]


def frozen(survey: Survey, recipe: Recipe) -> dict[int, frozenset[str]]:
    """Names of the parameters that are not trained, from which epoch on."""
    from resnet_inspect.analysis.structure.freezing import parameters_of

    names = frozenset(name for name, trainable in _parameters(survey.trace) if not trainable)
    if recipe.freeze:
        names |= parameters_of(survey, recipe.freeze)
    found = {1: names}
    for parts, epoch in sorted(recipe.unfreeze, key=lambda pair: pair[1]):
        thawed = parameters_of(survey, parts)
        if not thawed & names:
            raise BadInput(f"--unfreeze '{parts}': nothing of it is frozen")
        names = names - thawed
        found[epoch] = names
    every = frozenset(name for name, _ in _parameters(survey.trace))
    if every and every <= found[1]:
        raise BadInput("everything is frozen: nothing is left to train")
    return found


def _parameters(trace: Trace) -> Iterator[tuple[str, bool]]:
    """Name of every parameter, and whether it has a gradient."""
    from resnet_inspect.traces.modules import join

    for module in trace.modules:
        for own in module.parameters:
            yield own.same_as or join(module.path, own.name), own.trainable
