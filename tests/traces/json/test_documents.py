"""The JSON object of a trace: what it says once, and that nothing else is taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from damaged import places, put, refusal
from saved import trace_of

from resnet_inspect.traces.json import codec
from resnet_inspect.traces.model import FORMAT_VERSION


def test_equal_ops_classes_and_tensors_are_written_once() -> None:
    document = json.loads(codec.dumps(trace_of("resnet50")))
    assert ["torchvision.models.resnet", "Bottleneck"] in document["classes"]
    for part in ("ops", "classes", "tensors"):
        entries = [json.dumps(entry) for entry in document[part]]
        assert len(entries) == len(set(entries)), part
    assert len(document["calls"]) == 200  # 183 module calls, 16 additions and a flatten


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
