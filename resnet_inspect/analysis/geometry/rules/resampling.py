"""Interpolations and shuffles between channels and positions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd

from resnet_inspect.analysis.geometry.motion import mixed, slid, through
from resnet_inspect.analysis.geometry.rules.sliding_windows import averaged
from resnet_inspect.analysis.geometry.state import Given, Known, Lost, State
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Resample
from resnet_inspect.traces.tensors import Shape

_NOT_BY_PLACE = {
    "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "grid_sample", "affine_grid",
    "max_unpool1d", "max_unpool2d", "max_unpool3d", "maxunpool1d", "maxunpool2d", "maxunpool3d",
    "fractional_max_pool2d", "fractionalmaxpool2d", "fractionalmaxpool3d",
    "lp_pool1d", "lp_pool2d", "lp_pool3d",
}  # fmt: skip
"""Where these look is a matter of values, of chance, or not recorded."""

_REACH = {"nearest": 0, "nearest-exact": 0, "bicubic": 2}
"""How many elements an interpolated one takes to each side; one for all others."""


def resample(
    call: Call, op: Resample, given: Given, before: Sequence[Shape], shape: Shape
) -> Known:
    """An interpolation, or a shuffle between channels and positions."""
    state = given[0]
    rank = len(shape)
    if len(state.layout) != rank or op.name in _NOT_BY_PLACE or any(s.sees for s in given[1:]):
        return Lost(call.path)
    if op.name == "area":
        return averaged(state, 2, call.path, before[0], shape)
    shuffles = "shuffle" in op.name
    first = rank - 2 if shuffles else 2
    if shuffles and rank < 3:
        return Lost(call.path)
    if shuffles:
        state = mixed(state, rank - 3, call.path, shape[rank - 3])
    for place in range(first, rank):
        size, made = before[0][place], shape[place]
        if "unshuffle" in op.name:
            step = size // max(made, 1)
            state = slid(state, place, call.path, made, 0, step, 1, step)
        elif size and made and (size != made or (_REACH.get(op.name, 1) and op.antialias)):
            state = _interpolated(state, place, call.path, size, made, op)
    return state


def _interpolated(state: State, place: int, call: str, size: int, made: int, op: Resample) -> State:
    """Behind an interpolation of `size` elements to `made`."""
    shared = gcd(size, made)
    period, advance = made // shared, size // shared
    reach = _REACH.get(op.name, 1)
    is_even = 1 in (period, advance)
    slack = 0 if is_even else 1  # the factor that was asked for may be another than the sizes'

    def taken(p: int) -> Sequence[int]:
        at = Fraction(p * advance, period)
        if reach == 0:
            exact = op.name == "nearest-exact"
            on = (at + Fraction(advance, 2 * period) if exact else at).__floor__()
            return range(on - slack, on + slack + 1)
        scale = Fraction(advance, period)
        low = high = at + (scale - 1) / 2
        if op.align_corners:
            low, high = at + min(scale - 1, Fraction(0)), at + max(scale - 1, Fraction(0))
        if op.antialias and scale > 1:
            wide = scale * reach
            return range((low - wide).__floor__(), (high + wide).__floor__() + 2)
        return range(low.__floor__() - reach + 1 - slack, high.__floor__() + reach + slack + 1)

    return through(state, place, call, made, period, advance, taken, keeps_start=True)
