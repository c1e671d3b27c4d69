"""A record, the metrics and the images of a run from text: what no run has is damaged."""

from __future__ import annotations

from dataclasses import replace

import pytest
import runs

from resnet_inspect.errors import TraceFileError
from resnet_inspect.traces.json import run_codec


def test_a_line_of_something_else_is_refused() -> None:
    line = run_codec.dumps_line(runs.EPOCHS[0])
    assert run_codec.loads_epochs(line + '{"epoch": 2') == runs.EPOCHS[:1]
    with pytest.raises(TraceFileError, match="damaged run"):
        run_codec.loads_epochs(line.replace("0.001", '"fast"'))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('"3"', '"open(1)"', "malformed node"),
        ('"3"', '"3 +"', "invalid syntax"),
        ('"adam"', '"magic"', "an optimizer or a schedule"),
        ('"running"', '"walking"', "no state of a run"),
        ('"format_version": 1', '"format_version": 2', "another version"),
    ],
    ids=["call", "syntax", "optimizer", "state", "version"],
)
def test_a_record_of_what_no_run_has_is_damaged(before: str, after: str, words: str) -> None:
    written = run_codec.dumps_record(runs.RECORD)
    assert before in written
    with pytest.raises(TraceFileError, match=words):
        run_codec.loads_record(written.replace(before, after))


@pytest.mark.parametrize(
    "images",
    [{"mean": (0.5,)}, {"std": (0.2, 0.2, 0.0)}, {"shape": (3, 8)}, {"shape": (3, 0, 8)}],
    ids=["mean", "std", "flat", "empty"],
)
def test_images_that_cannot_be_are_damaged(images: dict[str, tuple[float, ...]]) -> None:
    damaged = replace(runs.RECORD, images=replace(runs.RECORD.images, **images))
    with pytest.raises(TraceFileError, match=r"images have channels|each channel has"):
        run_codec.loads_record(run_codec.dumps_record(damaged))
