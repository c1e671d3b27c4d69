"""Where a trace comes from, as a title and as plain data."""

from __future__ import annotations

from dataclasses import replace

from saved import ByHand, trace_of

from resnet_inspect.traces.ops import Elementwise
from resnet_inspect.views.tables.assembly.provenance import entries, title


def test_a_title_has_the_name_the_input_and_how_it_was_traced() -> None:
    net = ByHand()
    trace = net.trace(net.step(":add", Elementwise("add"), (net.input(1, 3), net.input(5))))
    assert title(trace) == "network · 1×3 + 5 · meta · eval · torch 2.15"
    given = replace(trace.provenance, arguments=(("width", "2"), ("depth", "8")), versions=())
    assert (
        title(replace(trace, provenance=given))
        == "network(width=2, depth=8) · 1×3 + 5 · meta · eval"
    )
    assert title(replace(trace, inputs=())).startswith("network · no tensor · ")


def test_plain_data_has_all_of_it() -> None:
    source = trace_of("resnet50").provenance
    found = dict(entries(source))
    assert found["source"] == "torchvision:resnet50"
    assert found["versions"] == source.versions
    assert set(found) == {
        "source", "arguments", "device", "mode", "versions", "tool_version", "captured_at", "notes",
    }  # fmt: skip
