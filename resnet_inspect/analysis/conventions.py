"""Multiply-accumulates by the conventions of others, from a trace: "why 4.09 and not 4.14".

Each convention is what it counts beside ours, by reason. Where a rule of its tool is not known for
what the trace has, it has no figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from resnet_inspect.analysis import torchinfo
from resnet_inspect.analysis.checks import Opinion, Verdict
from resnet_inspect.analysis.counts import macs
from resnet_inspect.analysis.structure import alternatives
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.torchinfo import PAST_HOOKS, Parts
from resnet_inspect.errors import UnknownName
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Attention,
    Conv,
    MatMul,
    Norm,
    Pool,
    Recurrent,
    Resample,
)


@dataclass(frozen=True, slots=True)
class Convention:
    """How others count."""

    about: str
    """What its figure has, in a few words."""
    parts: Callable[[Survey], Parts | None]
    """What it counts beside ours; None where its rules do not say."""


def _summed(found: list[tuple[str, int]]) -> Parts:
    sums: dict[str, int] = {}
    for reason, amount in found:
        sums[reason] = sums.get(reason, 0) + amount
    return tuple((reason, amount) for reason, amount in sums.items() if amount)


def _steps(survey: Survey) -> list[Call]:
    return [call for i in survey.trace.steps if (call := survey.trace.calls[i]).outputs]


def _is_affine(trace: Trace, call: Call) -> bool:
    return bool(call.reads) or (
        call.module is not None and bool(trace.module_at[call.module].parameters)
    )


def _fvcore(survey: Survey) -> Parts | None:
    """Its rules by operator, of `fvcore.nn.flop_count` 0.1.5."""
    trace, found = survey.trace, []
    for call in _steps(survey):
        given = trace.spec(call.inputs[0]).elements if call.inputs else 0
        made = trace.spec(call.outputs[0])
        ours = survey.macs[call.index] or 0
        match call.op:
            case Attention():
                return None  # which operators it runs as depends on how it is traced
            case Norm(kind="batch" | "group" | "layer" | "instance" as kind):
                module = None if call.module is None else trace.module_at[call.module]
                if module is not None and module.class_name == "FrozenBatchNorm2d":
                    continue
                training = trace.provenance.mode if module is None else module.training
                fused = kind == "batch" and training in (False, "eval")
                each = (1 if fused else 4) + _is_affine(trace, call)
                found.append(("norms", each * given))
            case AdaptivePool(kind="avg", output_size=sizes) if len(sizes) == 2:
                found.append(("average pools", given))
            case Resample(name="nearest" | "bilinear" as mode) if len(made.shape) == 4:
                found.append(("upsampling", made.elements * (4 if mode == "bilinear" else 1)))
            case MatMul(name="scaled_dot_product_attention"):
                found.append(("attention, which it has no rule for", -ours))
            case Recurrent():
                found.append(("recurrent layers, which it has no rule for", -ours))
    return _summed(found)


def _thop(survey: Survey) -> Parts | None:
    """Its rules by module, of `thop` 0.1.1."""
    trace, found = survey.trace, []
    for call in _steps(survey):
        ours = survey.macs[call.index] or 0
        given = trace.spec(call.inputs[0]) if call.inputs else None
        made = trace.spec(call.outputs[0]).elements
        if call.module is None:
            found.append(("functions that it does not see", -ours))
            continue
        if call.past_hooks:
            found.append((PAST_HOOKS, -ours))
            continue
        module = trace.module_at[call.module]
        if module.class_name in {"Softmax", "Upsample", "PReLU"} or isinstance(call.op, Recurrent):
            return None
        match call.op:
            case Norm(kind="batch" | "layer" | "instance"):
                if given is not None and module.class_name != "FrozenBatchNorm2d":
                    each = 4 if module.parameters else 2
                    found.append(("norms", each * given.elements))
            case Pool(kind="avg"):
                found.append(("average pools", made))
            case AdaptivePool(kind="avg") if given is not None:
                after = trace.spec(call.outputs[0]).shape
                window, rest = divmod(prod(given.shape[2:]), prod(after[2:]) or 1)
                if rest:
                    return None
                found.append(("average pools", (window + 1) * made))
            case Attention() | Pool(kind="blur"):
                found.append(("modules that it has no rule for", -ours))
    return _summed(found)


def _paper(survey: Survey) -> Parts | None:
    """As He et al. 2015 count theirs: strides first, and no projection between basic blocks."""
    found: list[tuple[str, int]] = []
    moved = [
        block
        for block in survey.anatomy.blocks
        if (at := alternatives.stride(survey, block)) is not None and at.version == "v1.5"
    ]
    if moved:
        other = alternatives.with_strides_moved(survey, moved)
        if other is None:
            return None
        amount = sum(own or 0 for own in macs.by_call(other)) - survey.totals.macs
        found.append(("strides on the first 1×1 of a bottleneck", amount))
    for block in survey.anatomy.blocks:
        if block.kind == "basic":
            for step in block.bypass:
                if isinstance(survey.trace.calls[step].op, Conv):
                    found.append(("shortcuts without projections", -(survey.macs[step] or 0)))
    return _summed(found)


CONVENTIONS: dict[str, Convention] = {
    "torchinfo": Convention("weights of norms and biases too", torchinfo.macs),
    "fvcore": Convention("norms and adaptive average pools too", _fvcore),
    "thop": Convention("norms four times, and average pools", _thop),
    "paper": Convention("as the ResNets of the paper are built", _paper),
}
"""Conventions by the name that asks for them."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Multiply-accumulates as others count them."""

    macs: int | None
    """None where a rule of theirs is not known, or where ours are not all known."""
    beside: Parts = ()
    """What they count beside ours, by reason; negative where they leave it out."""


def counted(survey: Survey, name: str) -> Counted:
    """The multiply-accumulates by a convention; raises `UnknownName` for one that is not there."""
    if name not in CONVENTIONS:
        raise UnknownName("convention", name, CONVENTIONS, see=f"known: {', '.join(CONVENTIONS)}")
    parts = CONVENTIONS[name].parts(survey)
    if parts is None or survey.totals.not_counted:
        return Counted(None)
    return Counted(survey.totals.macs + sum(amount for _, amount in parts), parts)


def verdict(survey: Survey, name: str) -> Verdict:
    """Our multiply-accumulates beside those by a convention, which its rules explain."""
    found = counted(survey, name)
    reason = "" if found.macs is not None else "something of this network has no rule"
    by = "as in the paper" if name == "paper" else f"as {name} counts"
    opinion = Opinion("macs", by, found.macs, reason=reason)
    return Verdict(survey.totals.macs, opinion, found.beside, survey.totals.not_counted)
