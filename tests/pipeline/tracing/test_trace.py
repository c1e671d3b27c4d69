"""What `trace` refuses before it builds anything, and an order whose input a trace finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import resnet_inspect as ri
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.pipeline.building.inputs import Partial
from resnet_inspect.pipeline.building.networks import Order
from resnet_inspect.pipeline.tracing.trace import settled
from resnet_inspect.sources import subject


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        (("resnet18", {"mode": "training"}), UnknownName, "unknown mode 'training'"),
        (("resnet18", {"input_size": 224}), BadInput, "input_size is a shape, batch first"),
        (("resnet18", {"inputs": torch.ones(1)}), BadInput, "takes input_size, not inputs"),
        (("resnet51", {}), UnknownName, "resnet51"),
        ((nn.ReLU(), {"arguments": {"a": 1}}), BadInput, "this one is built"),
        ((nn.ReLU(), {"weights": "w.pth"}), BadInput, "this one has its own"),
    ],
)
def test_what_does_not_go_together_is_refused(
    asked: tuple[Any, dict[str, Any]], kind: type[Exception], words: str
) -> None:
    model, options = asked
    told: list[str] = []
    with pytest.raises(kind, match=words):
        ri.trace(model, tell=told.append, **options)
    assert told == [], "nothing was begun"


CODE = """
from torch import nn

def sound():
    return nn.Sequential(nn.Conv1d(2, 8, 9), nn.ReLU())
"""


def test_an_input_that_nobody_knew_is_settled_by_a_trace(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(CODE, encoding="utf-8")
    order = Order.of(subject(f"{tmp_path / 'net.py'}:sound"), Partial(batch=3))
    assert order.size == (3, 3, 224, 224)
    found = settled(order)
    assert found.size == (3, 2, 1000)
    assert found.chosen == order.chosen
    known = Order.of(subject("resnet18"), None)
    assert settled(known) is known
