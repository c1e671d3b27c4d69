"""What signals say, in sentences; each only where it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_inspect.analysis.signals.findings import gradient_rms
from resnet_inspect.analysis.signals.run import Run
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.views.words import text

_NAMED = 3
"""How many layers are named before the others are counted."""
_STEADY = 3.0
"""A gradient that changes by less than this factor is not said to grow or fall."""


def number(value: float) -> str:
    """Three digits or more: 0.318, 1.00, 12,000, 4.50e-8."""
    if not value:
        return "0"
    if not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    return f"{value:#.3g}".rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"


def remarks_of(signal: Signal) -> Iterator[str]:
    """What a reader would otherwise have to find in the rows."""
    yield from _start(signal)
    yield from not_finite(signal)
    yield from _several(signal)
    yield from _gradient(signal)
    yield from _spread(signal)
    yield from _zeros(signal)
    yield from _without_gradient(signal)
    if signal.still:
        yield (
            f"{text.count(len(signal.still), 'parameter tensor')} that could be trained did not"
            f" change in this step: {_some([weight.path for weight in signal.still])}"
        )


def remarks_of_run(run: Run) -> Iterator[str]:
    """What the steps of a training say together; nothing of a single one."""
    if len(run.steps) < 2:
        return
    first, last = run.steps[0], run.steps[-1]
    if first.loss is not None and last.loss is not None:
        yield (
            f"from step {first.step:,} to step {last.step:,} the loss goes from"
            f" {number(first.loss)} to {number(last.loss)}"
        )
    ratios = {path: ratio for path, ratio in run.update_ratios.items() if path not in run.still}
    if ratios:
        least, most = min(ratios, key=ratios.__getitem__), max(ratios, key=ratios.__getitem__)
        yield (
            f"a step changes a parameter by {number(ratios[least])} of its norm ({least}) to"
            f" {number(ratios[most])} ({most}), in the median"
        )
        trained = {weight.path for step in run.steps for weight in step.weights if weight.trainable}
        if len(ratios) == len(trained):
            yield f"all {text.count(len(ratios), 'parameter tensor')} that can be trained do change"
    if run.still:
        yield (
            f"{text.count(len(run.still), 'parameter tensor')} that could be trained changed in"
            f" none of these steps: {_some(run.still)}"
        )


def _start(signal: Signal) -> Iterator[str]:
    signals = signal.signals
    if signals.loss_name in ("", "its own"):
        return
    names = {
        "cross-entropy": "the cross-entropy with random labels",
        "mean-square": "the mean square of its outputs",
    }
    value = "not finite" if signals.loss is None else number(signals.loss)
    yield f"the backward pass starts from {names[signals.loss_name]}, which is {value}"
    trace = signal.survey.trace
    norms = [
        module
        for module in trace.modules
        if module.python_class.qualname.startswith("BatchNorm") and module.buffers
    ]
    if norms and not any(module.training for module in norms):
        yield (
            "batch norms use their running statistics, which fresh weights do not have: --train"
            " takes those of the batch"
            if not _has_weights(signal)
            else "batch norms use their running statistics; --train takes those of the batch"
        )


def _has_weights(signal: Signal) -> bool:
    return any("weights" in note for note in signal.survey.trace.provenance.notes)


def not_finite(signal: Signal) -> Iterator[str]:
    """Where what is not finite begins, if anything is."""
    found = signal.broken
    if found is None:
        came = [f for f in signal.signals.flows if f is not None and f.gradient_nonfinite]
        weights = [one.path for one in signal.signals.weights if one.gradient_nonfinite]
        if came:
            at = text.count(len(came), "output")
            yield f"all outputs measured are finite, but the gradient is not at {at}"
        if weights:
            yield f"the gradient is not finite at {_some(weights)}"
        return
    path = signal.survey.trace.calls[found.call].path
    elements = text.count(found.nonfinite, "element")
    first = "the first to give" if found.is_all_known else "the first that was seen to give"
    if found.given:
        most = "" if found.largest is None else f", at most {number(found.largest)}"
        given = f"; what went in, from {text.some(found.given)}, was finite{most}"
    else:
        given = "; what went in is not known to be finite"
    yield f"{path} is {first} what is not finite: {elements}{given}"


def _several(signal: Signal) -> Iterator[str]:
    """Where gradients came more than once."""
    passes = [flow.gradient_passes for flow in signal.signals.flows if flow is not None]
    several = [number for number in passes if number > 1]
    if several:
        at = text.count(len(several), "output")
        yield (f"{max(several)} backward passes brought gradients to {at}, whose sum is not known")


def _gradient(signal: Signal) -> Iterator[str]:
    found = signal.growth
    if found is None:
        return
    start, end = gradient_rms(found.last.flow), gradient_rms(found.first.flow)
    between = f"from the last convolution ({found.last.path}) to the first ({found.first.path})"
    measured = f"its root mean square is {number(start or 0)} and {number(end or 0)}"
    if not found.ratio:
        yield f"no gradient is left at the first convolution ({found.first.path}): {measured}"
    elif found.ratio >= _STEADY:
        yield f"{between} the gradient grows {number(found.ratio)} times: {measured}"
    elif found.ratio <= 1 / _STEADY:
        yield f"{between} the gradient falls to 1 in {number(1 / found.ratio)}: {measured}"
    else:
        yield (
            f"the gradient at the last convolution ({found.last.path}) and at the first"
            f" ({found.first.path}) is alike within a factor of {_STEADY:g}: {measured}"
        )


def _spread(signal: Signal) -> Iterator[str]:
    stds = [(point, point.flow.std) for point in signal.depth if point.flow.std]
    if len(stds) < 2:
        return
    low, high = (choose(stds, key=lambda pair: pair[1]) for choose in (min, max))
    if high[1] / low[1] >= 1000:
        yield (
            f"outputs spread very differently: a standard deviation of {number(low[1])} at"
            f" {low[0].path}, {number(high[1])} at {high[0].path}"
        )


def _zeros(signal: Signal) -> Iterator[str]:
    found = list(signal.mostly_zero())
    if found:
        yield (f"more than 90% of the output is zero at {_some([point.path for point in found])}")


def _without_gradient(signal: Signal) -> Iterator[str]:
    has_gone_back = bool(signal.signals.loss_name)
    if not has_gone_back:
        yield "no backward pass was seen: what it gives takes no gradient, or none was asked for"
    if not signal.signals.is_whole:
        yield "the backward pass did not come to its end: what it had not reached has no gradient"
    trainable = [weight for weight in signal.signals.weights if weight.trainable]
    is_done = has_gone_back and signal.signals.is_whole
    found = [weight.path for weight in signal.untrained if is_done]
    frozen = [weight.path for weight in signal.signals.weights if not weight.trainable]
    if frozen:
        yield f"{text.count(len(frozen), 'parameter tensor')} frozen: {_some(frozen)}"
    if found and len(found) == len(trainable):
        yield (
            "no parameter was given a gradient: torch.autograd.grad gives none, nor does a loss"
            " that all are detached from"
        )
    elif found:
        yield (
            f"{text.count(len(found), 'parameter tensor')} that could be trained got no gradient"
            f" (unused, or detached from the loss): {_some(found)}"
        )


def _some(names: Sequence[str]) -> str:
    named = list(dict.fromkeys(names))
    more = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" and {more} more" if more > 0 else "")
