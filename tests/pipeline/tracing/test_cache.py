"""Which traces the cache is for: the same question has one key, and what is not for it has none."""

from __future__ import annotations

import pytest

from resnet_inspect import cache
from resnet_inspect.pipeline.tracing import cache as kept
from resnet_inspect.sources import Subject

pytestmark = pytest.mark.usefixtures("cache_folder")


def key(model: str, size: object = None, **options: object) -> str | None:
    given = {"device": None, "dtype": None, "mode": "eval", "arguments": {}} | options
    found = kept.entry_of(model, size, **given)  # type: ignore[arg-type]
    return found and found.key


def test_the_same_question_has_the_same_key_however_it_is_asked() -> None:
    usual = key("resnet50")
    assert usual is not None
    assert usual == key("torchvision:resnet50", [1, 3, 224, 224], device="meta", dtype="float32")
    others = [
        key("resnet101"),
        key("paper:resnet50"),
        key("timm:resnet50"),
        key("resnet50", (2, 3, 224, 224)),
        key("resnet50", dtype="bf16"),
        key("resnet50", mode="train"),
        key("resnet50", arguments={"num_classes": 10}),
        key("resnet50", arguments={"num_classes": 10.0}),
        key("resnet50", arguments={"num_classes": "10"}),
    ]
    assert None not in others
    assert len({usual, *others}) == 10


def test_what_is_not_for_the_cache_has_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert key("model.py:Net") is None
    assert key("package.module:make") is None
    assert key("resnet50", device="cpu") is None
    assert key("resnet50", arguments={"norm_layer": object()}) is None
    monkeypatch.setattr(kept, "subject", lambda name: Subject("elsewhere", name))
    assert key("elsewhere:net") is None
    monkeypatch.undo()
    monkeypatch.setenv(cache.OFF_VARIABLE, "1")
    assert key("resnet50") is None
