"""The taps of a network: for every stride the last map that all of the data flows through.

A map inside a branch is none: what comes out of the block is more. What stands before the next
stride and looks no further (a norm, a 1×1 convolution that widens) is of the module that makes the
next stride, if that takes the map before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from resnet_inspect.analysis.geometry.receptive_field import Number
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import encoder_end, maps, places
from resnet_inspect.analysis.taps.maps import Map, Maps
from resnet_inspect.analysis.taps.tap import Tap, Taps
from resnet_inspect.analysis.taps.ways import Ways
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.tensors import Shape


def find(survey: Survey) -> Taps:
    """The taps of a network; none where no feature map is left at the end."""
    known = maps.find(survey)
    if known is None:
        return Taps(())
    ways = Ways(survey, known)
    end = encoder_end.find(ways)
    unplaced = tuple(
        dict.fromkeys(places.name_of(survey.trace, lost)[0] for lost in known.unplaced)
    )
    if end is None or end.activation not in survey.trace.producer:
        return Taps((), image=known.image, unplaced=unplaced)
    down = _ordered(survey, _down(ways, end))
    own = {tap.activation for tap in down}
    up = [one for one in _up(ways, end) if one.activation not in own]
    origin = "" if known.given else _origin(survey, known.origin)
    layer = places.layer_before(survey.trace, end.activation)
    last = _tap(survey, end)
    path = "" if layer is None else layer.path
    tokens = _tokens(survey, end)
    up_ordered = _ordered(survey, up)
    return Taps(down, up_ordered, known.image, origin, last, path, unplaced, tokens)


def _origin(survey: Survey, image: int) -> str:
    trace = survey.trace
    if image in trace.producer:
        return f"{places.name_of(trace, image)[0]} gives"
    return f"{trace.calls[trace.consumers[image][0]].path} takes"


def _tokens(survey: Survey, end: Map) -> str:
    """The first block behind the last map that is of tokens: all the network's blocks are there."""
    blocks = survey.anatomy.blocks
    behind = [block for block in blocks if block.fork > end.activation]
    return behind[0].path if behind and len(behind) == len(blocks) else ""


def _ordered(survey: Survey, found: Sequence[Map]) -> tuple[Tap, ...]:
    made = [one for one in found if one.activation in survey.trace.producer]  # not the input
    return tuple(_tap(survey, one) for one in sorted(made, key=lambda one: one.level))


def _tap(survey: Survey, one: Map) -> Tap:
    return Tap(*places.name_of(survey.trace, one.activation), one)


def _down(ways: Ways, end: Map) -> list[Map]:
    """The last map of each stride on the way to this one, as a module gives it with the others."""
    trunk = ways.trunk(end.activation)
    last: dict[tuple[Number, ...], Map] = {}
    for one in trunk:
        last[one.stride] = one
    found = {stride: _before_transition(ways, one, trunk) for stride, one in last.items()}
    levels = {one.level for one in trunk}
    for one in ways.before(end.activation):
        branch = one.activation in ways.worked and one.level not in levels
        if (branch or one.activation in ways.mixed) and not _is_another_run(
            ways, one, found.get(one.stride)
        ):
            found[one.stride] = one
    for given in ways.together():
        pure = ways.mixed.isdisjoint(given) and ways.weighted.issuperset(given)
        if end.activation in given and (ways.mixes or pure):
            found |= {one.stride: one for one in given.values()}
    return list(found.values())


def _is_another_run(ways: Ways, one: Map, first: Map | None) -> bool:
    """Whether the layer that gave the first map of this stride is run again, on other data."""
    return (
        first is not None
        and ways.maker(one.activation).path == ways.maker(first.activation).path
        and first not in ways.before(one.activation)
    )


def _before_transition(ways: Ways, last: Map, trunk: Sequence[Map]) -> Map:
    """What the module that makes the next stride takes, if the map is only that and no more."""
    trace = ways.trace
    alike = {
        one.activation: one
        for one in trunk
        if one.stride == last.stride and one.field and last.field and not last.field.whole
        and one.field.size == last.field.size and one.activation < last.activation
    }  # fmt: skip
    chosen = last
    index = trace.calls[trace.producer[last.activation]].parent
    while index:
        call = trace.calls[index]
        taken = [alike[p.activation] for p in call.inputs if p.activation in alike]
        if taken and _leaves(ways, call, last):
            chosen = taken[-1]
        index = call.parent
    return chosen


def _leaves(ways: Ways, call: Call, last: Map) -> bool:
    """Whether a call makes a map of another stride of this one."""
    found: Maps = ways.maps
    steps = ways.trace.steps_within(call.index, ways.trace.last_descendant[call.index])
    return any(
        port.activation in found.at and found.at[port.activation].stride != last.stride
        for step in steps
        if step > ways.trace.producer[last.activation]
        for port in ways.trace.calls[step].outputs
    )


def _up(ways: Ways, end: Map) -> list[Map]:
    """What a decoder gives: the maps that a module gives together, or the last of each stride."""
    if ways.mixes or not ways.mixed:
        return []
    found: dict[int, Map] = {}
    for given in ways.together():
        if not any(activation in ways.mixed for activation in given):
            continue
        if not found or _shapes(given) == _shapes(found):
            found = given
    if found:
        return list(found.values())
    every = [
        [o for o in ways.before(port.activation) if o.activation in ways.mixed - ways.answers]
        for port in ways.trace.outputs
    ]
    every = [way for way in every if not any(set(way) < set(other) for other in every)]
    last: dict[tuple[Number, ...], Map] = {}
    for stride in dict.fromkeys(one.stride for way in every for one in way):
        alike = [way for way in ([o for o in way if o.stride == stride] for way in every) if way]
        # What several heads take, before the layers of each; else what the last of them has.
        shared = [one for one in alike[0] if all(one in way for way in alike[1:])]
        worked = [one for one in shared if one.activation in ways.worked]
        one = (worked if len(alike) > 1 and worked else alike[-1])[-1]
        way = next(way for way in every if one in way)
        last[stride] = _before_transition(ways, ways.before_resampling(one), way)
    return list(last.values())


def _shapes(given: dict[int, Map]) -> set[Shape]:
    return {one.shape for one in given.values()}
