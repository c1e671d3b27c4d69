"""Networks of odd classes: each has the trace of a plain one, or is refused in one line."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import odd_networks
import pytest
import torch
from odd_networks import MACS, ODD, PARAMETERS, PATHS, SIZE, HoldsNotMade, NotMade, Plain
from torch import Tensor, nn

import resnet_inspect as ri
from resnet_inspect.capture.members import named_modules
from resnet_inspect.cli.entry_point import run
from resnet_inspect.errors import ForwardError, ForwardInterrupted, UntraceableModel


def known(trace: Any) -> tuple[Any, ...]:
    totals = trace.totals
    called = tuple(dict.fromkeys(call.module for call in trace.calls if call.module is not None))
    return totals.parameters.total, totals.macs, called, len(trace.outputs), trace.failure


PLAIN = PARAMETERS, MACS, PATHS, 1, None


@pytest.mark.parametrize("kind", ODD, ids=lambda kind: kind.__name__)
def test_odd_classes_have_the_trace_of_a_plain_one(kind: type[nn.Module]) -> None:
    model = kind()
    before = list(named_modules(model))
    assert known(ri.trace(model, SIZE)) == PLAIN
    assert known(ri.trace(model, SIZE, device="meta")) == PLAIN
    for (path, module), (path_before, module_before) in zip(
        named_modules(model), before, strict=True
    ):
        assert path == path_before
        assert module is module_before
    with ri.watch(model) as seen, torch.no_grad():
        model(torch.zeros(SIZE))
    if kind is not odd_networks.CallsNoForward:  # a program may run what nobody can watch
        assert known(seen.trace) == PLAIN
    assert not any(vars(module)["_forward_hooks"] for _, module in before)


def test_a_module_within_itself_is_named_and_not_entered() -> None:
    trace = ri.trace(odd_networks.Cycle(), SIZE)
    network, conv = trace.modules[0], trace.module_at["conv"]
    assert set(network.aliases) == {"itself", "conv.network"}
    assert "" not in (*network.children, *conv.children)


@pytest.mark.parametrize("kind", [NotMade, HoldsNotMade])
def test_modules_that_are_not_made_ready_are_named(kind: type[nn.Module]) -> None:
    for ask in (lambda: ri.trace(kind(), SIZE), lambda: ri.watch(kind()).__enter__()):
        with pytest.raises(UntraceableModel, match="NotMade") as raised:
            ask()
        assert "super().__init__()" in raised.value.hint


COMMANDS = ("verify", "signal", "cost", "taps --python", "lock")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["Unhashable", "Cycle", "CallsForward", "AttributesRaise"])
def test_commands_answer(
    command: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *options = command.split()
    odd = f"{odd_networks.__file__}:{kind}"
    if name == "lock":
        options = ["-o", str(tmp_path / "net.lock")]
    code = run([name, odd, "--input", "1,3,8,8", *options])
    out, err = capsys.readouterr()
    assert "defect" not in err
    assert (code, err) == (0, "") or name in ("lock", "verify"), err
    assert f"{PARAMETERS:,}" in out or name not in ("verify", "cost")


class OddWords(Exception):
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise SystemExit(3)

    __repr__ = __str__


def exits(error: object) -> BaseException:
    return SystemExit(error)


class Stopped(KeyboardInterrupt):
    """An interrupt of the user's own."""


RAISED: tuple[Callable[[], BaseException], ...] = (
    OddWords, lambda: exits(None), lambda: exits(0), lambda: exits(OddWords()), GeneratorExit,
    StopIteration, lambda: BaseExceptionGroup("many", [OddWords()]), BrokenPipeError, MemoryError,
    lambda: type("Base", (BaseException,), {})("escape \x1b[31m"),
)  # fmt: skip


@pytest.mark.parametrize("raised", RAISED)
def test_whatever_a_forward_raises_is_a_failed_forward(raised: Callable[[], BaseException]) -> None:
    class Raises(Plain):
        def forward(self, x: Tensor) -> Tensor:
            self.conv(x)
            raise raised()

    with pytest.raises(ForwardError) as failed:
        ri.trace(Raises(), SIZE)
    assert [call.path for call in failed.value.trace.calls] == ["", "conv"]
    assert type(raised()).__name__ in str(failed.value.trace.failure)


class Nested(Plain):
    """Has its first layer within so many others."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        for _ in range(depth):
            self.conv = nn.Sequential(self.conv)


def test_what_python_can_run_is_not_too_deep_for_us_and_what_it_cannot_is_said_to_be() -> None:
    limit = sys.getrecursionlimit()
    model = Nested(limit // 5)  # three of Python's calls each
    model(torch.zeros(SIZE))
    assert ri.trace(model, SIZE).totals.macs == MACS
    with pytest.raises(ForwardError, match="calls are nested, deeper than Python goes"):
        ri.trace(Nested(limit), SIZE)
    assert sys.getrecursionlimit() == limit


class LowersTheLimit(Plain):
    """Leaves Python with hardly any room."""

    def forward(self, x: Tensor) -> Tensor:
        made = super().forward(x)
        sys.setrecursionlimit(sys.getrecursionlimit() // 4)
        return made


def test_the_limit_of_nested_calls_is_left_as_found() -> None:
    limit = sys.getrecursionlimit()
    assert known(ri.trace(LowersTheLimit(), SIZE)) == PLAIN
    assert sys.getrecursionlimit() == limit


class GivesAGenerator(Plain):
    """Gives what nobody has run."""

    def forward(self, x: Tensor) -> Any:
        yield super().forward(x)


class GivesACoroutine(Plain):
    """Likewise."""

    async def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)


@pytest.mark.parametrize("kind", [GivesAGenerator, GivesACoroutine])
def test_a_forward_of_which_nothing_has_run_is_a_failed_one(kind: type[nn.Module]) -> None:
    with pytest.raises(ForwardError, match="of which nothing has run"):
        ri.trace(kind(), SIZE)


class GivesAnEndlessList(Plain):
    """Gives a list whose own iteration has no end."""

    def forward(self, x: Tensor) -> Any:
        endless = type("Endless", (list,), {"__iter__": lambda self: itertools.count()})
        return endless([super().forward(x)])


def test_of_a_list_nothing_is_asked_but_what_lists_are() -> None:
    assert known(ri.trace(GivesAnEndlessList(), SIZE)) == PLAIN


def test_interrupts_of_any_class_interrupt() -> None:
    class Raises(Plain):
        def forward(self, x: Tensor) -> Tensor:
            raise Stopped

    with pytest.raises(ForwardInterrupted):
        ri.trace(Raises(), SIZE)


SETTINGS: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
    "meta by default": (
        lambda: torch.set_default_device("meta"), lambda: torch.set_default_device(None),
    ),
    "float64 by default": (
        lambda: torch.set_default_dtype(torch.float64),
        lambda: torch.set_default_dtype(torch.float32),
    ),
    "deterministic": (
        lambda: torch.use_deterministic_algorithms(True),
        lambda: torch.use_deterministic_algorithms(False),
    ),
    "no gradients": (
        lambda: torch.set_grad_enabled(False), lambda: torch.set_grad_enabled(True),
    ),
}  # fmt: skip


def settings() -> tuple[object, ...]:
    return (
        torch.empty(0).device, torch.get_default_dtype(), torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(), torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(), torch.is_anomaly_enabled(),
    )  # fmt: skip


@pytest.mark.parametrize(("set_them", "back"), SETTINGS.values(), ids=SETTINGS)
def test_settings_of_torch_stand_in_no_way_and_stay(
    set_them: Callable[[], object], back: Callable[[], object]
) -> None:
    set_them()
    try:
        before, model = settings(), Plain()
        assert known(ri.trace(model, SIZE)) == PLAIN
        assert ri.trace("paper:cifar_resnet20", device="cpu").failure is None
        assert settings() == before
    finally:
        back()
