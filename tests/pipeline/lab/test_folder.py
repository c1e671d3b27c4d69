"""The folder of a run says how a training ended, also one that ended before its first step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resnet_inspect.files import write_all
from resnet_inspect.pipeline.lab.training import train
from resnet_inspect.pipeline.run import load_run

pytest.importorskip("lightning")
pytest.importorskip("sklearn")
pytest.importorskip("safetensors.torch")

pytestmark = pytest.mark.filterwarnings("ignore")

SMALL = "resnet:basic:1,1:width=4,stem=cifar"
"""A network that learns a little in a second."""


@pytest.mark.parametrize("where", ["lab.training.fit", "pipeline.lab.folder.write_all"])
@pytest.mark.parametrize(
    ("error", "state"), [(KeyboardInterrupt, "interrupted"), (MemoryError, "failed")]
)
def test_what_ends_a_run_before_its_first_step_is_in_the_record(
    where: str,
    error: type[BaseException],
    state: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ended(*given: Any, **named: Any) -> None:
        if where == "pipeline.lab.folder.write_all":
            write_all(*given, **named)  # as an interrupt that comes meanwhile does
            monkeypatch.undo()
        raise error("early")

    monkeypatch.setattr(f"resnet_inspect.{where}", ended)
    with pytest.raises(error):
        train(SMALL, output=tmp_path / "run", epochs=1, note=lambda _: None)
    record = load_run(tmp_path / "run").record
    assert (record.state, record.why) == (state, "early" if state == "failed" else "")
