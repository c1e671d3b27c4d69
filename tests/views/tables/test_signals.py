"""What flows, as rows, sentences and plots; nothing here imports torch."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from saved import NAMES, trace_of
from signals import changed, signal_of, signals

from resnet_inspect.analysis.signals.signal import Signal
from resnet_inspect.errors import TraceFileError, UnknownName, UsageError
from resnet_inspect.formats.figures import render_picture
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.signals import mismatch
from resnet_inspect.views.figures.signals import as_text, propagation
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.signals import SIGNALS, side_by_side, view
from resnet_inspect.views.tables.table import Table
from resnet_inspect.views.words.signals import remarks_of

EVERYTHING = Selection(everything=True)


def rows_of(table: Table) -> dict[str, dict[str, object]]:
    return {str(table.values(row)["path"]): table.values(row) for row in table.rows}


@pytest.mark.parametrize("name", NAMES)
def test_any_network_has_every_view_and_is_read_back(name: str) -> None:
    signal = signal_of(name)
    for one in ("layers", "blocks", "stages"):
        table = view(signal, one, EVERYTHING)
        assert set(SIGNALS) <= set(table.index)
        for row in table.rows:
            assert len(table.values(row)) == len(table.columns)
    watched = (signal.survey.trace, (signal.signals,))
    assert codec.loads_signals(codec.dumps_signals(watched)) == watched
    assert codec.loads(codec.dumps_signals(watched)) == watched[0]


@pytest.mark.parametrize("one", ["layers", "blocks", "stages"])
def test_a_filter_can_name_what_flows(one: str) -> None:
    signal = signal_of("resnet18")
    every = rows_of(view(signal, one, EVERYTHING))
    found = rows_of(view(signal, one, Selection(where="std>30 layer3")))
    below = {path for path in found if not any(other.startswith(f"{path}.") for other in found)}
    expected = {
        path
        for path, row in every.items()
        if "layer3" in path and row["output_std"] is not None and row["output_std"] > 30  # type: ignore[operator]
    }
    assert below - {"not shown", ""} <= expected
    assert len(below) > 1


def test_a_row_has_what_its_last_call_gives() -> None:
    signal = signal_of("resnet18")
    trace = signal.survey.trace
    layers = rows_of(view(signal, "layers", EVERYTHING))
    stages = rows_of(view(signal, "stages", Selection()))
    for path in ("conv1", "layer2.0.conv1", "fc"):
        assert layers[path]["output_std"] == 1.0 + trace.calls_at[path][0]
        assert layers[path]["zeros"] == pytest.approx(0.5, abs=1e-3)
    assert stages["layer2"]["output_std"] == 1.0 + trace.calls_at["layer2"][0]
    calls = len(trace.calls)
    assert layers["conv1"]["gradient_rms"] == pytest.approx(2.0 ** (calls - 1))


def test_norms_of_weights_sum_in_squares() -> None:
    signal = signal_of("resnet18")
    layers = rows_of(view(signal, "layers", EVERYTHING))
    blocks = rows_of(view(signal, "blocks", EVERYTHING))
    assert layers["conv1"]["weight_norm"] == pytest.approx((64 * 3 * 49) ** 0.5)
    assert layers["conv1"]["weight_gradient_norm"] == pytest.approx((64 * 3 * 49) ** 0.5 / 2)
    assert layers["conv1"]["weight_ratio"] == pytest.approx(0.5)
    inside = [
        row for path, row in layers.items() if path.startswith("layer2.0.") and row["weight_norm"]
    ]
    together = sum(float(str(row["weight_norm"])) ** 2 for row in inside) ** 0.5
    assert blocks["layer2.0"]["weight_norm"] == pytest.approx(together)
    assert layers["maxpool"]["weight_norm"] is None


def test_a_block_has_what_meets_at_its_add() -> None:
    signal = signal_of("resnet18")
    trace = signal.survey.trace
    blocks = rows_of(view(signal, "blocks", EVERYTHING))
    branch = 1.0 + trace.calls_at["layer2.0.bn2"][0]
    shortcut = 1.0 + trace.calls_at["layer2.0.downsample.1"][0]
    row = blocks["layer2.0"]
    assert (row["branch_std"], row["shortcut_std"]) == (branch, shortcut)
    assert row["branch_share"] == pytest.approx(branch**2 / (branch**2 + shortcut**2))
    identity = blocks["layer2.1"]
    assert identity["shortcut_std"] == 1.0 + trace.calls_at["layer2.0.relu"][1]
    assert blocks["layer2"]["branch_std"] is None


def test_what_is_not_finite_is_said_with_what_went_in() -> None:
    signal = changed(signal_of("resnet18"), "layer2.0.bn1", nonfinite=7, std=None)
    broken = signal.broken
    assert broken is not None
    assert signal.survey.trace.calls[broken.call].path == "layer2.0.bn1"
    (said,) = [line for line in remarks_of(signal) if "first to give" in line]
    assert "7 elements" in said
    assert "layer2.0.conv1" in said
    row = rows_of(view(signal, "layers", EVERYTHING))["layer2.0.bn1"]
    assert (row["nonfinite"], row["output_std"]) == (7, None)
    assert not any("first to give" in line for line in remarks_of(signal_of("resnet18")))


def test_several_networks_stand_side_by_side() -> None:
    one, other = signal_of("resnet18"), signal_of("plain")
    table = side_by_side([one, other])
    first, second = (table.values(row) for row in table.rows)
    assert one.growth is not None
    assert first["gradient_growth"] == one.growth.ratio
    assert first["network"] == "resnet18"
    assert second["layers"] == len(other.depth)


@pytest.mark.parametrize("name", ["resnet18", "plain", "r3d_18", "names"])
def test_a_plot_is_a_picture_and_lines_of_characters(name: str) -> None:
    one = signal_of(name)
    drawn = ElementTree.fromstring(render_picture(propagation([one, one]), "svg"))
    assert drawn.tag.endswith("svg")
    for width in (40, 72, 120):
        assert max(map(len, as_text([one], width))) <= width
    stages = len(one.survey.anatomy.stages)
    labels = [text.text for text in drawn.iter() if (text.text or "").startswith("stage ")]
    assert len(labels) == 2 * stages


def test_a_plot_shows_where_the_numbers_are() -> None:
    lines = as_text([signal_of("resnet18")], 72, 12)
    start = lines.index("root mean square of the gradient")
    plot = [line.partition("│")[2] for line in lines[start:]]
    marks = [(y, x) for y, line in enumerate(plot) for x, c in enumerate(line) if c == "o"]
    tops = sorted(marks, key=lambda mark: mark[1])
    assert [y for y, _ in tops] == sorted(y for y, _ in tops), "it falls from left to right"
    assert len({x for _, x in marks}) == len(signal_of("resnet18").depth)


def test_what_cannot_be_plotted_is_refused() -> None:
    with pytest.raises(UsageError, match="told apart"):
        propagation([signal_of("plain")] * 7)
    trace = trace_of("resnet18")
    nothing = replace(signals(trace), flows=(None,) * len(trace.calls))
    with pytest.raises(UsageError, match="no convolution"):
        as_text([Signal(signal_of("resnet18").survey, nothing)])
    with pytest.raises(UnknownName, match="colour"):
        view(signal_of("plain"), "layers", Selection(columns=("colour",)))


def test_signals_of_another_trace_are_refused() -> None:
    trace, other = trace_of("resnet18"), trace_of("plain")
    assert mismatch(trace, [signals(trace)]) is None
    assert mismatch(trace, []) is not None
    with pytest.raises(TraceFileError, match="another number of calls"):
        codec.loads_signals(codec.dumps_signals((trace, (signals(other),))))
    written = codec.dumps_signals((trace, (signals(trace),)))
    for damage in ('"mean":0.5', '"std":1.0'):
        name = damage.split(":")[0]
        with pytest.raises(TraceFileError, match="a number"):
            codec.loads_signals(written.replace(damage, f"{name}:NaN"))


@pytest.mark.parametrize("numbers", [(0.0, 5e-324), (1.7e308, 5e-324), (1.7e308, 1.7e308)])
def test_numbers_at_the_ends_of_what_is_finite_have_rows_sentences_and_plots(
    numbers: tuple[float, float],
) -> None:
    signal = signal_of("resnet18")
    for path, number_there in zip(("conv1", "layer4.1.conv2"), numbers, strict=True):
        names = ("mean", "std", "largest", "gradient_norm")
        signal = changed(signal, path, **dict.fromkeys(names, number_there))
    weights = tuple(replace(one, norm=numbers[0]) for one in signal.signals.weights)
    signal = Signal(signal.survey, replace(signal.signals, weights=weights))
    assert mismatch(signal.survey.trace, [signal.signals]) is None
    for name in ("layers", "blocks", "stages"):
        assert view(signal, name, EVERYTHING).rows
    assert list(remarks_of(signal))
    assert list(as_text([signal], 80, 20))
    assert render_picture(propagation([signal]), "svg")


def test_of_nothing_no_part_is_zero() -> None:
    signal = changed(signal_of("resnet18"), "conv1", elements=0, zeros=0)
    row = rows_of(view(signal, "layers", EVERYTHING))["conv1"]
    assert (row["zeros"], row["gradient_rms"]) == (None, None)
