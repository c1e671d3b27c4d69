"""A trace goes to JSON and back unharmed, and nothing else is ever taken for one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from damaged import must_be_one_line, places, put, refusal
from hypothesis import given
from hypothesis import strategies as st
from saved import DATA, NAMES, SMALL, steady, trace_of, traces

import resnet_inspect
from resnet_inspect.errors import TraceFileError
from resnet_inspect.traces.invariants import broken_reference, unsound
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import Trace


def test_a_saved_trace_is_the_same_after_a_round_trip(trace: Trace) -> None:
    assert codec.loads(codec.dumps(trace)) == trace


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_again_is_the_same_text(name: str) -> None:
    written = (DATA / f"{name}.json").read_text(encoding="utf-8")
    assert codec.dumps(codec.loads(written)) == written


@steady
@given(traces())
def test_any_trace_is_the_same_after_a_round_trip(trace: Trace) -> None:
    assert unsound(trace) is None
    assert codec.loads(codec.dumps(trace)) == trace


def test_a_trace_survives_a_file(tmp_path: Path, trace: Trace) -> None:
    resnet_inspect.save(trace, tmp_path / "saved.json")
    assert resnet_inspect.load(tmp_path / "saved.json") == trace


@pytest.mark.parametrize("name", ["resnet18", "broken", "names"])
def test_a_truncated_file_is_refused(name: str) -> None:
    written = codec.dumps(trace_of(name)).rstrip()
    offsets = {*range(min(len(written), 200)), *range(0, len(written), 97), len(written) - 1}
    for offset in offsets:
        refusal(written[:offset])


@steady
@given(
    st.sampled_from(("broken", "oddities", "plain")),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=3),
)
def test_flipped_bytes_are_refused_or_give_a_trace_whose_references_hold(
    name: str, flips: list[tuple[float, int]]
) -> None:
    damaged = bytearray((DATA / f"{name}.json").read_bytes())
    for place, mask in flips:
        damaged[int(place * len(damaged))] ^= mask
    try:
        trace = codec.loads(damaged.decode("utf-8", "surrogateescape"))
    except TraceFileError as error:
        must_be_one_line(error)
    else:
        assert broken_reference(trace) is None
        codec.dumps(trace).encode()


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


PLACES = {name: places(json.loads(codec.dumps(trace_of(name)))) for name in ("broken", "oddities")}


@steady
@given(st.data())
def test_anything_in_any_place_is_refused_or_gives_a_trace_whose_references_hold(
    data: st.DataObject,
) -> None:
    name = data.draw(st.sampled_from(sorted(PLACES)))
    document = json.loads(codec.dumps(trace_of(name)))
    put(document, data.draw(st.sampled_from(PLACES[name])), data.draw(anything))
    try:
        trace = codec.loads(json.dumps(document))
    except TraceFileError as error:
        must_be_one_line(error)
    else:
        assert broken_reference(trace) is None


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "null", "true", "17", '"a trace"', "[]", "{}", "[{}]", '{"format": "other"}',
        '{"format": ["resnet-inspect trace"]}', "\ufeff{}", "<html></html>", "\x00", "NaN",
        '{"format": "resnet-inspect trace"}',
        '{"format": "resnet-inspect trace", "format_version": 1}',
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"format": "resnet-inspect trace", "x": ' + '{"a":' * 50_000 + "1" + "}" * 50_001,
        "1" * 10_000,
    ],
    ids=lambda written: repr(written[:40]),
)  # fmt: skip
def test_foreign_text_is_refused(written: str) -> None:
    refusal(written)


def test_foreign_json_says_how_a_trace_is_made() -> None:
    assert "--save" in refusal('{"nodes": []}').hint


def test_a_file_that_is_no_text_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    with pytest.raises(TraceFileError, match=r"picture\.png"):
        resnet_inspect.load(path)
    with pytest.raises(TraceFileError, match=r"missing\.json"):
        resnet_inspect.load(tmp_path / "missing.json")
    with pytest.raises(TraceFileError):
        resnet_inspect.load(tmp_path)


def test_the_saved_traces_are_few_and_small() -> None:
    assert set(SMALL) < set(NAMES)
    assert sum(path.stat().st_size for path in DATA.glob("*.json")) < 420_000
