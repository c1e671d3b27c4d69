"""The shapes of inputs, before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest
import runs

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.pipeline.building.inputs import (
    USUAL_INPUT,
    Partial,
    channels_of,
    input_from,
    input_shape,
    known_input,
    one_shape,
    takes_a_list,
)
from resnet_inspect.sources import subject


@pytest.mark.parametrize(
    ("name", "parts", "shape"),
    [
        ("resnet18", {}, (1, 3, 224, 224)),
        ("torchvision:resnet18", {"batch": 8}, (8, 3, 224, 224)),
        ("paper:cifar_resnet20", {}, (1, 3, 32, 32)),
        ("paper:cifar_resnet20", {"image_size": (64, 48)}, (1, 3, 64, 48)),
        ("r3d_18", {"image_size": (32, 32)}, (1, 3, 16, 32, 32)),  # 16 frames stay
        ("r3d_18", {"image_size": (4, 32, 32), "batch": 2}, (2, 3, 4, 32, 32)),
        ("resnet:basic:1,1:width=8,channels=4", {}, (1, 4, 224, 224)),
        # What the builder is asked for is what it takes, unless other channels are asked for.
        ("resnet:basic:1,1", {"arguments": {"channels": 5}}, (1, 5, 224, 224)),
        ("resnet:basic:1,1", {"arguments": {"channels": 5}, "channels": 2}, (1, 2, 224, 224)),
    ],
)
def test_parts_of_the_usual_input_are_replaced(
    name: str, parts: dict[str, object], shape: tuple[int, ...]
) -> None:
    assert input_shape(name, **parts) == shape  # type: ignore[arg-type]
    assert input_from(name, **parts) == shape  # type: ignore[arg-type]


def test_an_image_size_of_more_dimensions_than_there_are_changes_nothing() -> None:
    assert Partial(image_size=(8, 8, 8)).of((1, 3, 224, 224)) == (1, 3, 224, 224)
    assert Partial(image_size=(8, 8)).of((1, 20)) == (1, 20)
    assert Partial().of([2, 3]) == (2, 3)


def test_of_ones_own_code_the_input_is_not_known_yet() -> None:
    assert input_from("net.py:Net", batch=4) == Partial(batch=4)
    assert input_from(None, image_size=(64, 64)) == Partial(image_size=(64, 64))
    with pytest.raises(UnknownName):
        input_from("resnet51")


def test_channels_are_asked_for_by_a_count_alone() -> None:
    design = subject("resnet:basic:1,1")
    assert channels_of(design, {"channels": 4}) == 4
    for asked in ({}, {"channels": 0}, {"channels": True}, {"channels": "4"}):
        assert channels_of(design, asked) is None, asked
    assert channels_of(subject("net.py:Net"), {"channels": 4}) is None


def test_detectors_alone_take_a_list() -> None:
    assert takes_a_list(subject("fasterrcnn_resnet50_fpn"))
    assert not takes_a_list(subject("fcn_resnet50"))
    assert not takes_a_list(subject("net.py:Net"))


def test_one_input_has_a_batch_and_channels() -> None:
    assert one_shape([1, 3, 8]) == (1, 3, 8)
    assert one_shape((1, 3)) == (1, 3)
    with pytest.raises(BadInput, match="needs a batch size and channels"):
        one_shape((3,))
    for several in ({"x": (1, 3)}, [(1, 3), (1, 3)], ((1, 3), "int64")):
        with pytest.raises(BadInput, match="takes one input shape"):
            one_shape(several)  # type: ignore[arg-type]


def test_the_input_is_that_of_the_run_that_wrote_the_weights(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    runs.write(runs.made(), run)
    chosen = subject("resnet18")
    said = (f"as in the run {run}: images of 3×224×224",)
    assert known_input(chosen, run / "best.safetensors") == ((1, 3, 224, 224), said)
    assert known_input(subject("net.py:Net"), run / "last.safetensors")[1] == said
    # Other files beside it are none that it wrote, and say nothing of their images.
    assert known_input(chosen, run / "other.safetensors") == (USUAL_INPUT, ())
    assert known_input(chosen, None) == (USUAL_INPUT, ())
    assert known_input(subject("net.py:Net"), None) == (None, ())
