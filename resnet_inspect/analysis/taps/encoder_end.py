"""Where the way down ends: the deepest map before a head, a decoder, or the tokens of another.

A decoder is what makes larger maps of it: a module, or the forward itself. What fits the map to a
decoder or to tokens, as a 1×1 convolution or the narrow code of an autoencoder, is no part of the
way down.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from resnet_inspect.analysis.taps.maps import Map
from resnet_inspect.analysis.taps.ways import Ways
from resnet_inspect.traces.model import Call
from resnet_inspect.traces.ops import Activate, Conv, Elementwise, Join, Reshape


def find(ways: Ways) -> Map | None:
    """The last map on the way down; of two runs of one network, compared, that of the first."""
    end = _end(ways)
    return end and _of_one_run(ways, end)


def _of_one_run(ways: Ways, end: Map) -> Map:
    """What the same layers made in two runs, if the map is but a sum or product of both."""
    call = ways.maker(end.activation)
    while isinstance(call.op, Activate | Elementwise) and call.inputs:
        taken = {port.activation for port in call.inputs if port.activation in ways.maps.at}
        makers = {ways.maker(activation).path for activation in taken}
        if len(makers) != 1:
            break
        if len(taken) > 1:
            return ways.maps.at[min(taken)]
        call = ways.maker(taken.pop())
    return end


def _end(ways: Ways) -> Map | None:
    last = _last_feature_map(ways)
    if ways.mixes:
        return _last_mixture(ways)
    sources = [below for below, _ in ways.rises if below.activation not in ways.mixed]
    if sources:
        turn = max(sources, key=lambda one: (one.level, one.activation))
        given = _given_to_a_decoder(ways, turn)
        end = _before_skips(ways, given or turn)
        if not given and last and last.level == end.level:
            end = last if last in ways.before(end.activation) else end
        end = _before_latent(ways, ways.wide(end), turn)
        return _of_an_encoder(ways, end) or end
    if last is None:
        deepest = _deepest(ways.candidates)
        return deepest and _unprojected(ways, deepest)
    pyramids = (one for together in ways.together() for one in together.values())
    deeper = [one for one in pyramids if one.level > last.level]
    return _unprojected(ways, _deepest(deeper) or last)


def _last_feature_map(ways: Ways) -> Map | None:
    """The last map before the head, without its pool; None where that is no map of a sample."""
    activation = ways.survey.last_feature_map
    if activation is None:
        return None
    viewed = _viewed(ways, activation)
    if viewed not in ways.maps.at:
        return None
    way = [one for one in ways.trunk(viewed) if one.activation not in ways.mixed]
    return way[-1] if way else None


def _viewed(ways: Ways, activation: int) -> int:
    """The map behind the views that alone take a tensor, if there is one: tokens in rows."""
    found = activation
    while len(takers := ways.trace.consumers.get(activation, ())) == 1:
        call = ways.trace.calls[takers[0]]
        if not isinstance(call.op, Reshape) or len(call.outputs) != 1:
            break
        activation = call.outputs[0].activation
        found = activation if activation in ways.maps.at else found
    return found


def _last_mixture(ways: Ways) -> Map | None:
    """The deepest map of all branches together, without the widening before the head."""
    deepest = _deepest(ways.candidates)
    for port in ways.trace.outputs[:1]:
        way = [o for o in ways.trunk(port.activation) if deepest and o.level == deepest.level]
        if way:
            return next(one for one in way if _sees_alike(one, way[-1]))
    return deepest


def _deepest(among: Sequence[Map]) -> Map | None:
    return max(among, key=lambda one: (one.level, one.activation), default=None)


def _given_to_a_decoder(ways: Ways, turn: Map) -> Map | None:
    """The last map of the turn's level that a module takes which makes a larger map of it."""
    way = {
        one.activation: one
        for one in ways.before(turn.activation)
        if one.level == turn.level and one.activation in ways.worked
    }
    for call in ways.trace.calls[1:]:
        taken = [way[p.activation] for p in call.inputs if p.activation in way]
        if call.module is not None and taken and _rises_in(ways, call, turn):
            return max(taken, key=lambda one: one.activation)
    return None


def _of_an_encoder(ways: Ways, end: Map) -> Map | None:
    """The map of this size that a module gives with those of two strides more, if one does."""
    before = ways.before(end.activation)
    for given in ways.together():
        one = _deepest(list(given.values()))
        if one in before and one.level == end.level and len(given) > 2:
            return one
    return None


def _rises_in(ways: Ways, call: Call, turn: Map) -> bool:
    """Whether a call takes up the turn and gives nothing but larger maps."""
    last = ways.trace.last_descendant[call.index]
    given = [ways.maps.at[p.activation] for p in call.outputs if p.activation in ways.maps.at]
    after = (ways.trace.producer[made.activation] for below, made in ways.rises if below == turn)
    return any(call.index < step <= last for step in after) and all(
        one.level < turn.level for one in given
    )


def _before_latent(ways: Ways, given: Map, turn: Map) -> Map:
    """The last wide map before a narrow one of its size, if a layer before the turn widens it.

    What is put together of several maps is as wide as those, and says nothing.
    """
    alike = [one for one in ways.before(turn.activation) if one.stride == given.stride]
    on_the_way = {one.activation for one in ways.trunk(given.activation)}
    before = [
        one
        for one in alike
        if one.activation in on_the_way and not isinstance(ways.maker(one.activation).op, Join)
    ]
    widest = max((one.planes for one in before), default=0)
    widened = any(
        isinstance(ways.maker(one.activation).op, Conv)
        and one.planes >= 2 * given.planes
        and given.activation in ways.behind(one.activation)
        for one in alike
    )
    if 2 * given.planes > widest or not widened:
        return given
    return [one for one in before if 2 * one.planes > widest][-1]


def _before_skips(ways: Ways, turn: Map) -> Map:
    """The map before the first of the joins that take what is behind them in turn, if any do.

    A decoder may take skips at the deepest level too: of those joined later the older is older.
    One join alone is a skip's if layers have made the older of its level, and the other of it.
    """
    joins = []
    for step in ways.trace.steps:
        call = ways.trace.calls[step]
        taken = sorted({p.activation for p in call.inputs} & ways.maps.at.keys())
        alike = all(ways.maps.at[a].stride == turn.stride for a in taken)
        if (
            isinstance(call.op, Join)
            and alike
            and len(taken) > 1
            and call.outputs[0].activation <= turn.activation
        ):
            joins.append(taken)
    is_turn = len(joins) > 1 and all(a[0] > b[0] for a, b in pairwise(joins))
    if len(joins) == 1 and len(joins[0]) == 2:
        older, newer = (ways.maps.at[a] for a in joins[0])
        is_turn = older.activation in ways.worked and older in ways.trunk(newer.activation)
    return ways.maps.at[joins[0][-1]] if is_turn else turn


def _unprojected(ways: Ways, last: Map) -> Map:
    """A map before the 1×1 convolution, if it is one, that fits its channels to tokens."""
    takers = [ways.trace.calls[step] for step in ways.trace.consumers.get(last.activation, ())]
    is_for_tokens = takers and all(
        ways.is_of_queries(call)
        or (
            isinstance(call.op, Reshape)
            and ways.maps.at.keys().isdisjoint(port.activation for port in call.outputs)
        )
        for call in takers
    )
    return ways.wide(last) if is_for_tokens else last


def _sees_alike(one: Map, other: Map) -> bool:
    return one == other or (
        one.field is not None and other.field is not None and one.field.size == other.field.size
    )
