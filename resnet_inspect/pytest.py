"""Assertions on architectures for a test suite, and a pytest plugin with fixtures of their names.

    def test_the_architecture_is_what_was_agreed(assert_architecture):
        assert_architecture(Net(), "net.lock", input_size=(1, 3, 224, 224))

    from resnet_inspect.pytest import assert_shape

    def test_the_decoder_gets_what_it_needs():
        assert_shape(Net(), "layer3", (1024, 14, 14))

A golden file is a lock or a saved trace. It is written, and renewed, by `pytest
--renew-architecture` or with RESNET_INSPECT_RENEW=1 in the environment, and never otherwise.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.traces.model import Trace

__all__ = ["assert_architecture", "assert_shape"]

RENEW = "RESNET_INSPECT_RENEW"
"""The environment variable that lets golden files be written."""

_WIDTH = 100


def assert_architecture(
    model: str | nn.Module,
    golden: str | Path,
    *,
    input_size: InputSize | None = None,
    device: str | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> None:
    """Assert that a network is what a golden file says.

    Args:
        model: an `nn.Module`, which is left as it was found, or a name.
        golden: a lock file, or a saved trace (written as one if it ends in .json). A relative path
            starts at the working directory; with the fixture, at the folder of the test's file.
        input_size: what to run a network on whose file is not there yet; otherwise the file says.
            The default is that of the name, or (1, 3, 224, 224).
        device: where to run it, as for `resnet_inspect.trace`.
        arguments: arguments for the builder of a named network.

    Raises `AssertionError` with what changed, layer by layer, or if there is no golden file.

    """
    __tracebackhide__ = True
    from resnet_inspect import pipeline

    path = Path(golden)
    renew = os.environ.get(RENEW, "0") not in {"", "0"}
    agreed = pipeline.load(path) if path.exists() else None
    if agreed is None and not renew:
        raise AssertionError(f"{path} is not there; {_how_to_renew('written')}")
    size = _input(model, input_size)
    if agreed is not None and (input_size is None or not renew):
        size = pipeline.input_of(agreed, model)
    mode = "eval" if agreed is None else pipeline.mode_of(agreed)
    call = "forward" if agreed is None else agreed.provenance.call
    now = pipeline.trace(model, size, device=device, mode=mode, arguments=arguments, call=call)
    found = None if agreed is None else pipeline.changed(agreed, now)
    if agreed is not None and found is None:
        return
    if renew:
        _write(now, path)
        return
    assert found is not None
    from resnet_inspect.formats.text.layout import lay_out

    layout = lay_out(pipeline.change_table(found, brief=True), _WIDTH, bars=False)
    lines = ("".join(written for written, _ in line) for line in layout.lines)
    raise AssertionError(
        f"the architecture is not what {path} (left) says; "
        f"{_how_to_renew('renewed')}\n" + "\n".join(lines)
    )


def assert_shape(
    model: str | nn.Module,
    path: str,
    shape: Sequence[int | None],
    *,
    input_size: InputSize | None = None,
    device: str | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> None:
    """Assert that a layer gives tensors of a shape, with or without the batch.

    Args:
        model: an `nn.Module`, which is left as it was found, or a name.
        path: a module's dotted name, or "layer1.0:add" for a function; every call must comply.
        shape: (1024, 14, 14) or (1, 1024, 14, 14); None for a size that does not matter.
        input_size: batch first; the default is that of the name, or (1, 3, 224, 224).
        device: where to run it, as for `resnet_inspect.trace`.
        arguments: arguments for the builder of a named network.

    Raises `AssertionError` if it gives another shape, or if there is no such layer.

    """
    __tracebackhide__ = True
    from resnet_inspect import pipeline

    size = _input(model, input_size)
    trace = pipeline.trace(model, size, device=device, arguments=arguments)
    if path not in trace.calls_at:
        near = difflib.get_close_matches(path, trace.calls_at, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise AssertionError(f"no layer '{path}' was called{hint}")
    for index in trace.calls_at[path]:
        made = [trace.spec(port).shape for port in trace.calls[index].outputs]
        if not any(_complies(found, shape) for found in made):
            given = " and ".join(map(str, made)) or "no tensor"
            raise AssertionError(f"{path} gives {given}, not {_promised(shape)}")


def _complies(found: Sequence[int], promised: Sequence[int | None]) -> bool:
    if len(found) == len(promised) + 1:
        found = found[1:]
    return len(found) == len(promised) and all(
        wanted in (None, size) for size, wanted in zip(found, promised, strict=True)
    )


def _promised(shape: Sequence[int | None]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"


def _input(model: str | nn.Module, given: InputSize | None) -> InputSize | None:
    """The input size that is given or usual; None leaves it to the name."""
    from resnet_inspect import pipeline

    return given if given is not None or isinstance(model, str) else pipeline.USUAL_INPUT


def _how_to_renew(done: str) -> str:
    return f"it is {done} by pytest --renew-architecture, or with {RENEW}=1"


def _write(trace: Trace, path: Path) -> None:
    from resnet_inspect import locks, pipeline
    from resnet_inspect.files import write_all

    if path.suffix == ".json":
        pipeline.save(trace, path, overwrite=True)
    else:
        write_all({path: locks.dumps(trace, _how_to_renew("renewed"))}, overwrite=True)


# The plugin --------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--renew-architecture`."""
    group = parser.getgroup("resnet-inspect")
    group.addoption(
        "--renew-architecture",
        action="store_true",
        help="write the golden files of assert_architecture as the networks are now",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """Let the assertions of a test know of the option."""
    if not item.config.getoption("renew_architecture"):
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(RENEW, "1")
        return (yield)


@pytest.fixture(name="assert_architecture")
def _assert_architecture(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`resnet_inspect.pytest.assert_architecture`, with files beside the test's own."""

    def check(model: str | nn.Module, golden: str | Path, **options: Any) -> None:
        __tracebackhide__ = True
        assert_architecture(model, request.path.parent / golden, **options)

    return check


@pytest.fixture(name="assert_shape")
def _assert_shape() -> Callable[..., None]:
    """`resnet_inspect.pytest.assert_shape`."""
    return assert_shape
