"""Why a forward pass raised: the call, what it got, what it wanted, and what would mend it.

A report is made from the trace alone, in three steps: the facts (`facts`), the diagnosis of the
first rule that knows the case, and the sentence. A rule speaks where the shapes and dtypes show
what is wrong (`by_shape`), or where torch's or Python's words leave no doubt (`by_message`).
Where none does, the exception's own first line stands, and nothing is advised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Conv, Linear, Norm, Op, Pool
from resnet_inspect.traces.tensors import Shape

if TYPE_CHECKING:
    from resnet_inspect.analysis.failure.facts import Facts


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a failure, from the call to the mend."""

    call: int
    """Index of the innermost call that raised."""
    name: str
    """Its path, with the network's name where the path has none."""
    window: str
    """"conv 7×7, stride 2×2, padding 3×3": what the layer is; "" where it says nothing."""
    got: str
    """"1×4×224×224 float32 from the input, on meta"; "" for a call that was given no tensor."""
    finding: str
    """What is wrong: "it takes 3 channels, not 4"; the exception's own words if no rule knows."""
    mend: str
    """What would likely mend it; "" if no rule knows."""

    @property
    def sentence(self) -> str:
        """All of it, in one line."""
        name = f"{self.name} ({self.window})" if self.window else self.name
        subject = f"{name} got {self.got}" if self.got else name
        return "; ".join(part for part in (f"{subject}: {self.finding}", self.mend) if part)


def report(trace: Trace) -> Report | None:
    """What is known of why a trace ends early; None for one that does not."""
    failure = trace.failure
    if failure is None:
        return None
    # Every view asks whether there is a failure; the rules are loaded where there is one.
    from resnet_inspect.analysis.failure import by_message, by_shape
    from resnet_inspect.analysis.failure.facts import Diagnosis, Facts

    facts = Facts(trace)
    rules = (by_message.certain, by_shape.diagnosis, by_message.diagnosis)  # the first is believed
    found = next((known for rule in rules if (known := rule(facts)) is not None), None)
    if found is None:
        found = Diagnosis(_own_words(facts), "")
    return Report(
        call=failure.call,
        name=facts.name,
        window=_window(facts.call.op),
        got=_got(facts),
        finding=found.finding,
        mend=found.mend,
    )


def sentence(trace: Trace) -> str:
    """Module path, window, what went in and from where, what is wrong and what would mend it.

    "conv1 (conv 7×7, stride 2×2, padding 3×3) got 1×4×224×224 float32 from the input, on meta: it
    takes 3 channels, not 4; drop the fourth channel (x[:, :3]), or make its in_channels 4". "" for
    a trace that did not fail.
    """
    found = report(trace)
    return "" if found is None else found.sentence


def _own_words(facts: Facts) -> str:
    """The exception's class and first line, and where it was raised if the trace knows."""
    said = facts.error if facts.error == facts.message else f"{facts.error}: {facts.message}"
    said = said.rstrip(". ")
    return f"{said} ({facts.where})" if facts.where else said


def _got(facts: Facts) -> str:
    if facts.error in {"KeyboardInterrupt", "RecursionError"} or not facts.given:
        return ""
    tensors = [f"{_shape(t.spec.shape)} {t.spec.dtype} from {t.maker}" for t in facts.given[:2]]
    if len(facts.given) > 2:
        tensors.append(f"{len(facts.given) - 2} more")
    # Where devices are the matter, the one that the network runs on is not known of each tensor.
    device = "" if "device" in facts.message.lower() else f", on {facts.trace.provenance.device}"
    return " and ".join(tensors) + device


def _window(op: Op) -> str:
    match op:
        case Conv(window=w) | Pool(window=w):
            kind = f"{op.kind} pool" if isinstance(op, Pool) else "conv"
            if isinstance(op, Conv) and op.transposed:
                kind = "transposed conv"
            parts = [
                f"{kind} {_shape(w.kernel_size)}",
                f"stride {_shape(w.stride)}",
                f"padding {_shape(w.padding)}",
            ]
            if set(w.dilation) != {1}:
                parts.append(f"dilation {_shape(w.dilation)}")
            if isinstance(op, Conv) and op.groups > 1:
                parts.append(f"{op.groups} groups")
            return ", ".join(parts)
        case Linear():
            return f"linear, {op.in_features:,} to {op.out_features:,}"
        case Norm():
            return (
                f"{op.kind} norm of {op.num_features:,}" if op.num_features else f"{op.kind} norm"
            )
        case _:
            return ""


def _shape(sizes: Shape) -> str:
    return "×".join(map(str, sizes)) or "scalar"
