"""What is asked for: its name, its input, its arguments."""

from __future__ import annotations

import pytest
from driving import DATA

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.pipeline import input_from
from resnet_inspect.tui.session.request import Request


def test_builder_arguments_are_python_literals() -> None:
    request = Request.of("resnet50").with_fields(
        {
            "input": "1,3,64,64",
            "dtype": "",
            "mode": "eval",
            "arguments": "num_classes=10 replace_stride_with_dilation=[False, True, True]",
        }
    )
    assert request.message["arguments"] == {
        "num_classes": 10,
        "replace_stride_with_dilation": [False, True, True],
    }
    with pytest.raises(BadInput, match="Python literal"):
        request.with_fields(request.fields | {"arguments": "num_classes=ten"})
    with pytest.raises(BadInput, match="NAME=VALUE"):
        request.with_fields(request.fields | {"arguments": "10"})


@pytest.mark.parametrize(("written", "model", "given"), [
    ("resnet34", "resnet34", [1, 3, 224, 224]),
    ("torchvision:resnet34", "resnet34", [1, 3, 224, 224]),
    ("paper:cifar_resnet20", "paper:cifar_resnet20", [1, 3, 32, 32]),
    ("resnet:basic:2,2,2,2", "resnet:basic:2,2,2,2", None),
    ("timm:resnet50d", "timm:resnet50d", None),
    ("model.py:Net", "model.py:Net", None),
    ("package.module:factory", "package.module:factory", None),
])  # fmt: skip
def test_whatever_can_be_traced_is_asked_for_with_the_input_of_its_source(
    written: str, model: str, given: list[int] | None
) -> None:
    message = Request.of(written).message
    assert (message["model"], message["input"]) == (model, given)
    assert message["dtype"] is None, "the network's own"


def test_what_is_neither_a_network_nor_a_file_is_said_with_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match="resnt50") as raised:
        Request.of("resnt50")
    assert "resnet50" in f"{raised.value.message} {raised.value.hint}"


def test_a_saved_trace_is_a_request_too() -> None:
    path = str(DATA / "resnet18.json")
    request = Request.of(path)
    assert request.path == request.lasting == path


def test_a_part_of_an_input_is_asked_of_the_usual_one() -> None:
    given = {"input": input_from("model.py:Net", batch=4)}
    assert Request.of("model.py:Net").with_options(given).input == (4, 3, 224, 224)
