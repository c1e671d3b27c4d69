"""A trace together with everything analysed of it, each part computed once and when asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import accumulate, pairwise
from math import prod
from operator import add, attrgetter, sub

from resnet_inspect.analysis.counts import activations, macs, parameters
from resnet_inspect.analysis.counts.parameters import ParameterCount
from resnet_inspect.analysis.geometry import receptive_field
from resnet_inspect.analysis.geometry.receptive_field import Fields, ReceptiveField
from resnet_inspect.analysis.structure import anatomy
from resnet_inspect.analysis.structure.anatomy import Anatomy, Block, Stage
from resnet_inspect.analysis.structure.residual import gates
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ModuleSpec
from resnet_inspect.traces.ops import AdaptivePool, Conv, Op, Reduce, Resample, Reshape, Unknown
from resnet_inspect.traces.tensors import Shape

Spans = Sequence[tuple[int, int]]
"""Runs of calls that have none in common: first and last index of each."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a whole network has and needs, for the traced input."""

    parameters: ParameterCount
    buffers: ParameterCount
    macs: int
    """Multiply-accumulates of what is counted."""
    not_counted: tuple[tuple[str, int], ...]
    """What no rule covers, by name, with its number of calls; then `macs` is partial."""
    complex_macs: int
    """Those of `macs` that are of complex numbers: each is four real multiplications."""
    activation_bytes: int
    """Bytes written by all steps."""
    activation_bytes_distinct: int
    """Bytes of the distinct storages."""
    receptive_field: ReceptiveField | None
    """At the last feature map."""
    last_feature_map: Shape
    """Its shape; () if there is none."""
    modules: int
    calls: int
    """Calls of modules."""
    functions: int
    """Calls of functions that are no module."""

    @property
    def flops(self) -> int:
        """Floating-point operations: two for each multiply-accumulate."""
        return 2 * self.macs


@dataclass(frozen=True, slots=True)
class Amounts:
    """What some calls hold and do; amounts of separate calls add up."""

    parameters: int = 0
    trainable: int = 0
    parameter_bytes: int = 0
    macs: int = 0
    uncounted: int = 0
    """How many of the calls no MAC rule covers; if any, `macs` is partial."""
    activation_bytes: int = 0
    activation_bytes_distinct: int = 0
    zeros: int = 0
    """Parameters that are exactly zero, as far as is known."""
    valueless: int = 0
    """How many of the parameters have no values; if any, `zeros` is partial."""

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*map(add, _numbers(self), _numbers(other)))

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(*map(sub, _numbers(self), _numbers(other)))

    def __mul__(self, times: int) -> Amounts:
        return self if times == 1 else Amounts(*(a * times for a in _numbers(self)))


_numbers = attrgetter(*(field.name for field in fields(Amounts)))
"""The numbers of `Amounts` in the order of its fields; `astuple` would copy each deeply."""


@dataclass(frozen=True)
class Survey:
    """A trace and its analyses. The amounts of a run of calls take constant time."""

    trace: Trace

    @cached_property
    def anatomy(self) -> Anatomy:
        """Stem, stages, blocks and head."""
        return anatomy.find(self.trace)

    @cached_property
    def of_gates(self) -> frozenset[int]:
        """Steps that compute what only scales a map, as squeeze and excitation does."""
        return gates.computing(self.trace)

    @cached_property
    def macs(self) -> tuple[int | None, ...]:
        """Multiply-accumulates of each call itself."""
        return macs.by_call(self.trace)

    @cached_property
    def parameters(self) -> tuple[ParameterCount, ...]:
        """Parameters credited to each call."""
        return parameters.credited(self.trace)

    @cached_property
    def fields(self) -> Fields:
        """What is known of the receptive fields, and where and why they are lost."""
        return receptive_field.find(self.trace)

    @property
    def receptive_fields(self) -> dict[int, ReceptiveField]:
        """Receptive fields by activation, where they are known."""
        return self.fields.found

    @cached_property
    def axes(self) -> int:
        """Along how many axes the maps have positions, by the first window; 0 if not known."""
        ops = (self.trace.calls[step].op for step in self.trace.steps)
        first = next((op for op in ops if isinstance(op, Conv)), None)
        if first is not None:
            return len(first.window.kernel_size)
        given = max((len(self.trace.spec(port).shape) for port in self.trace.inputs), default=0)
        return max(given - 2, 0)

    @cached_property
    def never_called(self) -> tuple[ModuleSpec, ...]:
        """Modules that no call names, outermost only."""
        return parameters.never_called(self.trace)

    @cached_property
    def read_by(self) -> dict[str, tuple[str, ...]]:
        """Modules that no call names, with the functions that compute with their weights."""
        return parameters.read_by(self.trace)

    @cached_property
    def from_outside(self) -> dict[int, int]:
        """Activations that no recorded call made, with the first step that takes each."""
        return activations.from_outside(self.trace)

    @cached_property
    def calls_of(self) -> Counter[str]:
        """How often each module was called, by path."""
        return Counter(call.module for call in self.trace.calls if call.module is not None)

    @cached_property
    def stage_of_add(self) -> dict[int, tuple[Stage, Block]]:
        """Stage, and block or sum of one, by the call of the residual add."""
        return {
            part.add: (stage, part)
            for stage in self.anatomy.stages
            for block in stage.blocks
            for run in block.every_run
            for part in run.parts
        }

    @cached_property
    def _before(self) -> tuple[tuple[int, ...], ...]:
        """For each call, and the end, the sums of all before it, in the order of `Amounts`."""
        columns: tuple[Iterable[int], ...] = (
            (own.total for own in self.parameters),
            (own.trainable for own in self.parameters),
            (own.nbytes for own in self.parameters),
            (own or 0 for own in self.macs),
            (own is None for own in self.macs),
            activations.written(self.trace),
            activations.held(self.trace),
            (own.zeros for own in self.parameters),
            (own.valueless for own in self.parameters),
        )
        sums = (accumulate(column, initial=0) for column in columns)
        return tuple(zip(*sums, strict=True))

    def amounts(self, first: int, last: int) -> Amounts:
        """The amounts of the calls from `first` to `last`, both included."""
        before = self._before
        return Amounts(*map(sub, before[last + 1], before[first]))

    @cached_property
    def whole(self) -> Amounts:
        """The amounts of the whole network."""
        return self.amounts(0, len(self.trace.calls) - 1)

    @cached_property
    def opaque(self) -> tuple[Call, ...]:
        """The calls that cannot be looked into, in order: what they hold is not known."""
        steps = (step for step in self.trace.steps if step not in self.stage_of_add)
        calls = (self.trace.calls[step] for step in steps)
        return tuple(call for call in calls if isinstance(call.op, Unknown) and call.outputs)

    @cached_property
    def last_feature_map(self) -> int | None:
        """The activation before the head: the last map before all of it is pooled or flattened.

        That is what the last block gives, unless a layer with weights stands behind it. What has
        one position is none, if there is another, but for what windows have made so small of a
        small image: a class token sees all.
        """
        ends = [stage.output for stage in self.anatomy.stages]
        if ends:
            wide = [end for end in ends if not self._is_one_position(end) or self._is_seen(end)]
            return self._behind((wide or ends)[-1])
        given = {port.activation for port in self.trace.inputs}
        maps = [a for a, f in self.receptive_fields.items() if not f.whole and f.is_map]
        maps += [a for a in self.fields.lost if self._is_map_like(a)]
        maps = [a for a in maps if a not in given]
        wide = [a for a in maps if not self._is_one_position(a)]
        return max(wide or maps, default=None)

    def _is_one_position(self, activation: int) -> bool:
        shape = self.trace.activations[activation].tensor.shape
        return 1 in shape[1:] if len(shape) == 3 else prod(shape[2:]) == 1

    def _is_seen(self, activation: int) -> bool:
        """Whether its elements are known to see the input through windows."""
        field = self.receptive_fields.get(activation)
        return field is not None and not field.whole

    def _is_map_like(self, activation: int) -> bool:
        """Whether a tensor whose positions are lost has the shape of a map all the same."""
        ranks = {len(self.trace.spec(port).shape) for port in self.trace.inputs}
        shape = self.trace.activations[activation].tensor.shape
        return len(shape) in ranks and len(shape) > 2 and prod(shape[2:]) > 1

    def _behind(self, last: int) -> int:
        """The last map that all of the data flows through after this one; it itself if it is."""
        trace, body = self.trace, self.anatomy.body
        for port in trace.outputs:
            way = anatomy.trunk(trace, self.anatomy, port.activation)
            if last not in way:  # several branches come together behind the body
                way = tuple(a for a in way if body and trace.producer.get(a, -1) > body[1])
                found = self._last_of(way, weighted=True)
            else:
                found = self._last_of(way[way.index(last) :], weighted=False)
            if found is not None:
                return found
        return last

    def _last_of(self, way: Sequence[int], *, weighted: bool) -> int | None:
        """The last map on a way, if there is a convolution on it and what follows is no decoder."""
        found = None
        for before, activation in pairwise(way):
            maker = self.trace.producer.get(activation)
            if maker is None:  # what the network was given comes out again
                break
            op = self.trace.calls[maker].op
            if isinstance(op, Resample) or (isinstance(op, Conv) and op.transposed):
                return None
            shapes = [self.trace.activations[a].tensor.shape for a in (before, activation)]
            if not _keeps_map(op, *shapes):
                break
            weighted = weighted or isinstance(op, Conv)
            if len(shapes[1]) in (3, self.axes + 2):  # not in the middle of a rearrangement
                found = activation
        return found if weighted else None

    @cached_property
    def totals(self) -> Totals:
        """The network's totals."""
        end = self.last_feature_map
        modules = sum(call.module is not None for call in self.trace.calls)
        return Totals(
            parameters=parameters.of_network(self.trace),
            buffers=parameters.buffers_of_network(self.trace),
            macs=self.whole.macs,
            not_counted=tuple(macs.not_counted(self.trace).items()),
            complex_macs=sum(
                macs.of_complex_numbers(self.trace, self.trace.calls[i]) for i in self.trace.steps
            ),
            activation_bytes=self.whole.activation_bytes,
            activation_bytes_distinct=self.whole.activation_bytes_distinct,
            receptive_field=None if end is None else self.receptive_fields.get(end),
            last_feature_map=() if end is None else self.trace.activations[end].tensor.shape,
            modules=len(self.trace.modules),
            calls=modules,
            functions=len(self.trace.calls) - modules,
        )


def _keeps_map(op: Op, before: Shape, after: Shape) -> bool:
    """Whether what an op makes of a map is a map: not pooled to one element, nor flattened."""
    if isinstance(op, Reshape) and len(after) > 2:
        return True
    if len(after) < 3 or len(before) != len(after) or isinstance(op, AdaptivePool | Reduce):
        return False
    return before[2:] == after[2:] or prod(after[2:]) > 1
