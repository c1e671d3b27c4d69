"""Where classes are defined: found as the interpreter finds them, without running a line."""

from __future__ import annotations

import argparse
import email.message
import http.server
import inspect
import json.encoder
import logging.handlers
import sys
import xml.sax.handler
from collections.abc import Callable
from pathlib import Path

import pytest
from saved import ByHand, conv, trace_of, window

from resnet_inspect import definitions
from resnet_inspect.definitions import Definition, NoDefinition
from resnet_inspect.traces.modules import PythonClass


def keyword_line(thing: object) -> int:
    """The line of `class` or `def` by the interpreter's own account, below the decorators."""
    lines, first = inspect.getsourcelines(thing)  # type: ignore[arg-type]
    below = (n for n, line in enumerate(lines) if line.lstrip().startswith(("class ", "def ")))
    return first + next(below)


@pytest.mark.parametrize(
    "cls",
    [
        argparse.ArgumentParser, argparse._HelpAction, email.message.EmailMessage,
        http.server.BaseHTTPRequestHandler, json.encoder.JSONEncoder,
        logging.handlers.RotatingFileHandler, xml.sax.handler.ContentHandler, inspect.Signature,
        argparse.HelpFormatter._Section, Path, PythonClass, ByHand,
    ],
    ids=lambda cls: cls.__qualname__,
)  # fmt: skip
def test_a_class_is_found_where_the_interpreter_finds_it(cls: type) -> None:
    found = definitions.of_class(PythonClass(cls.__module__, cls.__qualname__))
    assert found.path.samefile(inspect.getsourcefile(cls) or "")
    assert found.line == keyword_line(cls)


PACKAGE = {
    "network/__init__.py": "raise RuntimeError('imported')\n",
    "network/blocks/__init__.py": "raise ImportError\nfrom .base import Unit as Block\n",
    "network/blocks/base.py": (
        "class Unit:\n"
        "    @overload\n"
        "    def forward(self, x): ...\n"
        "    @overload\n"
        "    def forward(self, x): return x\n"
    ),
    "network/models.py": (
        "# two lines\n"
        "# of comment\n"
        "from .blocks import Block\n"
        "from network.models import Circle as Wheel\n"
        "from ....beyond import Far\n"
        "import network\n"
        "\n"
        "if 1 > 2:\n"
        "    class Either: pass\n"
        "else:\n"
        "    class Either: pass\n"
        "@decorated(\n"
        "    with_lines=2)\n"
        "class Decorated(Block): pass\n"
        "class Outer:\n"
        "    class Inner(Decorated): pass\n"
        "def build():\n"
        "    with suspended():\n"
        "        class Local(Outer): pass\n"
        "    return Local\n"
        "class Circle(Wheel): pass\n"
        "class Lost(Far, network.blocks.base.Unit): pass\n"
        "class Second(Lost, Block): pass\n"
        "build = build()\n"
    ),
    "network/binary.py": "\0",
    "network/unfinished.py": "class Net(\n",
    "spread/inner/deep.py": "class Net: pass\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that cannot be imported, and one of folders alone."""
    for name, text in PACKAGE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("find", "module", "qualname", "file", "line"),
    [
        (definitions.of_class, "network.models", "Either", "network/models.py", 11),
        (definitions.of_class, "network.models", "Decorated", "network/models.py", 14),
        (definitions.of_class, "network.models", "Outer.Inner", "network/models.py", 16),
        (definitions.of_class, "network.models", "build.<locals>.Local", "network/models.py", 19),
        (definitions.of_class, "spread.inner.deep", "Net", "spread/inner/deep.py", 1),
        (definitions.of_forward, "network.blocks.base", "Unit", "network/blocks/base.py", 5),
        (definitions.of_forward, "network.models", "Decorated", "network/blocks/base.py", 5),
        (definitions.of_forward, "network.models", "Outer.Inner", "network/blocks/base.py", 5),
        (definitions.of_forward, "network.models", "Outer", "network/models.py", 15),
        (definitions.of_forward, "network.models", "Circle", "network/models.py", 21),
        (definitions.of_forward, "network.models", "Lost", "network/models.py", 22),
        (definitions.of_forward, "network.models", "Second", "network/blocks/base.py", 5),
    ],
)
def test_classes_and_forwards_of_a_package_that_cannot_be_imported(
    package: Path,
    find: Callable[[PythonClass], Definition],
    module: str,
    qualname: str,
    file: str,
    line: int,
) -> None:
    assert find(PythonClass(module, qualname)) == Definition(package / file, line)
    assert "network" not in sys.modules


@pytest.mark.parametrize(
    ("module", "qualname", "words"),
    [
        ("", "GraphModule", "does not say which module defines GraphModule"),
        ("__main__", "Net", "Net is of the program that made the trace"),
        ("builtins", "int", "no file of it"),
        ("nowhere", "Net", "no file of it"),
        ("network.nowhere", "Net", "no file of it"),
        ("network.models.nowhere", "Net", "no file of it"),
        ("../../etc", "Net", "no file of it"),
        (".models", "Net", "no file of it"),
        ("network..models", "Net", "no file of it"),
        ("network.binary", "Net", "could not be read"),
        ("network.unfinished", "Net", "could not be read"),
        ("network.models", "build", "defines no class build"),
        ("network.models", "Local", "defines no class Local"),
        ("network.models", "Outer.Lost", "defines no class Outer.Lost"),
        ("network.models", "", "defines no class"),
    ],
)
def test_what_cannot_be_found_is_said_in_a_sentence(
    package: Path, module: str, qualname: str, words: str
) -> None:
    for find in (definitions.of_class, definitions.of_forward):
        with pytest.raises(NoDefinition, match=words) as caught:
            find(PythonClass(module, qualname))
        assert len(caught.value.message.splitlines()) == 1


def test_a_module_in_memory_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "in_memory", type(sys)("in_memory"))
    assert definitions.module_file("in_memory") is None


def test_a_trace_made_in_a_script_says_so() -> None:
    trace = trace_of("plain")
    with pytest.raises(NoDefinition, match="Plain is of the program that made the trace"):
        definitions.of_calls(trace, 0, 0)


def test_a_run_of_calls_is_of_the_innermost_call_that_holds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is asked for, by name: the finding itself is replaced."""
    monkeypatch.setattr(definitions, "of_class", lambda wanted: wanted.full_name)
    monkeypatch.setattr(definitions, "of_forward", lambda wanted: f"{wanted.full_name}.forward")
    trace = trace_of("resnet50")
    at = {call.path: call.index for call in trace.calls}
    home = "torchvision.models.resnet"
    add = at["layer1.0:add"]
    expected = {
        (0, 0): f"{home}.ResNet",
        (0, len(trace.calls) - 1): f"{home}.ResNet",
        (at["conv1"], at["maxpool"]): f"{home}.ResNet",
        (at["conv1"], at["conv1"]): "torch.nn.modules.conv.Conv2d",
        (at["layer1"], at["layer2"] - 1): "torch.nn.modules.container.Sequential",
        (at["layer1"], at["layer2"]): f"{home}.ResNet",
        (at["layer1.0"], at["layer1.1"] - 1): f"{home}.Bottleneck",
        (at["layer1.0.conv1"], at["layer1.0.bn2"]): f"{home}.Bottleneck",
        (add, add): f"{home}.Bottleneck.forward",
        (at[":flatten"], at[":flatten"]): f"{home}.ResNet.forward",
    }
    assert {span: definitions.of_calls(trace, *span) for span in expected} == expected  # type: ignore[comparison-overlap]


def test_a_function_inside_a_function_is_of_the_module_around_both() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 3, 9, 9)
    by_hand.step("conv", conv(3, 4, window(3)), x, (1, 4, 7, 7))
    trace = by_hand.trace()
    with pytest.raises(NoDefinition, match="which module defines Conv"):
        definitions.of_calls(trace, 1, 1)
    with pytest.raises(NoDefinition, match=r"Network is of the module by\.hand"):
        definitions.of_calls(trace, 0, 1)
