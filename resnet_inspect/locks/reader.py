"""A trace from the lines of a lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from resnet_inspect.locks.words import (
    AMOUNTS,
    FLOAT,
    PLACE,
    TOKEN,
    read_name,
    read_op,
    read_tensor,
    usually_shares,
)
from resnet_inspect.traces.model import FORWARD, Call, Provenance, Trace
from resnet_inspect.traces.modules import ModuleSpec, ParameterSpec, PythonClass
from resnet_inspect.traces.ops import Container, Op
from resnet_inspect.traces.tensors import Activation, Port, TensorSpec


@dataclass
class _Held:
    """What is known of a module before all lines are read."""

    op: Op
    parameters: list[ParameterSpec] = field(default_factory=list)
    buffers: list[ParameterSpec] = field(default_factory=list)


class Reader:
    """A trace, line by line."""

    def __init__(self) -> None:
        self.header: dict[str, str] = {}
        self.activations: list[Activation] = []
        self.inputs: list[Port] = []
        self.outputs: list[Port] = []
        self.calls: list[Call] = [Call(0, "", "", 1, None, Container(), (), ())]
        self.modules: dict[str, _Held] = {"": _Held(Container())}
        self.made: dict[tuple[str, int], tuple[int, ...]] = {}
        self.nth: Counter[str] = Counter({"": 1})
        self.running = [0]
        self.before: int | None = None

    def read(self, line: str) -> None:
        """Take in a line; raises `ValueError` and the like for one that cannot be."""
        bare = line.lstrip(" ")
        if not bare or bare.startswith("#"):
            return
        tokens = TOKEN.findall(bare)
        if " ".join(tokens) != bare:
            raise ValueError("words and spaces are not as a lock has them")
        key = tokens[0]
        depth, odd = divmod(len(line) - len(bare), 2)
        if odd or (depth and key.endswith(":")):
            raise ValueError("it is indented as no line is")
        if key in {"model:", "mode:", "call:"}:
            (value,) = tokens[1:]
            if key in self.header:
                raise ValueError(f"a second {key}")
            self.header[key] = read_name(value)
        elif key in {"input:", "output:"}:
            *label, token = tokens[1:]
            (name,) = map(read_name, label or ['""'])
            if key == "input:":
                if len(self.calls) > 1:
                    raise ValueError("inputs stand before the calls")
                self.inputs.append(Port(name, self._new(read_tensor(token, FLOAT))))
                self.before = self.inputs[0].activation
            else:
                self.outputs.append(Port(name, self._source(token)))
        elif key == "network:":
            if len(self.calls) > 1 or len(tokens) == 1:
                raise ValueError("what is of the network stands before the calls")
            self.calls = []
            self.nth.clear()
            self._call("", None, tokens[1:])
        else:
            if depth >= len(self.running) or not isinstance(
                self.calls[self.running[depth]].op, Container
            ):
                raise ValueError("it is indented deeper than a call made by the one above")
            del self.running[depth + 1 :]
            self.running.append(len(self.calls))
            self._call(read_name(key), self.running[depth], tokens[1:])

    def _new(self, spec: TensorSpec, storage: int | None = None) -> int:
        number = len(self.activations)
        self.activations.append(Activation(spec, number if storage is None else storage))
        return number

    def _source(self, token: str) -> int:
        """The activation that a token of `Writer._source` names."""
        if token.startswith("("):
            return self._new(read_tensor(token[1:-1], FLOAT))
        found = PLACE.fullmatch(token)
        if found is None:
            raise ValueError(f"{token} names no call")
        part = int(found[3] or 0)
        if found[1] == "input":
            made = tuple(port.activation for port in self.inputs)
        else:
            made = self.made.get((read_name(found[1]), int(found[2] or 1)), ())
        if part >= len(made):
            raise ValueError(f"there is no {token} above it")
        return made[part]

    def _call(self, path: str, parent: int | None, tokens: Sequence[str]) -> None:
        before, (given, is_said), made = _parted(tokens)
        amounts: dict[str, str] = {}
        words = []
        for token in before:
            key, _, value = token.partition("=")
            if key not in {*AMOUNTS, "shares"}:
                words.append(token)
            elif amounts.setdefault(key, value) is not value:
                raise ValueError(f"it has {key} twice")
        sharing = amounts.pop("shares", "")
        if sharing not in {"", "yes", "no"}:
            raise ValueError("memory is shared or not: yes or no")
        op = read_op(words) if words else Container()
        if is_said:
            sources = [self._source(token) for token in given]
        else:
            sources = [self.before] if words and self.before is not None else []
        if not words and (is_said or made or sharing):
            raise ValueError("only an op takes and gives tensors")
        expected = self.activations[sources[0]].tensor if sources else FLOAT
        specs = [read_tensor(token, expected) for token in made]
        self.nth[path] += 1
        storage = None
        if sources and (sharing == "yes" if sharing else usually_shares(op)):
            storage = self.activations[sources[0]].storage
        numbers = tuple(self._new(spec, storage) for spec in specs)
        if numbers:
            self.before = numbers[0]
            self.made[path, self.nth[path]] = numbers
        usual = specs[0] if specs else expected
        module, reads = self._hold(path, op, amounts, usual)
        self.calls.append(
            Call(
                len(self.calls), path, module, self.nth[path], parent, op,
                _ports(sources), _ports(numbers), reads,
            )
        )  # fmt: skip

    def _hold(
        self, path: str, op: Op, amounts: dict[str, str], expected: TensorSpec
    ) -> tuple[str | None, tuple[str, ...]]:
        """Where a call's parameters are: in its module, or in the network, which it reads."""
        specs = {
            key: [
                ParameterSpec(f"{key}.{i}", read_tensor(count, expected), key == "parameters")
                for i, count in enumerate(written.split("+"))
            ]
            for key, written in amounts.items()
        }
        buffers = specs.pop("buffers", [])
        own = [spec for group in specs.values() for spec in group]
        again = self.nth[path] > 1 and bool(own or buffers or not path)
        name = f"{path}#{self.nth[path]}"
        if buffers or not (again or ":" in path):  # only a module has buffers
            held = self.modules.setdefault(name if again else path, _Held(op))
            held.parameters += own
            held.buffers += buffers
            if not path and not again:
                held.op = op
            return (name if again else path), ()
        own = [replace(spec, name=f"{name}/{spec.name}") for spec in own]
        self.modules[""].parameters += own
        return None, tuple(spec.name for spec in own)

    def trace(self) -> Trace:
        """The whole, once all lines are read."""
        missing = {"model:", "mode:"} - set(self.header)
        if missing:
            raise ValueError(f"no line says {min(missing)}")
        network = replace(self.calls[0], inputs=tuple(self.inputs), outputs=tuple(self.outputs))
        provenance = Provenance(
            "lock", (), "", self.header["mode:"], (), "", "",
            call=self.header.get("call:", FORWARD),
        )  # fmt: skip
        return _with_ports(
            Trace(
                self.header["model:"], tuple(self._modules()), (network, *self.calls[1:]),
                tuple(self.activations), network.inputs, network.outputs, provenance,
            )
        )  # fmt: skip

    def _modules(self) -> Iterator[ModuleSpec]:
        """Every module that is called, in the nearest container around it."""
        children: dict[str, list[str]] = {}
        for path in self.modules:
            around = path
            while around:
                around = around.rpartition(".")[0]
                held = self.modules.get(around)
                if held is not None and (not around or isinstance(held.op, Container)):
                    children.setdefault(around, []).append(path)
                    break
        for path, held in self.modules.items():
            yield ModuleSpec(
                path, PythonClass("", ""), held.op, tuple(held.parameters), tuple(held.buffers),
                tuple(children.get(path, ())),
            )  # fmt: skip


def _parted(
    tokens: Sequence[str],
) -> tuple[list[str], tuple[list[str], bool], list[str]]:
    """Words of a call, what it takes and whether that is said, and what it gives."""
    rest = list(tokens)
    made: list[str] = []
    given: list[str] = []
    if "->" in rest:
        place = rest.index("->")
        rest, made = rest[:place], rest[place + 1 :]
    is_said = "<-" in rest
    if is_said:
        place = rest.index("<-")
        rest, given = rest[:place], rest[place + 1 :]
    return rest, (given, is_said), made


def _ports(activations: Sequence[int]) -> tuple[Port, ...]:
    if len(activations) == 1:
        return (Port("", activations[0]),)
    return tuple(Port(str(i), activation) for i, activation in enumerate(activations))


def _with_ports(trace: Trace) -> Trace:
    """The trace with what goes into and comes out of its containers."""
    makers = {port.activation: step for step in trace.steps for port in trace.calls[step].outputs}
    taken: dict[int, dict[int, None]] = {}
    given: dict[int, dict[int, None]] = {}
    wires = [(p.activation, step) for step in trace.steps for p in trace.calls[step].inputs]
    for activation, taker in (*wires, *((port.activation, 0) for port in trace.outputs)):
        maker = makers.get(activation, 0)
        takers, around = _around(trace, taker), _around(trace, maker)
        for call in takers:
            if call not in around:
                taken.setdefault(call, {})[activation] = None
        for call in around:
            if call not in takers:
                given.setdefault(call, {})[activation] = None
    calls = [
        replace(
            call,
            inputs=_ports(tuple(taken.get(call.index, ()))),
            outputs=_ports(tuple(given.get(call.index, ()))),
        )
        if call.index and isinstance(call.op, Container)
        else call
        for call in trace.calls
    ]
    return replace(trace, calls=tuple(calls))


def _around(trace: Trace, index: int) -> dict[int, None]:
    """The calls, other than the network, that hold a call, the innermost first."""
    found: dict[int, None] = {}
    parent = trace.calls[index].parent
    while parent:
        found[parent] = None
        parent = trace.calls[parent].parent
    return found
