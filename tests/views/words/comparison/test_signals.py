"""Where what flows differs between two networks with signals made by hand, in sentences."""

from __future__ import annotations

from dataclasses import replace

from signals import changed, of, signal_of

from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.views.words.comparison.signals import conclusions


def test_where_they_differ_is_said_with_the_factor_the_largest_first() -> None:
    left = signal_of("resnet18")
    assert all("within a factor of 3" in said for said in list(conclusions(of(left, left)))[1:])
    right = left
    for path, factor in (("layer1", 5), ("layer3", 40), ("layer4", 2)):
        flow = left.signals.flows[left.survey.trace.calls_at[path][0]]
        assert flow is not None
        assert flow.gradient_norm is not None
        right = changed(right, path, gradient_norm=flow.gradient_norm * factor)
    (said,) = [line for line in conclusions(of(left, right)) if "gradient's" in line]
    assert said.index("40.0 (") < said.index("after stage 3") < said.index("5.00 (")
    assert "stage 4" not in said
    (other,) = [line for line in conclusions(of(right, left)) if "gradient's" in line]
    assert "0.0250 (" in other
    found = of(left, right)
    notable = [part.number for part in found.difference.sections if found.is_notable(part)]
    assert notable == [1, 3]


def test_what_is_not_alike_or_only_on_one_side_is_said() -> None:
    left = signal_of("resnet18")
    (said,) = conclusions(of("resnet18", left))
    assert said.startswith("only the right has signals")
    broken = changed(left, "conv1", nonfinite=3, std=None)
    later = Signal(left.survey, replace(broken.signals, step=100, loss_name="its own"))
    lines = list(conclusions(of(left, later)))
    assert "step 0 against step 100" in lines[0]
    assert "cross entropy against a loss of its own" in lines[0]
    assert "only the right has what is not finite, first from conv1" in lines[-1]


def test_what_is_known_on_no_side_is_not_said_to_be_alike() -> None:
    signal = signal_of("resnet18")

    def without(paths: tuple[str, ...]) -> Signal:
        calls = {signal.survey.trace.calls_at[path][0] for path in paths}
        flows = tuple(
            flow and replace(flow, gradient_norm=None) if not paths or index in calls else flow
            for index, flow in enumerate(signal.signals.flows)
        )
        return Signal(signal.survey, replace(signal.signals, flows=flows))

    for paths, expected in (
        ((), "is known after no part on both sides"),
        (("layer1",), "after every part after which both are known"),
    ):
        (said,) = [line for line in conclusions(of(signal, without(paths))) if "gradient's" in line]
        assert expected in said
