"""The lines of a traced network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from resnet_inspect.analysis.counts.parameters import nearest_called, specs_credited
from resnet_inspect.locks.words import (
    FLOAT,
    usually_shares,
    write_counts,
    write_name,
    write_op,
    write_tensor,
)
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Container
from resnet_inspect.traces.tensors import Port, TensorSpec


class Writer:
    """The lines of a trace, in order."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.sources = {
            port.activation: f"input[{i}]" if i else "input" for i, port in enumerate(trace.inputs)
        }
        self.before = "input"
        self.nth: Counter[str] = Counter()
        self.credited = specs_credited(trace)
        self.buffers = _buffers(trace)

    def lines(self) -> Iterator[str]:
        """Inputs, calls and outputs; what has no line here is no part of an architecture."""
        trace = self.trace
        for port in trace.inputs:
            label = [write_name(port.label)] if port.label else []
            yield " ".join(["input:", *label, write_tensor(trace.spec(port), FLOAT)])
        yield ""
        network, *calls = trace.calls
        inside = -1
        if not isinstance(network.op, Container):
            calls = []
        words = self._words(network, isinstance(network.op, Container))
        if words:
            yield " ".join(["network:", *words])
        depth = {0: -1}
        for call in calls:
            if call.index <= inside:
                continue
            assert call.parent is not None
            depth[call.index] = depth[call.parent] + 1
            holds = isinstance(call.op, Container)
            if not holds:
                inside = trace.last_descendant[call.index]
            words = self._words(call, holds)
            yield "  " * depth[call.index] + " ".join([write_name(call.path), *words])
        yield ""
        for port in trace.outputs:
            label = [write_name(port.label)] if port.label else []
            yield " ".join(["output:", *label, self._source(port)])

    def _words(self, call: Call, holds: bool) -> list[str]:
        """What a line says of its call behind the path."""
        trace = self.trace
        self.nth[call.path] += 1
        given = [trace.spec(port) for port in call.inputs]
        made = [trace.spec(port) for port in call.outputs]
        expected = given[0] if given and not holds else FLOAT
        last = call.index if holds else trace.last_descendant[call.index]
        indexes = range(call.index, last + 1)
        specs = [spec for index in indexes for spec in self.credited[index]]
        held = {
            "parameters": [spec.tensor for spec in specs if spec.trainable],
            "frozen": [spec.tensor for spec in specs if not spec.trainable],
            "buffers": [tensor for index in indexes for tensor in self.buffers.get(index, ())],
        }
        usual = made[0] if made and not holds else expected
        counts = {key: write_counts(tensors, usual) for key, tensors in held.items()}
        amounts = [f"{key}={count}" for key, count in counts.items() if count]
        if holds:
            return amounts
        words = [*write_op(call.op), *amounts]
        sources = [self._source(port) for port in call.inputs]
        if call.inputs and call.outputs:
            storages = {trace.activations[port.activation].storage for port in call.outputs}
            shares = storages == {trace.activations[call.inputs[0].activation].storage}
            if shares != usually_shares(call.op):
                words.append(f"shares={'yes' if shares else 'no'}")
        if sources != [self.before]:
            words += ["<-", *sources]
        if made:
            words += ["->", *(write_tensor(spec, expected) for spec in made)]
            self._give(call)
        return words

    def _give(self, call: Call) -> None:
        """Let what is behind refer to what this call gave."""
        name = write_name(call.path)
        if call.path == "input":
            name = '"input"'
        if self.nth[call.path] > 1:
            name += f"#{self.nth[call.path]}"
        for i, port in enumerate(call.outputs):
            self.sources[port.activation] = f"{name}[{i}]" if i else name
        self.before = name

    def _source(self, port: Port) -> str:
        """Who gave a tensor: a call, an input of the network, or "(1x5)" for code outside."""
        found = self.sources.get(port.activation)
        return found or f"({write_tensor(self.trace.spec(port), FLOAT)})"


def _buffers(trace: Trace) -> dict[int, list[TensorSpec]]:
    """The buffers of the network by the call, outside of others, whose module holds them."""
    first_call: dict[str, Call] = {}
    for call in trace.calls:
        if call.module is not None:
            first_call.setdefault(call.module, call)
    found: dict[int, list[TensorSpec]] = {}
    for module in trace.modules:
        for spec in module.buffers:
            if spec.same_as is None:
                index = nearest_called(module.path, first_call).index
                found.setdefault(index, []).append(spec.tensor)
    return found
