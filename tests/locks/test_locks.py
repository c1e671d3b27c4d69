"""Locks: what they hold comes back, an edit is an edit of few lines, and damage is refused."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import NAMES, ByHand, conv, in_a_row, steady, survey_of, trace_of, traces, window

from resnet_inspect import locks, pipeline
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput, TraceFileError
from resnet_inspect.traces.invariants import check
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Conv, Reshape

WHOLE = [name for name in NAMES if trace_of(name).failure is None]
R18 = locks.dumps(trace_of("resnet18"))


# There and back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WHOLE)
def test_what_a_lock_holds_comes_back(name: str) -> None:
    trace = trace_of(name)
    written = locks.dumps(trace)
    read = locks.loads(written)
    assert locks.dumps(read) == written
    assert locks.same(trace, read)
    assert check(read) == check(trace)


@pytest.mark.parametrize("name", WHOLE)
def test_a_network_and_its_lock_do_not_differ(name: str) -> None:
    """The second opinion: the comparison, which knows nothing of locks, and all the totals."""
    found = compare(survey_of(name), Survey(locks.loads(locks.dumps(trace_of(name)))))
    assert found.equal
    assert not found.edits
    unlike = {figure.key for figure in found.figures if figure.left != figure.right}
    assert unlike <= {"modules"}
    sections = [(s.role, s.number, s.left and s.left.path) for s in found.sections]
    assert sections == [(s.role, s.number, s.right and s.right.path) for s in found.sections]


def test_a_lock_is_not_asked_how_positions_move() -> None:
    """It holds no permutations: of a field that depends on them nothing is compared."""
    net = ByHand()
    x = net.step("first", conv(8, 8, window(3, padding=1)), net.input(1, 8, 8, 8))
    x = net.step(":permute", Reshape("permute", dims=(0, 2, 3, 1)), x, (1, 8, 8, 8))
    x = net.step(":permute", Reshape("permute", dims=(0, 3, 1, 2)), x, (1, 8, 8, 8))
    trace = net.trace(net.step("last", conv(8, 8, window(3, padding=1)), x))
    read = locks.loads(locks.dumps(trace))
    assert Survey(trace).totals.receptive_field != Survey(read).totals.receptive_field
    for found in (compare(Survey(trace), Survey(read)), compare(Survey(read), Survey(read))):
        assert found.equal
        assert all(figure.left == figure.right for figure in found.figures)
    plain, longer = (trace_of(name) for name in ("resnet18", "resnet34"))
    found = compare(Survey(locks.loads(locks.dumps(plain))), Survey(longer))
    assert [(f.left, f.right) for f in found.figures if f.key == "receptive_field"] == [
        ((435, 435), (899, 899))
    ]


@steady
@given(traces().filter(lambda trace: trace.failure is None))
def test_any_lock_is_read_and_written_as_the_same_lines(trace: Trace) -> None:
    written = locks.dumps(trace)
    read = locks.loads(written)
    assert locks.dumps(read).split("\n")[2:] == written.split("\n")[2:]
    assert not locks.changed_lines(trace, read)
    totals, again = Survey(trace).totals, Survey(read).totals
    assert again.parameters == totals.parameters
    numbers = [(t.buffers.total, t.buffers.nbytes) for t in (totals, again)]
    assert numbers[0] == numbers[1]


def test_a_lock_reads_as_it_is_documented() -> None:
    lines = R18.split("\n")
    assert lines[:5] == [
        "resnet-inspect lock 1",
        "# 11,689,512 parameters, 9,620 in buffers, 1,814,073,344 MACs",
        "model: resnet18",
        "mode: eval",
        "input: 1x3x224x224",
    ]
    assert (
        "conv1 conv kernel_size=7x7 stride=2x2 padding=3x3 in_channels=3 out_channels=64"
        " parameters=9408 -> 1x64x112x112" in lines
    )
    norm = "bn1 norm batch num_features=64 parameters=128 buffers=128+1:int64"
    assert f"{norm} -> 1x64x112x112" in lines
    add = "layer1.1:add elementwise add in_place <- layer1.1.bn2 layer1.0.relu#2"
    assert f"    {add} -> 1x64x56x56" in lines
    assert lines[-2:] == ["output: fc", ""]
    assert len(lines) < 100
    assert max(map(len, lines)) < 160


# What a change changes ---------------------------------------------------------------------------


def edits(left: Trace, right: Trace) -> list[str]:
    """The lines that differ, by the standard library, those for people aside."""
    sides = [
        [line for line in locks.dumps(t).split("\n") if not line.startswith("#")]
        for t in (left, right)
    ]
    found = difflib.ndiff(*sides)
    return [line for line in found if line[0] in "-+"]


@steady
@given(st.lists(st.sampled_from([1, 3, 5]), min_size=1, max_size=8), st.data())
def test_an_inserted_layer_is_one_line_more(kernels: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(kernels) - 1))
    (line,) = edits(in_a_row(kernels), in_a_row(kernels, extra=place))
    assert line.startswith("+ body.more norm batch num_features=4 parameters=4 -> 1x4x8x8")


@steady
@given(st.lists(st.sampled_from([1, 3, 5]), min_size=1, max_size=8), st.data())
def test_another_window_is_one_line(kernels: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(kernels) - 1))
    other = [*kernels[:place], 7, *kernels[place + 1 :]]
    lines = edits(in_a_row(kernels), in_a_row(other))
    assert [line[:2] for line in lines] == ["- ", "+ "]
    assert all(f"body.conv{place} " in line for line in lines)
    assert not locks.same(in_a_row(kernels), in_a_row(other))


# Refusals ----------------------------------------------------------------------------------------


def refusal(written: str) -> TraceFileError:
    with pytest.raises(TraceFileError) as caught:
        locks.loads(written)
    assert len(caught.value.message.splitlines()) == 1
    assert caught.value.hint
    return caught.value


DAMAGE = {
    "kernel_size=7x7": "kernel_size=7x", "out_channels=64": "out_chanels=64",
    " norm batch ": " nrom batch ", "num_features=64": "num_features=-64",
    "stride=2x2": "stride=2", "parameters=9408": "parameters=9,408",
    "-> 1x64x112x112": "-> 1x64x112x", "<- layer1.0.bn2": "<- layer1.0.bn7",
    "in_place": "in_place=yes", "  layer1.0\n": "      layer1.0\n",
    "output: fc": "output: fc fc fc", "mode: eval\n": "",
    "buffers=128+1:int64": "buffers=128+1:int",
    "relu#2": "relu#9", "model: resnet18": "model: resnet18\nmodel: resnet18",
    "conv1 conv": 'conv1" conv', "kernel_size=3x3 ": "kernel_size=3x3 kernel_size=3x3 ",
    "kernel_size=1x1": "kernel_size=1x1x1", "parameters=128 ": "parameters=128 parameters=128 ",
    "input: 1x3x224x224": "input: 1x3x224x224:int", "  layer1.1\n": "   layer1.1\n",
}  # fmt: skip


@pytest.mark.parametrize(("there", "instead"), DAMAGE.items())
def test_damage_is_refused_in_one_line(there: str, instead: str) -> None:
    assert there in R18
    error = refusal(R18.replace(there, instead, 1))
    assert error.message.startswith("damaged lock: ")
    assert "`resnet-inspect lock MODEL -o FILE` writes one" in error.hint


@steady
@given(st.data())
def test_any_damage_is_refused_or_gives_a_sound_trace(data: st.DataObject) -> None:
    lines = R18.split("\n")
    place = data.draw(st.integers(1, len(lines) - 1))
    words = lines[place].split(" ")
    word = data.draw(st.integers(0, len(words) - 1))
    words[word] = data.draw(
        st.one_of(st.text(max_size=8), st.sampled_from(R18.split()), st.just('"'))
    )
    lines[place] = " ".join(words)
    try:
        read = locks.loads("\n".join(lines))
    except TraceFileError:
        refusal("\n".join(lines))
    else:
        assert locks.same(read, locks.loads(locks.dumps(read)))


def test_a_merge_conflict_is_called_by_its_name() -> None:
    error = refusal(R18.replace("conv1 conv", "<<<<<<< HEAD\nconv1 conv", 1))
    assert "merge conflict" in error.hint
    assert "line 7" in error.message


def test_other_versions_and_other_texts_are_refused() -> None:
    newer = refusal(R18.replace("lock 1", "lock 2", 1))
    assert "format version 2" in newer.message
    assert "upgrade" in newer.hint
    for written in ("", "{}", "resnet-inspect lock", "resnet-inspect lock one\n", "lock 1\n"):
        refusal(written)


def test_a_network_that_raised_is_not_locked() -> None:
    with pytest.raises(BadInput, match="raised"):
        locks.dumps(trace_of("broken"))


def test_figures_for_people_are_not_read() -> None:
    assert locks.same(locks.loads(R18.replace("11,689,512", "1")), trace_of("resnet18"))


def test_a_lock_is_loaded_like_a_trace(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "r.lock"
    file.write_text(R18, encoding="utf-8")
    assert pipeline.is_trace_file(str(file))
    assert locks.same(pipeline.load(file), trace_of("resnet18"))
    file.write_text(R18.replace("conv1 conv", "conv1 cnov"), encoding="utf-8")
    with pytest.raises(TraceFileError, match=r"r\.lock: damaged lock: line 7: there is no op cnov"):
        pipeline.load(file)


def test_a_convolution_keeps_its_whole_configuration() -> None:
    (op,) = {call.op for call in locks.loads(R18).calls if call.path == "layer2.0.downsample.0"}
    assert op == Conv(window(1, 2), 64, 128, 1, False)
