"""The lines of a program that build a traced network and make its inputs."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from saved import ByHand, trace_of

from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.modules import ParameterSpec, PythonClass
from resnet_inspect.traces.ops import Linear
from resnet_inspect.traces.tensors import Port, TensorSpec
from resnet_inspect.views.programs.networks import Code, Network, importing, inputs, network, quoted


def of(
    source: str, *, dtype: str = "float32", mode: str = "eval", module: str = "", **more: str
) -> Trace:
    """A network of that source, with these arguments and parameters of that type."""
    net = ByHand()
    net.step("fc", Linear(4, 2, False), net.input(1, 4), (1, 2))
    trace = net.trace()
    own = ParameterSpec("weight", TensorSpec((2, 4), dtype, 4), True)
    root, layer = trace.modules
    return replace(
        trace,
        modules=(
            replace(root, python_class=PythonClass(module, "Net")),
            replace(layer, parameters=(own,)),
        ),
        provenance=replace(
            trace.provenance, source=source, arguments=tuple(more.items()), mode=mode
        ),
    )


def parsed(found: Network) -> Network:
    ast.parse("\n".join((*importing(*found.imports), *found.lines)))
    return found


def test_imports_stand_in_their_usual_order_each_once() -> None:
    lines = ("from timm import x", "import sys", "import timm", "import sys", "import importlib")
    assert importing(*lines) == [
        "import importlib", "import sys", "from timm import x", "import timm", "import torch",
    ]  # fmt: skip
    assert quoted('a"b') == '"a\\"b"'


@pytest.mark.parametrize(
    ("trace", "imports", "line"),
    [
        (
            of("torchvision:resnet50", num_classes="10"),
            ("from torchvision.models import get_model",),
            'model = get_model("resnet50", weights=None, num_classes=10)',
        ),
        (
            of("torchvision:fcn_resnet50", module="torchvision.models.segmentation.fcn"),
            ("from torchvision.models import get_model",),
            'model = get_model("fcn_resnet50", weights=None, weights_backbone=None)',
        ),
        (
            of("timm:resnet50d", in_chans="1"),
            ("import timm",),
            'model = timm.create_model("resnet50d", pretrained=False, in_chans=1)',
        ),
        (
            of("paper:cifar_resnet20", n="'x'"),
            ("from resnet_inspect.sources import source",),
            'model = source("paper").build("cifar_resnet20", {"n": \'x\'}, torch.device("cpu"))',
        ),
    ],
)
def test_a_network_is_built_as_its_package_builds_it(
    trace: Trace, imports: tuple[str, ...], line: str
) -> None:
    assert parsed(network(trace)) == Network(imports, (line, "model.eval()"))


def test_arguments_of_the_user_stand_in_for_the_usual_ones() -> None:
    (line, _) = network(of("timm:resnet50", pretrained="True")).lines
    assert line == 'model = timm.create_model("resnet50", pretrained=True)'


def test_a_network_that_was_given_is_not_built() -> None:
    assert network(of("python:Net")) == Network((), ())


def test_mode_and_type_are_those_of_the_trace() -> None:
    lines = network(of("timm:resnet50", dtype="float16", mode="train")).lines
    assert lines[1:] == ("model.to(torch.float16)", "model.train()")
    assert network(of("timm:resnet50", dtype="int64")).lines[1:] == ("model.eval()",)


def test_code_of_the_user_is_imported_from_its_folder() -> None:
    code = Code("/some where", "nets.mine", "Net.small")
    found = parsed(network(of("file:x", width="8"), code))
    assert found.imports == ("import importlib", "import sys")
    assert found.lines == (
        'sys.path.insert(0, "/some where")',
        'found = importlib.import_module("nets.mine").Net.small',
        "model = found if isinstance(found, torch.nn.Module) else found(width=8)",
        "model.eval()",
    )


def given(*tensors: tuple[str, tuple[int, ...], str], module: str = "") -> Trace:
    net = ByHand()
    net.given = [net.tensor(*shape, dtype=dtype) for _, shape, dtype in tensors]
    trace = net.trace()
    ports = tuple(Port(label, n) for n, (label, _, _) in enumerate(tensors))
    root = replace(trace.modules[0], python_class=PythonClass(module, "Net"))
    return replace(trace, inputs=ports, modules=(root, *trace.modules[1:]))


def test_inputs_are_made_as_they_were_given() -> None:
    assert inputs(trace_of("resnet50")) == "torch.rand(1, 3, 224, 224)"
    two = given(("0", (1, 3), "float32"), ("mask", (5,), "int64"), ("half", (2,), "float16"))
    assert inputs(two) == (
        "torch.rand(1, 3), mask=torch.zeros((5,), dtype=torch.int64),"
        " half=torch.rand(2, dtype=torch.float16)"
    )
    assert inputs(two, mapping=True).startswith('{"0": torch.rand(1, 3), "mask": ')
    assert inputs(given(("", (), "float32"))) == "torch.rand(())"
    assert inputs(given(("", (), "int64"))) == "torch.zeros((), dtype=torch.int64)"
    assert inputs(given(("", (2, 3), "int64"))) == "torch.zeros((2, 3), dtype=torch.int64)"


def test_a_detector_takes_its_images_in_a_list() -> None:
    images = ("0", (3, 50, 40), "float32"), ("1", (3, 60, 40), "float32")
    detector = given(*images, module="torchvision.models.detection.faster_rcnn")
    assert inputs(detector) == "[torch.rand(3, 50, 40), torch.rand(3, 60, 40)]"
    assert inputs(given(*images)) == "torch.rand(3, 50, 40), torch.rand(3, 60, 40)"
