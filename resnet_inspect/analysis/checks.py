"""Second opinions on a trace's figures: which agree, and why the others differ.

A difference is explained only if the rules of the other tool, applied to this trace, give its
figure to the last unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from resnet_inspect.analysis.counts import macs, parameters
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ParameterSpec
from resnet_inspect.traces.ops import Container, Conv, Norm, Recurrent

PAST_HOOKS = "modules whose forward is called past its hooks"
"""What a tool that goes by hooks does not see."""

Figure = int | tuple[tuple[int, ...], ...]
"""A count, or the shapes of the outputs."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody else says of a figure."""

    figure: str
    """"parameters", "trainable", "macs" or "outputs"."""
    by: str
    """Who says so: "torchinfo 1.8.0", "FlopCounterMode", "torchvision's table"."""
    value: Figure | None
    """None where it could not be asked."""
    rounded_to: int = 1
    """The unit that a published figure is rounded to."""
    reason: str = ""
    """Why it could not be asked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Our figure beside another."""

    ours: Figure
    opinion: Opinion
    explained: tuple[tuple[str, int], ...] = ()
    """What the other counts beside ours, and how much; it sums to the difference."""

    @property
    def difference(self) -> int:
        """Theirs less ours; 0 for equal ones, also up to the rounding of a published figure."""
        theirs = self.opinion.value
        if not isinstance(theirs, int) or not isinstance(self.ours, int):
            return 0
        return 0 if abs(theirs - self.ours) * 2 < self.opinion.rounded_to else theirs - self.ours

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        if isinstance(self.ours, int):
            return self.opinion.value is not None and self.difference == 0
        return self.opinion.value == self.ours

    @property
    def sound(self) -> bool:
        """Whether it agrees, is explained, or could not be asked."""
        asked = self.opinion.value is not None
        return not asked or self.agrees or bool(self.explained)


def judge(survey: Survey, opinions: Sequence[Opinion]) -> tuple[Verdict, ...]:
    """Our figures beside these opinions, differences explained where their rules explain them."""
    totals = survey.totals
    trace = survey.trace
    ours: dict[str, Figure] = {
        "parameters": totals.parameters.total,
        "trainable": totals.parameters.trainable,
        "macs": totals.macs,
        "outputs": tuple(trace.spec(port).shape for port in trace.outputs),
    }
    verdicts = []
    for opinion in opinions:
        verdict = Verdict(ours[opinion.figure], opinion)
        if opinion.figure == "macs" and opinion.by.startswith("torchinfo"):
            parts = counted_by_torchinfo(survey)
            verdict = _explained(verdict, parts)
        elif opinion.figure == "parameters":
            verdict = _explained(verdict, not_listed(survey))
        elif opinion.figure == "macs" and opinion.by.startswith("FlopCounterMode"):
            parts = counted_by_flop_counter(survey)
            verdict = _explained(verdict, parts)
            if not verdict.explained:
                verdict = _explained(verdict, (*parts, *_fused(survey)))
        if opinion.figure in ("parameters", "trainable") and opinion.by.startswith("torchinfo"):
            verdict = _explained(verdict, counted_again(survey, verdict.ours))
        verdicts.append(verdict)
    return tuple(verdicts)


def _explained(verdict: Verdict, parts: tuple[tuple[str, int], ...]) -> Verdict:
    """The verdict with these reasons, if they make up the difference to the last unit."""
    if not verdict.difference or verdict.difference != sum(amount for _, amount in parts):
        return verdict
    return Verdict(verdict.ours, verdict.opinion, parts)


def counted_by_flop_counter(survey: Survey) -> tuple[tuple[str, int], ...]:
    """What `FlopCounterMode` has beside ours, by reason.

    It sees what torch runs: a complex convolution as three real ones, after Gauss; a complex
    product of matrices as one.
    """
    trace = survey.trace
    found = sum(
        2 * macs.of_complex_numbers(trace, trace.calls[index])
        for index in trace.steps
        if isinstance(trace.calls[index].op, Conv)
    )
    unseen = sum(
        survey.macs[index] or 0 for index in trace.steps if _is_packed(trace, trace.calls[index])
    )
    parts = (
        ("three real convolutions for each complex one", found),
        ("quantized layers that it does not see", -unseen),
    )
    return tuple(part for part in parts if part[1])


def _fused(survey: Survey) -> tuple[tuple[str, int], ...]:
    """The recurrent layers, which some devices run as one operator that it has no rule for."""
    trace = survey.trace
    unseen = sum(
        survey.macs[index] or 0
        for index in trace.steps
        if isinstance(trace.calls[index].op, Recurrent)
        and not _is_packed(trace, trace.calls[index])
    )
    return (("recurrent layers that run as one operator", -unseen),) if unseen else ()


def not_listed(survey: Survey) -> tuple[tuple[str, int], ...]:
    """What those who go by `Module.parameters` leave out: packed parameters."""
    packed = parameters.count(
        p for m in survey.trace.modules for p in m.parameters if p.packed and p.same_as is None
    )
    return (("packed parameters that it does not list", -packed.total),) if packed.total else ()


def counted_again(survey: Survey, whole: Figure) -> tuple[tuple[str, int], ...]:
    """What torchinfo has twice: a network whose method calls the network itself."""
    again = sum(call.module == "" for call in survey.trace.calls) - 1
    return (
        (("the network again, which calls itself", again * whole),)
        if isinstance(whole, int)
        else ()
    )


def _is_packed(trace: Trace, call: Call) -> bool:
    """Whether a step is of a layer whose weights are packed."""
    if call.module is None:
        return False
    inside = parameters.subtree(trace, call.module)
    return any(own.packed for module in inside for own in module.parameters)


def counted_by_torchinfo(survey: Survey) -> tuple[tuple[str, int], ...]:
    """What torchinfo's multiply-adds have beside ours (negative: what they miss), by reason.

    Its rule: for each call of a module without children, the elements of its weight and bias times
    the batch; for a class with "Conv" in its name, times the output's spatial sizes too. Parameters
    of names like "weight_ih_l0" count times the first two sizes of the output.
    """
    trace = survey.trace
    found: dict[str, int] = {}

    def add(reason: str, amount: int) -> None:
        if amount:
            found[reason] = found.get(reason, 0) + amount

    for index in trace.steps:
        call = trace.calls[index]
        ours = survey.amounts(index, trace.last_descendant[index]).macs
        if call.module is None:
            add("functions that it does not see", -ours)
            continue
        if call.past_hooks:
            add(PAST_HOOKS, -ours)
            continue
        module = trace.module_at[call.module]
        if _is_packed(trace, call):
            add("quantized layers that it does not see", -ours)
            continue
        if module.children or isinstance(call.op, Container) or not call.outputs:
            add("modules with children", -ours)
            continue
        weight, bias = _own(module.parameters)
        times = _times(survey, call, "Conv" in module.class_name)
        if isinstance(call.op, Norm):
            add("norm weights and biases", times * (weight + bias))
            continue
        shape = trace.spec(call.outputs[0]).shape
        weights, biases = _others(module.parameters)
        if isinstance(call.op, Recurrent):
            add("recurrent biases", prod(shape[:2]) * biases)
            add("outputs it takes for other sizes", prod(shape[:2]) * weights - ours)
            continue
        kind = "convolution" if "Conv" in module.class_name else "linear"
        add(f"{kind} biases", times * bias)
        more = prod(shape[:2]) * (weights + biases)
        add("outputs it takes for other sizes", times * weight + more - ours)
    return tuple(found.items())


def _own(parameters: Sequence[ParameterSpec]) -> tuple[int, int]:
    """Elements of the weight and of the bias."""
    sizes = {own.name: own.tensor.elements for own in parameters}
    return sizes.get("weight", 0), sizes.get("bias", 0)


def _others(parameters: Sequence[ParameterSpec]) -> tuple[int, int]:
    """Elements of what has a longer name: "weight_ih_l0", "bias_ih_l0"."""
    longer = [own for own in parameters if own.name not in ("weight", "bias")]
    weights = sum(own.tensor.elements for own in longer if "weight" in own.name)
    biases = sum(own.tensor.elements for own in longer if own.name.startswith("bias"))
    return weights, biases


def _times(survey: Survey, call: Call, spatial: bool) -> int:
    shape = survey.trace.spec(call.outputs[0]).shape
    return (shape[0] if shape else 1) * (prod(shape[2:]) if spatial else 1)
