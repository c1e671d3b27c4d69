"""Second opinions on a trace's figures: which agree, and why the others differ.

A difference is explained only if the rules of the other tool, applied to this trace, give its
figure to the last unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from resnet_inspect.analysis import torchinfo
from resnet_inspect.analysis.counts import macs, parameters
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.torchinfo import Parts, is_packed
from resnet_inspect.traces.ops import Conv, Recurrent

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
    uncounted: tuple[tuple[str, int], ...] = ()
    """What ours has no rule for, and how often it runs: ours is at least so much."""

    @property
    def comparable(self) -> bool:
        """Whether both have an opinion; without one there is neither agreement nor difference."""
        return self.opinion.value is not None and not self.uncounted

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
            return self.comparable and self.difference == 0
        return self.opinion.value == self.ours

    @property
    def sound(self) -> bool:
        """Whether it agrees, is explained, or cannot be compared."""
        return not self.comparable or self.agrees or bool(self.explained)


@dataclass(frozen=True, slots=True)
class Built:
    """What only a network with numbers tells, and others count by."""

    pruned: Mapping[str, int] = field(default_factory=dict)
    """How many numbers a mask prunes (`torch.nn.utils.prune`), by the parameter's full name."""
    made: int = 0
    """The MACs of what makes parametrized weights (`torch.nn.utils.parametrize`)."""


def judge(
    survey: Survey, opinions: Sequence[Opinion], built: Built | None = None
) -> tuple[Verdict, ...]:
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
        uncounted = totals.not_counted if opinion.figure == "macs" else ()
        verdict = Verdict(ours[opinion.figure], opinion, uncounted=uncounted)
        verdicts.append(_explained(verdict, _ways(survey, opinion, built or Built())))
    return tuple(verdicts)


def _ways(survey: Survey, opinion: Opinion, built: Built) -> Iterator[Parts]:
    """What this tool may count beside ours, the likely first."""
    match opinion.by.split()[0], opinion.figure:
        case "torchinfo", "macs":
            yield torchinfo.macs(survey, built.pruned) or ()
        case "torchinfo", "parameters":
            yield (*torchinfo.parameters(survey, built.pruned), *not_listed(survey))
        case "torchinfo", "trainable":
            yield torchinfo.parameters(survey, built.pruned, trainable=True)
        case _, "parameters":
            yield not_listed(survey)
        case "FlopCounterMode", "macs":
            made = (("how parametrized weights are made", built.made),) if built.made else ()
            parts = (*counted_by_flop_counter(survey), *made)
            yield parts
            yield (*parts, *_fused(survey))


def _explained(verdict: Verdict, ways: Iterator[Parts]) -> Verdict:
    """The verdict with the first reasons that make up the difference to the last unit."""
    if not verdict.comparable or not verdict.difference:
        return verdict
    fitting = (parts for parts in ways if verdict.difference == sum(n for _, n in parts))
    return replace(verdict, explained=next(fitting, ()))


def counted_by_flop_counter(survey: Survey) -> Parts:
    """What `FlopCounterMode` has beside ours, by reason.

    It sees what torch runs: a complex convolution as three real ones, after Gauss; a complex
    product of matrices as one.
    """
    trace = survey.trace
    steps = [trace.calls[index] for index in trace.steps]
    convolutions = [call for call in steps if isinstance(call.op, Conv)]
    found = sum(2 * macs.of_complex_numbers(trace, call) for call in convolutions)
    deformable = sum(  # what moves their windows is given to them
        survey.macs[call.index] or 0
        for call in convolutions
        if call.module is not None and len(call.inputs) > 1
    )
    unseen = sum(survey.macs[call.index] or 0 for call in steps if is_packed(trace, call))
    parts = (
        ("three real convolutions for each complex one", found),
        ("deformable convolutions, which it has no rule for", -deformable),
        ("quantized layers that it does not see", -unseen),
    )
    return tuple(part for part in parts if part[1])


def _fused(survey: Survey) -> Parts:
    """The recurrent layers, which some devices run as one operator that it has no rule for."""
    trace = survey.trace
    unseen = sum(
        survey.macs[index] or 0
        for index in trace.steps
        if isinstance(trace.calls[index].op, Recurrent) and not is_packed(trace, trace.calls[index])
    )
    return (("recurrent layers that run as one operator", -unseen),) if unseen else ()


def not_listed(survey: Survey) -> Parts:
    """What those who go by `Module.parameters` leave out: packed parameters."""
    packed = parameters.count(
        p for m in survey.trace.modules for p in m.parameters if p.packed and p.same_as is None
    )
    return (("packed parameters that it does not list", -packed.total),) if packed.total else ()
