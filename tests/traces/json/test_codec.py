"""A trace goes to JSON and back unharmed, and nothing else is ever taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import DATA, NAMES, SMALL, steady, trace_of, traces

import resnet_inspect
from resnet_inspect.errors import TraceFileError
from resnet_inspect.traces.invariants import broken_reference, unsound
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import FORMAT_VERSION, Trace


def refusal(written: str) -> TraceFileError:
    """The error with which a text is refused: one line, and not a long one."""
    with pytest.raises(TraceFileError) as caught:
        codec.loads(written)
    must_be_one_line(caught.value)
    return caught.value


def must_be_one_line(error: TraceFileError) -> None:
    assert error.message
    assert len(error.message.splitlines()) == 1
    assert len(error.message) < 300


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


def test_equal_ops_classes_and_tensors_are_written_once() -> None:
    document = json.loads(codec.dumps(trace_of("resnet50")))
    assert ["torchvision.models.resnet", "Bottleneck"] in document["classes"]
    for part in ("ops", "classes", "tensors"):
        entries = [json.dumps(entry) for entry in document[part]]
        assert len(entries) == len(set(entries)), part
    assert len(document["calls"]) == 200  # 183 module calls, 16 additions and a flatten


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


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside a JSON document."""
    entries = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    found = [path] if path else []
    for key, inner in entries:
        found.extend(places(inner, (*path, key)))
    return found


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """What stood at a place, after something else was put there."""
    for key in path[:-1]:
        document = document[key]
    before, document[path[-1]] = document[path[-1]], value
    return before


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


@pytest.mark.parametrize("name", ["broken", "oddities"])
def test_a_value_of_another_type_is_refused_in_every_place(name: str) -> None:
    document = json.loads(codec.dumps(trace_of(name)))
    for path in places(document):
        before = put(document, path, None)
        for wrong in ({"an": "object"}, 1.5, "text" if not isinstance(before, str) else 7):
            put(document, path, wrong)
            refusal(json.dumps(document))
        put(document, path, before)
    assert codec.loads(json.dumps(document)) == trace_of(name)


@pytest.mark.parametrize("name", ["broken", "oddities"])
def test_a_key_that_is_missing_or_new_is_refused(name: str) -> None:
    document = json.loads(codec.dumps(trace_of(name)))
    optional = {"padding_after", "ceil_mode", "transposed", "output_padding", "in_place", "notes"}
    optional |= {"reason", "batch_first", "starts", "steps", "where"}
    for path in places(document):
        inner = document
        for key in path[:-1]:
            inner = inner[key]
        if not isinstance(inner, dict) or path[-1] in optional:
            continue
        value = inner.pop(path[-1])
        refusal(json.dumps(document))
        inner[path[-1]] = value
    document["ops"][0]["colour"] = "red"
    assert "colour" in str(refusal(json.dumps(document)))


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


def altered(name: str, alter: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(codec.dumps(trace_of(name)))
    alter(document)
    return json.dumps(document)


def test_a_newer_version_is_refused_by_its_number() -> None:
    newer = FORMAT_VERSION + 1
    error = refusal(altered("plain", lambda d: d.update(format_version=newer)))
    assert str(newer) in str(error)
    assert "upgrade" in error.hint


@pytest.mark.parametrize("version", [0, -1, 1.0, "1", True, None, [1]])
def test_a_version_that_never_was_is_refused(version: object) -> None:
    refusal(altered("plain", lambda d: d.update(format_version=version)))


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


ALTERATIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "an input that is not there": lambda d: d["inputs"].append(["", 10_000]),
    "an output that is not there": lambda d: d["outputs"].append(["", 10_000]),
    "a negative activation": lambda d: d["calls"][1][5].append(["", -1]),
    "a call's tensor that is not there": lambda d: d["calls"][1][5].append(["", 10_000]),
    "an op that is not there": lambda d: d["calls"][1].__setitem__(4, 10_000),
    "a class that is not there": lambda d: d["modules"][1].__setitem__("class", 10_000),
    "a class without a module": lambda d: d["classes"].append(["Net"]),
    "a tensor that is not there": lambda d: d["activations"].append([10_000, 0]),
    "a module that is not there": lambda d: d["calls"][1].__setitem__(1, "nowhere"),
    "a child that is not there": lambda d: d["modules"][0]["children"].append("nowhere"),
    "a parent that stands later": lambda d: d["calls"][1].__setitem__(3, 2),
    "a call that is its own parent": lambda d: d["calls"][1].__setitem__(3, 1),
    "a second call without a parent": lambda d: d["calls"][1].__setitem__(3, None),
    "a first call with a parent": lambda d: d["calls"][0].__setitem__(3, 0),
    "no calls": lambda d: d.update(calls=[]),
    "no modules": lambda d: d.update(modules=[]),
    "a module twice": lambda d: d["modules"].append(d["modules"][1]),
    "an unknown kind of op": lambda d: d["ops"].append({"op": "Telepathy"}),
    "an op without a kind": lambda d: d["ops"].append({}),
    "a window of no dimensions": lambda d: d["ops"][1]["window"].update(kernel_size=[]),
    "a window of mixed dimensions": lambda d: d["ops"][1]["window"].update(stride=[1]),
    "a window that stands still": lambda d: d["ops"][1]["window"].update(stride=[0, 0]),
    "a window without taps": lambda d: d["ops"][1]["window"].update(kernel_size=[0, 0]),
    "a convolution without groups": lambda d: d["ops"][1].update(groups=0),
    "a negative size": lambda d: d["tensors"][0].__setitem__(0, [-1]),
    "an endless size": lambda d: d["tensors"][0].__setitem__(0, [float("inf")]),
    "a size that no memory has": lambda d: d["tensors"][0].__setitem__(0, [10**30]),
    "tied to what is not there": lambda d: d["modules"][2]["parameters"][0].__setitem__(3, "no"),
    "a failure that is not there": lambda d: d.update(
        failure={"call": 10_000, "error": "E", "message": "m"}
    ),
    "half a surrogate pair": lambda d: d.update(model_name="\ud800"),
    "a list nested too deep": lambda d: d.update(inputs=_nested(300)),
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_damage_is_refused(what: str) -> None:
    refusal(altered("plain", ALTERATIONS[what]))


def test_a_fault_in_a_name_of_several_lines_is_told_in_one() -> None:
    refusal(altered("plain", lambda d: d["modules"][0]["children"].append("a\nb\r\nc")))
    refusal(altered("plain", lambda d: d["ops"][0].update({"a\nb": 1})))


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
