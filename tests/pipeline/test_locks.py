"""A network held against its golden trace: the input that it is run on, and how it changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import in_a_row, trace_of

from resnet_inspect import locks, pipeline
from resnet_inspect.errors import BadInput
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.modules import PythonClass

R18 = locks.dumps(trace_of("resnet18"))


def changed(trace: Trace, other: Trace) -> bool:
    """Whether `check` says that it changed; in both orders, and as itself it never does."""
    assert pipeline.changed(trace, trace) is None
    assert pipeline.changed(other, other) is None
    both = [pipeline.changed(trace, other), pipeline.changed(other, trace)]
    assert (both[0] is None) == (both[1] is None)
    return both[0] is not None


def test_what_counts_as_a_change() -> None:
    """As docs/decisions says: names of modules and what is trainable, yes; classes, no."""
    trace = trace_of("resnet18")

    def parameters(**parts: object) -> Trace:
        first, *rest = trace.modules
        with_them = next(i for i, m in enumerate(rest) if m.parameters)
        specs = tuple(replace(p, **parts) for p in rest[with_them].parameters)  # type: ignore[arg-type]
        rest[with_them] = replace(rest[with_them], parameters=specs)
        return replace(trace, modules=(first, *rest))

    assert changed(trace, parameters(trainable=False))
    assert changed(in_a_row([3]), in_a_row([3], named="trunk"))
    assert changed(trace, trace_of("resnet34"))
    assert changed(trace, trace_of("resnet18_odd"))
    classes = tuple(replace(m, python_class=PythonClass("x", "Y")) for m in trace.modules)
    newer = replace(trace.provenance, versions=(("torch", "9")), device="cuda:0", tool_version="9")  # type: ignore[arg-type]
    assert not changed(trace, parameters(name="kernel"))
    assert not changed(trace, replace(trace, modules=classes))
    assert not changed(trace, replace(trace, model_name="Net", provenance=newer))


def test_a_change_is_explained_by_the_comparison() -> None:
    found = pipeline.changed(in_a_row([3, 5]), in_a_row([3, 7]))
    assert found is not None
    table = pipeline.change_table(found, brief=True)
    assert table.summary[0] == "body.conv1: kernel 5×5 against 7×7, padding 2 against 3"
    notes = [table.cell(row, "note").text for row in table.rows]
    assert "kernel 5×5 → 7×7, padding 2 → 3" in notes


def test_names_alone_are_explained_by_the_lines_that_changed() -> None:
    found = pipeline.changed(in_a_row([3]), in_a_row([3], named="trunk"))
    assert found is not None
    assert found.equal
    words, *lines = pipeline.change_table(found).summary
    assert words == "the layers are the same; what they are called, or what holds them, is not"
    assert [line.split()[0] for line in lines] == [
        "-body.conv0", "-body.relu0", "+trunk.conv0", "+trunk.relu0", "-output:", "+output:",
    ]  # fmt: skip


def test_the_input_of_a_lock_runs_a_network_again() -> None:
    assert pipeline.input_of(trace_of("resnet18"), "resnet18") == (1, 3, 224, 224)
    assert pipeline.mode_of(trace_of("resnet18")) == "eval"
    two = "input: x 1x3x224x224:bfloat16\ninput: mask 1x4:int64"
    read = locks.loads(R18.replace("input: 1x3x224x224", two))
    assert pipeline.input_of(read, "resnet18") == {
        "x": (1, 3, 224, 224), "mask": ((1, 4), "int64"),
    }  # fmt: skip
    listed = locks.loads(R18.replace("input: 1x", "input: images.0 1x"))
    assert pipeline.input_of(listed, "resnet18") == {"images": [(1, 3, 224, 224)]}
    nested = locks.loads(R18.replace("input: 1x", "input: images.0.x 1x"))
    with pytest.raises(BadInput, match=r"images\.0\.x"):
        pipeline.input_of(nested, "resnet18")
