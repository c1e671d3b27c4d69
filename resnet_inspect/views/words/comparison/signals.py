"""Where what flows differs between two networks, and by how much, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_inspect.analysis.comparison.signals import MATTERS, Both, SignalComparison
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.sides import against, listed, part_label
from resnet_inspect.views.words.signals import number

SIDES = ("left", "right")

_MOST = 3
"""How many parts of the network are named."""
_NAMED = {"gradient": "the gradient's root mean square", "output": "the outputs' spread"}


def conclusions(found: SignalComparison) -> Iterator[str]:
    """How the gradients of both run, and where gradients and outputs differ, a fact a line."""
    left, right = found.sides
    if left is None or right is None:
        yield f"only the {SIDES[left is None]} has signals: there is nothing to compare them with"
        return
    yield from _unlike(left, right)
    if left.growth is not None and right.growth is not None:
        both = against(number(left.growth.ratio), number(right.growth.ratio))
        yield f"gradient at the first convolution over that at the last: {both}"
    for what in ("gradient", "output"):
        yield _where(found, what)
    yield from _broken(left, right)


def _unlike(left: Signal, right: Signal) -> Iterator[str]:
    """In one line, what was not the same when they were watched."""
    pairs = zip(_settings(left), _settings(right), strict=True)
    differ = [against(mine, theirs) for mine, theirs in pairs if mine != theirs]
    if differ:
        yield f"not watched alike: {', '.join(differ)}"


def _settings(signal: Signal) -> tuple[str, ...]:
    trace, signals = signal.survey.trace, signal.signals
    spec = trace.spec(trace.inputs[0]) if trace.inputs else None
    shape, dtype = ("no input", "") if spec is None else (text.shape(spec.shape), spec.dtype)
    loss = f"a loss of {signals.loss_name.replace('-', ' ')}" if signals.loss_name else "no loss"
    return shape, dtype, trace.provenance.mode, loss, f"step {signals.step}"


def _where(found: SignalComparison, what: str) -> str:
    named = _NAMED[what]
    apart = sorted(found.apart(what), key=lambda one: -one[1].factor)
    if not apart:
        known = [both.is_known for both in found.of_parts(what)]
        if not any(known):
            return f"{named} is known after no part on both sides"
        where = "" if all(known) else " after which both are known"
        return f"{named} is within a factor of {MATTERS:g} after every part{where}"
    said = [
        f"{_times(both)} after {part_label(found.difference, part)}" for part, both in apart[:_MOST]
    ]
    more = len(apart) - _MOST
    if more > 0:
        said.append(f"a factor of {MATTERS:g} or more after {text.count(more, 'other')}")
    return f"{named}, right over left: {listed(said)}"


def _times(both: Both) -> str:
    assert both.left is not None
    assert both.right is not None
    values = against(*(number(value) for value in (both.left, both.right)))
    return values if both.ratio is None else f"{number(both.ratio)} ({values})"


def _broken(left: Signal, right: Signal) -> Iterator[str]:
    for side, signal, other in (("left", left, right), ("right", right, left)):
        broken = signal.broken
        if broken is not None and other.broken is None:
            path = signal.survey.trace.calls[broken.call].path
            yield f"only the {side} has what is not finite, first from {path}"
