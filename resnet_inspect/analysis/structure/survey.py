"""A trace together with everything analysed of it, each part computed once and when asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from operator import sub

from resnet_inspect.analysis.counts import activations, macs, parameters
from resnet_inspect.analysis.counts.amounts import Amounts
from resnet_inspect.analysis.counts.parameters import ParameterCount
from resnet_inspect.analysis.geometry import receptive_field
from resnet_inspect.analysis.geometry.receptive_field import Fields, ReceptiveField
from resnet_inspect.analysis.structure import anatomy, last_feature_map
from resnet_inspect.analysis.structure.anatomy import Anatomy, Block, Stage
from resnet_inspect.analysis.structure.residual import gates
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ModuleSpec
from resnet_inspect.traces.ops import Conv, Unknown
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
        """The activation before the head: the last map before all of it is pooled or flattened."""
        return last_feature_map.find(self.trace, self.anatomy, self.fields, self.axes)

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
