"""The folder of a run is read as it was written, also while it is, and as far as it has changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import runs
from saved import trace_of

from resnet_inspect.errors import BadInput, TraceFileError
from resnet_inspect.pipeline import is_trace_file, load, load_saved, load_signals
from resnet_inspect.pipeline.run import load_run, look, network_of, of_weights, stamps
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.signals import Signals


def test_a_folder_gives_the_run_that_was_written(tmp_path: Path) -> None:
    run = runs.made()
    runs.write(run, tmp_path)
    assert load_run(tmp_path) == run
    assert run.best == run.epochs[1]
    assert is_trace_file(str(tmp_path))
    assert load(tmp_path) == run.trace
    assert load_signals(tmp_path) == (run.watched, run.signals)
    line = json.loads((tmp_path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert line == {
        "epoch": 1, "train_loss": 1.5, "train_accuracy": 0.5, "validation_loss": None,
        "validation_accuracy": 0.3, "learning_rate": 0.001, "seconds": 2.0,
    }  # fmt: skip


def test_what_is_being_written_is_read_as_far_as_it_has_come(tmp_path: Path) -> None:
    run = runs.made()
    runs.write(run, tmp_path)
    path = tmp_path / "signals.jsonl"
    text = path.read_text(encoding="utf-8")
    first, second, _ = text.splitlines(keepends=True)
    found: list[tuple[Signals, ...]] = []
    for end in (len(first) // 2, len(first), len(first + second) + 9, len(text) - 1, len(text)):
        path.write_text(text[:end], encoding="utf-8")
        if end >= len(first):
            found.append(load_run(tmp_path).signals)
    assert found == [(), run.signals[:1], run.signals[:1], run.signals]
    for name in ("metrics.jsonl", "signals.jsonl", "confusion.json"):
        (tmp_path / name).unlink()
    begun = load_run(tmp_path)
    assert (begun.epochs, begun.signals, begun.watched, begun.best) == ((), (), None, None)


def test_signals_of_another_network_than_the_runs_are_left_out(tmp_path: Path) -> None:
    run = runs.made()
    runs.write(run, tmp_path)
    assert load_saved(tmp_path).recorded == run.signals
    trace = tmp_path / "trace.json"
    trace.write_text(codec.dumps(trace_of("plain")), encoding="utf-8")
    assert load_saved(tmp_path).recorded is None
    assert load_saved(tmp_path).trace == trace_of("plain")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "resnet-inspect run", "format_version": 9}', "7"]
)
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TraceFileError, match="holds no run"):
        load_run(tmp_path)
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(TraceFileError, match=r"run\.json: damaged run") as error:
        load_run(tmp_path)
    assert "\n" not in error.value.message


def _without_a_class(confusion: str) -> str:
    return json.dumps({**json.loads(confusion), "counts": [[1, 0], [0, 1]]})


REFUSED: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a state": ("run.json", lambda t: t.replace('"running"', '"dancing"'), "no state of a run"),
    "a gap": ("metrics.jsonl", lambda t: t.partition("\n")[2], "epoch 2 stands at place 1"),
    "no square": ("confusion.json", lambda t: t.replace("[1,2,0]", "[1,2]"), "no square"),
    "classes": ("confusion.json", _without_a_class, "of 2 classes, its images of 3"),
    "a loss": (
        "signals.jsonl", lambda t: t.replace("cross-entropy", "é"), "a loss that is not known",
    ),
    "a spread": ("signals.jsonl", lambda t: t.replace('"std":', '"std":-'), "negative spread"),
    "zeros": ("signals.jsonl", lambda t: t.replace('"zeros":', '"zeros":9'), "more zeros than"),
    "a norm": (
        "signals.jsonl", lambda t: t.replace('"update_ratio":null', '"update_ratio":-1'),
        "negative norm",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "change", "said"), REFUSED.values(), ids=REFUSED)
def test_files_that_are_of_no_run_are_refused(
    name: str, change: Callable[[str], str], said: str, tmp_path: Path
) -> None:
    runs.write(runs.made(), tmp_path)
    path = tmp_path / name
    text = path.read_text(encoding="utf-8")
    path.write_text(change(text), encoding="utf-8")
    assert change(text) != text
    with pytest.raises(TraceFileError, match=said):
        load_run(tmp_path)


def test_what_has_not_changed_is_not_read_again(tmp_path: Path) -> None:
    """Looked at while it is trained: a file that is the same need not be whole any more."""
    run = runs.made()
    runs.write(run, tmp_path)
    before = look(tmp_path)
    assert before.run == run
    again = look(tmp_path, before)
    assert again.run.trace is before.run.trace
    assert again.run.signals is before.run.signals
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_text(metrics.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    shorter = look(tmp_path, before)
    assert shorter.run.epochs == run.epochs[:1]
    assert shorter.run.trace is before.run.trace
    assert look(tmp_path, shorter).run.epochs is shorter.run.epochs
    (tmp_path / "confusion.json").unlink()
    assert look(tmp_path, shorter).run.confusion is None
    assert stamps(tmp_path)["confusion.json"] is None


def test_weights_are_of_the_run_that_wrote_them(tmp_path: Path) -> None:
    runs.write(runs.made(), tmp_path)
    for name in ("best.safetensors", "last.safetensors"):
        assert of_weights(tmp_path / name) == runs.RECORD
    assert of_weights(tmp_path / "mine.safetensors") is None
    assert of_weights(tmp_path.parent / "best.safetensors") is None
    assert of_weights(None) is None
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(TraceFileError, match="damaged run"):
        of_weights(tmp_path / "best.safetensors")


def test_the_network_of_a_run_is_built_by_its_name_and_arguments() -> None:
    name, arguments, said = network_of(runs.RECORD, Path("run"))
    assert (name, arguments) == ("resnet18", {"num_classes": 3})
    assert said == "run is a run of resnet18"
    with pytest.raises(BadInput, match=r"a run of a module that was given, net\.Net"):
        network_of(replace(runs.RECORD, module="net.Net"), Path("run"))
