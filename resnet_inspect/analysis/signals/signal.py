"""One step of a network beside its analyses: of any run of calls, at adds, and along the depth.

A number is None where it does not apply: no floating tensor, no gradient, no block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import hypot

from resnet_inspect.analysis.signals.findings import AtAdd, Broken, Growth, Point, gradient_rms
from resnet_inspect.analysis.structure.anatomy import Block
from resnet_inspect.analysis.structure.survey import Spans, Survey
from resnet_inspect.traces.modules import join
from resnet_inspect.traces.ops import Conv, Linear
from resnet_inspect.traces.signals import Flow, Signals, Weight
from resnet_inspect.traces.tensors import Port


@dataclass(frozen=True)
class Signal:
    """One step of a network beside its analyses."""

    survey: Survey
    signals: Signals
    _read_in: dict[Spans, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    """Paths of the weights that some calls use; the steps of a run share them."""

    def flow(self, spans: Spans) -> Flow | None:
        """What the last of these runs of calls gives."""
        if not spans:
            return None
        return self.signals.flows[self._maker(*spans[-1])]

    def _maker(self, first: int, last: int) -> int:
        """The outermost of these calls that ends with the last of them."""
        trace = self.survey.trace
        found = last
        parent = trace.calls[found].parent
        while parent is not None and parent >= first and trace.last_descendant[parent] == last:
            found, parent = parent, trace.calls[parent].parent
        return found

    @cached_property
    def _weight_at(self) -> dict[str, Weight]:
        return {weight.path: weight for weight in self.signals.weights}

    def weights(self, spans: Spans) -> tuple[Weight, ...]:
        """The weights that these calls use, each once: biases only where there are no others."""
        read_in, at = self._read_in, self._weight_at
        key = tuple(spans)
        if key not in read_in:
            read_in[key] = self._paths(spans)
        return tuple(at[path] for path in read_in[key] if path in at)

    def _paths(self, spans: Spans) -> tuple[str, ...]:
        trace = self.survey.trace
        paths: dict[str, None] = {}
        for first, last in spans:
            for call in trace.calls[first : last + 1]:
                paths.update(dict.fromkeys(call.reads))
                module = None if call.module is None else trace.module_at.get(call.module)
                for parameter in () if module is None else module.parameters:
                    own = join(call.module or "", parameter.name)
                    paths[parameter.same_as or own] = None
        used = [path for path in paths if path in self._weight_at]
        named = [path for path in used if "weight" in path.rpartition(".")[2]]
        return tuple(named or used)

    def weight_norm(self, spans: Spans) -> float | None:
        """Euclidean norm of these weights together."""
        return _together([weight.norm for weight in self.weights(spans)])

    def weight_gradient_norm(self, spans: Spans) -> float | None:
        """Euclidean norm of their gradients together; None where one that is trained got none."""
        trained = [weight for weight in self.weights(spans) if weight.trainable]
        return _together([weight.gradient_norm for weight in trained])

    def update_ratio(self, spans: Spans) -> float | None:
        """By how much these weights changed together, as a part of their norm."""
        trained = [weight for weight in self.weights(spans) if weight.trainable]
        norm = _together([weight.norm for weight in trained])
        changes = [
            None if one.norm is None or one.update_ratio is None else one.norm * one.update_ratio
            for one in trained
        ]
        change = _together(changes)
        return change / norm if norm and change is not None else None

    @property
    def still(self) -> tuple[Weight, ...]:
        """Parameters that could be trained and did not change, in a step in which others did."""
        known = [w for w in self.signals.weights if w.trainable and w.update_ratio is not None]
        if not any(weight.update_ratio for weight in known):
            return ()
        return tuple(weight for weight in known if not weight.update_ratio)

    @cached_property
    def _block_at(self) -> dict[tuple[int, int], Block]:
        return {(block.first, block.last): block for block in self.survey.anatomy.blocks}

    def at_add(self, spans: Spans) -> AtAdd | None:
        """What meets at the add of the block that these calls are."""
        block = self._block_at.get(spans[-1]) if spans else None
        return None if block is None else self.of_block(block)

    def of_block(self, block: Block) -> AtAdd | None:
        """What meets at the add of a block; None of one with several sums, or not measured."""
        if block.sums:
            return None
        trace = self.survey.trace
        arrived = trace.producer.get(block.fork)
        shortcut = block.bypass[-1] if block.bypass else arrived
        branch = block.branch[-1] if block.branch else None
        if shortcut is None or branch is None:
            return None
        one, other = self.signals.flows[branch], self.signals.flows[shortcut]
        if one is None or other is None or one.std is None or other.std is None:
            return None
        return AtAdd(one.std, other.std)

    @cached_property
    def depth(self) -> tuple[Point, ...]:
        """The convolutions and linear layers of the main path, in order; not those of shortcuts."""
        trace = self.survey.trace
        aside = {step for block in self.survey.anatomy.blocks for step in block.bypass}
        found = []
        for index in trace.steps:
            flow = self.signals.flows[index]
            if flow is None or index in aside:
                continue
            if isinstance(trace.calls[index].op, Conv | Linear):
                found.append(Point(index, trace.calls[index].path, flow))
        return tuple(found)

    @property
    def growth(self) -> Growth | None:
        """From the last convolution to the first; None where no gradient came to the last."""
        trace = self.survey.trace
        convolutions = [p for p in self.depth if isinstance(trace.calls[p.call].op, Conv)]
        if len(convolutions) < 2:
            return None
        first, last = convolutions[0], convolutions[-1]
        start, end = gradient_rms(last.flow), gradient_rms(first.flow)
        if not start or end is None:
            return None
        return Growth(first, last, end / start)

    @property
    def broken(self) -> Broken | None:
        """Where what is not finite appears first; None where all is finite."""
        trace = self.survey.trace
        for index in trace.steps:
            flow = self.signals.flows[index]
            if flow is None or not flow.nonfinite:
                continue
            given = [self._measured(port) for port in trace.calls[index].inputs]
            known = [one for one in given if one is not None]
            largest = [one.flow.largest for one in known if one.flow.largest is not None]
            return Broken(
                index,
                flow.nonfinite,
                tuple(one.path for one in known if not one.flow.nonfinite),
                max(largest, default=None),
                len(known) == len(given),
            )
        return None

    def _measured(self, port: Port) -> Point | None:
        """The call that made this tensor, if it is the one whose numbers its flow has."""
        trace = self.survey.trace
        maker = trace.producer.get(port.activation)
        flow = None if maker is None else self.signals.flows[maker]
        if maker is None or flow is None:
            return None
        call = trace.calls[maker]
        floating = (out for out in call.outputs if "float" in trace.spec(out).dtype)
        is_first = next(floating, port).activation == port.activation
        return Point(maker, call.path, flow) if is_first else None

    def mostly_zero(self, share: float = 0.9) -> Iterator[Point]:
        """The steps whose output is zero for more than that share of its elements."""
        trace = self.survey.trace
        for index in trace.steps:
            flow = self.signals.flows[index]
            if flow is not None and flow.zeros > share * flow.elements:
                yield Point(index, trace.calls[index].path, flow)

    @property
    def untrained(self) -> tuple[Weight, ...]:
        """Parameters that take a gradient and got none."""
        return tuple(
            weight
            for weight in self.signals.weights
            if weight.trainable and weight.gradient_norm is None and not weight.gradient_nonfinite
        )


def _together(norms: Sequence[float | None]) -> float | None:
    """The norm of several vectors as one; None where there are none, or one is not known."""
    known = [norm for norm in norms if norm is not None]
    return hypot(*known) if norms and len(known) == len(norms) else None
