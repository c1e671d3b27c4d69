"""The callback in a real run of Lightning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from resnet_inspect import pipeline
from resnet_inspect.errors import BadInput, OutputError

lightning = pytest.importorskip("lightning")

from resnet_inspect.lightning import Watch  # noqa: E402


class Task(lightning.LightningModule):  # type: ignore[misc, name-defined]
    def __init__(self, fails_at: int = -1) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
        self.fails_at = fails_at

    def training_step(self, batch: Any, index: int) -> Tensor:
        if index == self.fails_at:
            raise ValueError("a broken batch")
        return functional.cross_entropy(self.model(batch[0]), batch[1])

    def validation_step(self, batch: Any, index: int) -> None:
        self.model(batch[0])

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fit(task: Task, callback: Watch, folder: Path) -> None:
    torch.manual_seed(0)
    data = TensorDataset(torch.randn(24, 1, 8, 8), torch.arange(24) % 2)
    trainer = lightning.Trainer(
        max_epochs=2,
        accelerator="cpu",
        callbacks=[callback],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
    )
    loader = DataLoader(data, batch_size=4)
    trainer.fit(task, loader, loader)


@pytest.mark.filterwarnings("ignore")
def test_a_run_has_the_signals_of_its_training_steps(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    task = Task()
    fit(task, Watch(path, every=5, module="model"), tmp_path)
    trace, steps = pipeline.load_signals(path)
    assert [one.step for one in steps] == [0, 5, 10], "validation is no step"
    assert [call.path for call in trace.calls][1:] == ["0", "1", "2", "3"]
    for one in steps:
        assert all(weight.gradient_norm for weight in one.weights)
        assert all(weight.update_ratio for weight in one.weights)
    assert not any(parameter._post_accumulate_grad_hooks for parameter in task.parameters())


@pytest.mark.filterwarnings("ignore")
def test_what_ends_early_is_written_too(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with pytest.raises(ValueError, match="broken batch"):
        fit(Task(fails_at=3), Watch(path, every=1, module="model"), tmp_path)
    assert [one.step for one in pipeline.load_signals(path)[1]] == [0, 1, 2]


@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_is_said_before_the_training(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with pytest.raises(BadInput, match="backbone") as error:
        fit(Task(), Watch(path, module="backbone"), tmp_path)
    assert "model" in error.value.hint
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="exists"):
        fit(Task(), Watch(path, module="model"), tmp_path)
    assert path.read_text(encoding="utf-8") == "mine"
