"""The saved traces, traces made by hand, and strategies for others. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import resnet_inspect
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Call, Failure, Provenance, Trace
from resnet_inspect.traces.modules import ModuleSpec, ParameterSpec, PythonClass
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Attention,
    Container,
    Conv,
    Create,
    Elementwise,
    Join,
    Linear,
    MatMul,
    Norm,
    Op,
    Pool,
    Recurrent,
    Reduce,
    Resample,
    Reshape,
    Unknown,
    Window,
)
from resnet_inspect.traces.tensors import Activation, Port, Shape, TensorSpec

DATA = Path(__file__).parents[0] / "data"
NAMES = tuple(sorted(path.stem for path in DATA.glob("*.json")))
SMALL = ("broken", "dense", "functional", "names", "oddities", "plain", "resnet18", "r3d_18")

steady = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""Settings of every property here: the same examples in each run."""


@cache
def survey_of(name: str) -> Survey:
    """The survey of a saved trace, loaded once."""
    return Survey(resnet_inspect.load(DATA / f"{name}.json"))


def trace_of(name: str) -> Trace:
    """A saved trace."""
    return survey_of(name).trace


PROVENANCE = Provenance(
    source="by hand",
    arguments=(),
    device="meta",
    mode="eval",
    versions=(("python", "3.11"), ("torch", "2.15")),
    tool_version="0",
    captured_at="2026-01-01T00:00:00+00:00",
)


def window(
    kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, *, dimensions: int = 2
) -> Window:
    """A window that is the same in every dimension."""
    return Window(
        (kernel,) * dimensions, (stride,) * dimensions, (padding,) * dimensions,
        (dilation,) * dimensions,
    )  # fmt: skip


def conv(given: int, made: int, w: Window, *, groups: int = 1, bias: bool = False) -> Conv:
    """A convolution."""
    return Conv(w, given, made, groups, bias)


@dataclass
class ByHand:
    """A trace written down step by step; every step is a module of the network, or a function."""

    activations: list[Activation] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    modules: list[ModuleSpec] = field(default_factory=list)
    given: list[int] = field(default_factory=list)
    left_open: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The call of the network itself."""
        self.calls.append(Call(0, "", "", 1, None, Container(), (), ()))
        self.left_open.append(0)

    def tensor(self, *shape: int, storage: int | None = None, dtype: str = "float32") -> int:
        """A new tensor; its number."""
        number = len(self.activations)
        storage = number if storage is None else storage
        size = {"float32": 4, "int64": 8, "float16": 2}[dtype]
        self.activations.append(Activation(TensorSpec(shape, dtype, size), storage))
        return number

    def input(self, *shape: int) -> int:
        """A tensor that the network is given."""
        number = self.tensor(*shape)
        self.given.append(number)
        return number

    def step(
        self,
        path: str,
        op: Op,
        inputs: int | tuple[int, ...],
        shape: Shape | None = None,
        *,
        labels: tuple[str, ...] | None = None,
        weights: dict[str, Shape] | None = None,
        reads: tuple[str, ...] = (),
        storage: int | None = None,
    ) -> int:
        """A call that makes one tensor, of the input's shape if no other is given; its number."""
        taken = (inputs,) if isinstance(inputs, int) else inputs
        if shape is None:
            shape = self.activations[taken[0]].tensor.shape
        made = self.tensor(*shape, storage=storage)
        if labels is None:
            labels = ("",) if len(taken) == 1 else tuple(str(i) for i in range(len(taken)))
        is_module = ":" not in path
        nth = 1 + sum(call.path == path for call in self.calls)
        self.calls.append(
            Call(
                len(self.calls),
                path,
                path if is_module else None,
                nth,
                self.left_open[-1],
                op,
                tuple(Port(label, number) for label, number in zip(labels, taken, strict=True)),
                (Port("", made),),
                reads,
            )
        )
        if is_module and nth == 1:
            self.module(path, op, weights or {})
        return made

    @contextmanager
    def inside(self, path: str, *inputs: int) -> Iterator[list[int]]:
        """A module whose calls are made in the `with`; the list takes what it gives."""
        made: list[int] = []
        index = len(self.calls)
        ports = tuple(Port("", number) for number in inputs)
        self.calls.append(Call(index, path, path, 1, self.left_open[-1], Container(), ports, ()))
        self.module(path, Container())
        self.left_open.append(index)
        yield made
        self.left_open.pop()
        given = tuple(Port("", number) for number in made)
        self.calls[index] = replace(self.calls[index], outputs=given)

    def module(self, path: str, op: Op, weights: dict[str, Shape] | None = None) -> None:
        """A module, called or not."""
        self.modules.append(
            ModuleSpec(
                path,
                PythonClass("", type(op).__name__),
                op,
                tuple(
                    ParameterSpec(name, TensorSpec(shape, "float32", 4), True)
                    for name, shape in (weights or {}).items()
                ),
                (),
                (),
            )
        )

    def trace(self, *outputs: int, failure: Failure | None = None) -> Trace:
        """The trace."""
        inputs = tuple(Port("" if len(self.given) == 1 else str(n), n) for n in self.given)
        made = tuple(Port("" if len(outputs) == 1 else str(n), n) for n in outputs)
        network = Call(0, "", "", 1, None, Container(), inputs, made)
        top = tuple(m.path for m in self.modules if "." not in m.path)
        spec = ModuleSpec("", PythonClass("by.hand", "Network"), Container(), (), (), top)
        return Trace(
            "network",
            (spec, *self.modules),
            (network, *self.calls[1:]),
            tuple(self.activations),
            inputs,
            made,
            PROVENANCE,
            failure,
        )


def in_a_row(kernels: list[int], *, extra: int | None = None, named: str = "body") -> Trace:
    """Convolutions and norms in a row; with another norm behind the one at `extra`."""
    hand = ByHand()
    x, width = hand.input(1, 3, 8, 8), 3
    for i, kernel in enumerate(kernels):
        sized = window(kernel, 1, kernel // 2)
        weights = {"weight": (4, width, kernel, kernel)}
        x = hand.step(f"{named}.conv{i}", conv(width, 4, sized), x, (1, 4, 8, 8), weights=weights)
        width = 4
        if i == extra:
            x = hand.step(f"{named}.more", Norm("batch", 4), x, weights={"weight": (4,)})
        x = hand.step(f"{named}.relu{i}", Activate("relu"), x)
    return hand.trace(x)


# Strategies: whole traces, small, sound in their references and otherwise as odd as can be.

MARKUP = (
    "[bold]", "x[out]", "a|b", "$x$", "<b>", "&amp;", "**b**", "`c`", "_", "a_b", "\\", "50%",
    "{x}", "~", "^", ",", '"', "'", " ", "=1", "\n", "\t", "\r\n", "\x1b[31m", "層", "é", "#", "-",
    "---", "\\\\", "\u2028", "\u202e", "×", "",
)  # fmt: skip
names = st.one_of(
    st.sampled_from(MARKUP), st.text(max_size=6), st.lists(st.sampled_from(MARKUP)).map("".join)
)
counts = st.integers(0, 40)
offsets = st.lists(st.integers(-3, 40), max_size=3).map(tuple)
flags = st.booleans()


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Windows of one to three dimensions."""
    dimensions = draw(st.integers(1, 3))

    def numbers(low: int) -> st.SearchStrategy[tuple[int, ...]]:
        return st.tuples(*[st.integers(low, 5)] * dimensions)

    return Window(
        draw(numbers(1)),
        draw(numbers(1)),
        draw(numbers(0)),
        draw(numbers(1)),
        draw(flags),
        draw(st.none() | numbers(0)),
    )


ops = st.one_of(
    st.builds(Conv, windows(), counts, counts, st.integers(1, 8), flags, flags),
    st.builds(Pool, names, windows()),
    st.builds(AdaptivePool, names, st.lists(st.none() | counts, max_size=3).map(tuple)),
    st.builds(Norm, names, counts),
    st.builds(Linear, counts, counts, flags),
    st.builds(Attention, counts, counts, counts, counts, flags, counts, counts),
    st.builds(
        Recurrent, st.sampled_from(["lstm", "gru", "rnn"]), counts, counts, counts, flags, counts
    ),
    st.builds(MatMul, names, names),
    st.builds(Activate, names, flags),
    st.builds(Elementwise, names | st.just("add"), flags),
    st.builds(Join, names, counts),
    st.builds(Resample, names),
    st.builds(Reshape, names, offsets, offsets.map(lambda sizes: tuple(map(abs, sizes)))),
    st.builds(Reduce, names),
    st.builds(Create, names),
    st.just(Container()),
    st.builds(Unknown, names, names),
)
shapes = st.lists(st.integers(0, 6), max_size=5).map(tuple)
tensors = st.builds(
    TensorSpec,
    shapes,
    st.sampled_from(["float32", "bool"]),
    st.integers(1, 8),
    st.just(1) | st.integers(1, 5),
)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Traces of a few modules and calls whose references hold, each made before it is taken."""
    activations = tuple(draw(st.lists(st.builds(Activation, tensors, counts), max_size=8)))
    last = len(activations) - 1
    ports = (
        st.lists(st.builds(Port, names, st.integers(0, last)), max_size=3).map(tuple)
        if activations
        else st.just(())
    )
    paths = ["", *draw(st.lists(names.filter(bool), max_size=4, unique=True))]
    held = tensors.map(lambda spec: replace(spec, mapped=1))  # no module holds a mapped tensor
    specs = st.builds(ParameterSpec, names, held, flags)
    modules = tuple(
        ModuleSpec(
            path,
            draw(st.builds(PythonClass, names, names)),
            Container() if i == 0 else draw(ops),
            tuple(draw(st.lists(specs, max_size=2, unique_by=lambda spec: spec.name))),
            tuple(draw(st.lists(specs, max_size=1))),
            tuple(paths[1:]) if i == 0 else (),
            tuple(draw(st.lists(names, max_size=1))),
            draw(flags),
        )
        for i, path in enumerate(paths)
    )
    calls = [Call(0, "", "", 1, None, Container(), draw(ports), draw(ports))]
    running = [0]
    for index in range(1, draw(st.integers(1, 7))):
        running = running[: draw(st.integers(1, len(running)))]
        module = draw(st.none() | st.sampled_from(paths))
        path = draw(names) if module is None else module
        calls.append(
            Call(
                index,
                path,
                module,
                1 + sum(call.path == path for call in calls),
                running[-1],
                draw(ops),
                draw(ports),
                draw(ports),
                tuple(draw(st.lists(names, max_size=1))),
            )
        )
        running.append(index)
    taken: set[int] = set()
    for index, call in enumerate(calls):
        taken.update(port.activation for port in call.inputs)
        made = tuple(port for port in call.outputs if port.activation not in taken)
        calls[index] = replace(call, outputs=made)
    failure = draw(st.none() | st.builds(Failure, st.just(len(calls) - 1), names, names, names))
    pairs = st.lists(st.tuples(names, names), max_size=2).map(tuple)
    several = st.lists(names, max_size=2).map(tuple)
    provenance = draw(
        st.builds(Provenance, names, pairs, names, names, pairs, names, names, several)
    )
    return Trace(
        draw(names), modules, tuple(calls), activations, calls[0].inputs, calls[0].outputs,
        provenance, failure,
    )  # fmt: skip
