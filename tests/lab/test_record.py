"""The state of a run, as bytes for whoever writes them; nothing that is read of it is run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from resnet_inspect.errors import WorkFailed

pytest.importorskip("lightning")
pytest.importorskip("safetensors.torch")

from resnet_inspect.lab.record import States


class Runs:
    """What a pickle would run."""

    def __reduce__(self) -> object:
        return os.mkdir, ("ran",)


def test_a_state_comes_back_when_its_bytes_were_written(tmp_path: Path) -> None:
    states, path = States(), tmp_path / "resume.pt"
    states.save_checkpoint({"epoch": 3, "weights": {"fc": torch.arange(4.0)}}, path)
    assert not path.exists(), "it is written with all else of the epoch, or not at all"
    path.write_bytes(states.written[path])
    found = states.load_checkpoint(str(path))
    assert found["epoch"] == 3
    assert torch.equal(found["weights"]["fc"], torch.arange(4.0))
    states.remove_checkpoint(path)
    states.remove_checkpoint(path)
    assert not states.written


def test_what_would_run_code_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "resume.pt"
    torch.save({"epoch": Runs()}, path)
    for _ in range(2):
        with pytest.raises(WorkFailed, match=r"resume\.pt is no state to go on from") as refused:
            States().load_checkpoint(path)
        assert "\n" not in refused.value.message
        assert not (tmp_path / "ran").exists()
        path.write_bytes(b"half")
