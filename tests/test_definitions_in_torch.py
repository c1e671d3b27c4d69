"""Capture says which class a module is of, and its definition is where the interpreter has it."""

from __future__ import annotations

import inspect

import pytest
import torch
import torchvision
from torch import Tensor, nn

import resnet_inspect
from resnet_inspect import definitions
from resnet_inspect.definitions import NoDefinition
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.modules import PythonClass


def built(name: str) -> nn.Module:
    with torch.device("meta"):
        arguments = {"weights_backbone": None} if name.startswith("fcn") else {}
        return torchvision.models.get_model(name, weights=None, **arguments)


def keyword_line(thing: object) -> int:
    """The line of `class` or `def` by the interpreter's own account, below the decorators."""
    lines, first = inspect.getsourcelines(thing)  # type: ignore[arg-type]
    below = (n for n, line in enumerate(lines) if line.lstrip().startswith(("class ", "def ")))
    return first + next(below)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "fcn_resnet50", "r3d_18"])
def test_every_call_is_traced_to_the_line_that_the_interpreter_names(name: str) -> None:
    model = built(name)
    trace = resnet_inspect.trace(name)
    modules = dict(model.named_modules())
    for spec in trace.modules:
        cls = type(modules[spec.path])
        assert spec.python_class == PythonClass(cls.__module__, cls.__qualname__)
        assert spec.class_name == cls.__name__
    functions = 0
    for call in trace.calls:
        found = definitions.of_calls(trace, call.index, call.index)
        if call.module is not None:
            expected: object = type(modules[call.module])
        else:
            assert call.parent is not None
            expected = type(modules[trace.calls[call.parent].module or ""]).forward
            functions += 1
        assert found.path.samefile(inspect.getsourcefile(expected) or "")  # type: ignore[arg-type]
        assert found.line == keyword_line(expected)
    assert functions > 0


def test_every_layer_class_of_torch_is_found() -> None:
    classes = [cls for cls in vars(nn).values() if isinstance(cls, type)]
    assert len(classes) > 150
    for cls in classes:
        found = definitions.of_class(PythonClass(cls.__module__, cls.__qualname__))
        assert found.line == keyword_line(cls), cls
        if inspect.isfunction(vars(cls).get("forward")) and cls is not nn.Module:
            forward = definitions.of_forward(PythonClass(cls.__module__, cls.__qualname__))
            assert forward.line == keyword_line(vars(cls)["forward"]), cls


def traced(model: nn.Module) -> Trace:
    return resnet_inspect.trace(model, input_size=(1, 3, 8, 8))


class Outer:
    class Inner(nn.Conv2d):
        """A class inside a class."""


def test_nested_local_and_parametrized_classes() -> None:
    class Local(nn.Sequential):
        pass

    normed = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 3, 1))
    trace = traced(Local(Outer.Inner(3, 3, 1), normed))
    network, inner, conv, *_ = (module.python_class for module in trace.modules)
    assert (network.name, inner.name) == ("Local", "Inner")
    assert inner.qualname == "Outer.Inner"
    assert conv == PythonClass("torch.nn.modules.conv", "Conv2d")
    for found, cls in ((network, Local), (inner, Outer.Inner)):
        assert definitions.of_class(found).line == keyword_line(cls)


def test_a_class_under_another_name_is_known_by_that_name_alone() -> None:
    graph = torch.fx.symbolic_trace(nn.Sequential(nn.Conv2d(3, 3, 1)))
    renamed = type("x.out", (nn.Sequential,), {})
    trace = traced(nn.Sequential(graph, renamed(nn.Conv2d(3, 3, 1))))
    classes = {module.path: module.python_class for module in trace.modules}
    assert classes["0"] == PythonClass("", type(graph).__name__)
    assert classes["1"] == PythonClass("", "x.out")
    assert classes["1"].name == "x.out"
    with pytest.raises(NoDefinition, match=r"which module defines x\.out"):
        definitions.of_class(classes["1"])


def test_a_scripted_layer_keeps_the_name_that_it_was_written_with() -> None:
    class Written(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(x)

    traced_module = torch.jit.trace(Written(), torch.zeros(1, 3, 8, 8))
    trace = traced(nn.Sequential(traced_module))
    assert trace.modules[1].python_class == PythonClass("", "Written")
