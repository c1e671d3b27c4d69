"""One step of a network beside its analyses, of signals made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import survey_of
from signals import changed, signal_of

from resnet_inspect.analysis.signals.findings import AtAdd
from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.traces.signals import Weight


def spans(signal: Signal, path: str) -> tuple[tuple[int, int]]:
    trace = signal.survey.trace
    index = trace.calls_at[path][0]
    return ((index, trace.last_descendant[index]),)


def weighing(signal: Signal, **changes: dict[str, object]) -> Signal:
    """With other numbers for the weights at these paths, __ for a dot."""
    named = {path.replace("__", "."): more for path, more in changes.items()}
    weights = tuple(replace(w, **named.get(w.path, {})) for w in signal.signals.weights)  # type: ignore[arg-type]
    return Signal(signal.survey, replace(signal.signals, weights=weights))


def test_a_run_of_calls_gives_what_the_outermost_that_ends_with_it_gives() -> None:
    signal = signal_of("resnet18")
    block, conv = spans(signal, "layer1.0"), spans(signal, "layer1.0.conv1")
    found = [signal.flow(one) for one in (block, conv)]
    # By hand the spread of a call is its index and one.
    assert [flow.std for flow in found if flow] == [1.0 + block[0][0], 1.0 + conv[0][0]]
    inner = ((block[0][0] + 1, block[0][1]),)
    (last,) = (signal.flow(inner),)
    assert last is not None
    assert last.std == 1.0 + block[0][1]  # the block itself is not among these calls
    assert signal.flow(()) is None


def test_the_weights_of_some_calls_are_those_called_so_each_once() -> None:
    signal = signal_of("resnet18")
    assert [w.path for w in signal.weights(spans(signal, "layer1.0"))] == [
        f"layer1.0.{name}.weight" for name in ("conv1", "bn1", "conv2", "bn2")
    ]
    assert [w.path for w in signal.weights(spans(signal, "fc"))] == ["fc.weight"]
    twice = (*spans(signal, "layer1.0.conv1"), *spans(signal, "layer1.0.conv1"))
    assert len(signal.weights(twice)) == 1
    assert signal.weights(spans(signal, "maxpool")) == ()


def test_tied_weights_are_those_of_their_first_name() -> None:
    signal = signal_of("oddities")
    assert [w.path for w in signal.weights(spans(signal, "decoder"))] == ["encoder.weight"]


def test_norms_of_several_weights_add_up_in_squares() -> None:
    signal = weighing(
        signal_of("resnet18"),
        layer1__0__conv1__weight={"norm": 3.0, "gradient_norm": 12.0, "update_ratio": 0.5},
        layer1__0__bn1__weight={"norm": 4.0, "gradient_norm": 5.0, "update_ratio": 0.25},
    )
    first, last = spans(signal, "layer1.0.conv1")[0][0], spans(signal, "layer1.0.bn1")[0][0]
    both = ((first, last),)
    assert signal.weight_norm(both) == 5.0
    assert signal.weight_gradient_norm(both) == 13.0
    # They changed by 1.5 and by 1.
    assert signal.update_ratio(both) == pytest.approx((1.5**2 + 1**2) ** 0.5 / 5)
    unknown = weighing(signal, layer1__0__bn1__weight={"gradient_norm": None, "update_ratio": None})
    assert unknown.weight_gradient_norm(both) is None
    assert unknown.update_ratio(both) is None
    assert unknown.weight_norm(both) == 5.0
    frozen = weighing(unknown, layer1__0__bn1__weight={"trainable": False})
    assert frozen.weight_gradient_norm(both) == 12.0
    assert frozen.update_ratio(both) == 0.5
    assert signal.weight_norm(spans(signal, "maxpool")) is None


def test_what_did_not_change_where_others_did_is_still() -> None:
    signal = signal_of("resnet18")
    assert signal.still == ()
    ratios: list[Weight] = [replace(w, update_ratio=0.0) for w in signal.signals.weights]
    none = Signal(signal.survey, replace(signal.signals, weights=tuple(ratios)))
    assert none.still == ()
    ratios[0] = replace(ratios[0], update_ratio=0.1)
    ratios[1] = replace(ratios[1], trainable=False)
    some = Signal(signal.survey, replace(signal.signals, weights=tuple(ratios)))
    assert some.still == tuple(ratios[2:])


def test_at_the_add_of_a_block_its_branch_and_its_shortcut_meet() -> None:
    signal = signal_of("resnet18")
    calls = signal.survey.trace.calls_at
    identity, projection = signal.survey.anatomy.blocks[:3:2]
    assert signal.of_block(identity) == AtAdd(
        1.0 + calls["layer1.0.bn2"][0], 1.0 + calls["maxpool"][0]
    )
    assert signal.of_block(projection) == AtAdd(
        1.0 + calls["layer2.0.bn2"][0], 1.0 + calls["layer2.0.downsample.1"][0]
    )
    assert signal.at_add(spans(signal, "layer1.0")) == signal.of_block(identity)
    assert signal.at_add(spans(signal, "layer1")) is None
    assert changed(signal, "layer1.0.bn2", std=None).of_block(identity) is None


def test_depth_is_the_main_path_without_shortcuts() -> None:
    paths = [point.path for point in signal_of("resnet18").depth]
    assert len(paths) == 18
    assert not any("downsample" in path for path in paths)
    assert (paths[0], paths[-1]) == ("conv1", "fc")


def test_growth_is_from_the_last_convolution_to_the_first() -> None:
    signal = signal_of("resnet18")
    growth = signal.growth
    assert growth is not None
    assert (growth.first.path, growth.last.path) == ("conv1", "layer4.1.conv2")
    # By hand the gradient doubles with every call towards the input.
    assert growth.ratio == pytest.approx(2.0 ** (growth.last.call - growth.first.call))
    nothing = changed(signal, "conv1", gradient_norm=0.0).growth
    assert nothing is not None
    assert nothing.ratio == 0
    for path, norm in (("conv1", None), ("layer4.1.conv2", 0.0), ("layer4.1.conv2", None)):
        assert changed(signal, path, gradient_norm=norm).growth is None


def test_the_first_that_is_not_finite_and_what_went_in() -> None:
    signal = signal_of("resnet18")
    assert signal.broken is None
    later = changed(signal, "layer3.0.conv1", nonfinite=9)
    broken = changed(later, "layer1.0.bn1", nonfinite=5, std=None).broken
    assert broken is not None
    assert (broken.call, broken.nonfinite) == (signal.survey.trace.calls_at["layer1.0.bn1"][0], 5)
    assert (broken.given, broken.largest) == (("layer1.0.conv1",), 4.0)
    assert broken.is_all_known
    first = changed(signal, "conv1", nonfinite=1).broken
    assert first is not None
    # No call made the image: it was not measured.
    assert (first.given, first.largest, first.is_all_known) == ((), None, False)


def test_mostly_zero_is_more_than_the_share() -> None:
    signal = signal_of("resnet18")
    call = signal.survey.trace.calls_at["layer1.0.relu"][0]
    elements = 64 * 56 * 56
    assert list(signal.mostly_zero()) == []
    for zeros, found in ((elements * 9 // 10, []), (elements * 9 // 10 + 1, [call])):
        part = changed(signal, "layer1.0.relu", zeros=zeros)
        assert [point.call for point in part.mostly_zero()] == found
    assert len(list(signal.mostly_zero(0.4))) > 10


def test_untrained_is_what_takes_a_gradient_and_got_none() -> None:
    signal = weighing(
        signal_of("resnet18"),
        conv1__weight={"gradient_norm": None},
        bn1__weight={"gradient_norm": None, "trainable": False},
        bn1__bias={"gradient_norm": None, "gradient_nonfinite": True},
    )
    assert [weight.path for weight in signal.untrained] == ["conv1.weight"]
    assert signal_of("plain").growth is not None
    assert Signal(survey_of("plain"), signal_of("plain").signals).untrained == ()
