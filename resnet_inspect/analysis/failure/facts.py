"""What the trace says of a call that raised, and the ways back from it. Nothing is judged here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.modules import ModuleSpec
from resnet_inspect.traces.ops import (
    Activate,
    AdaptivePool,
    Conv,
    Elementwise,
    Linear,
    Norm,
    Reshape,
)
from resnet_inspect.traces.tensors import Shape, TensorSpec

INPUT = "the input"
OUTSIDE = "no recorded call"
_READ = 10_000
"""Characters of what an exception says that are read; torch takes a few hundred."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a rule has to say."""

    finding: str
    """What is wrong, in words that follow "conv1 got 1×4×224×224: "."""
    mend: str
    """What would likely mend it."""


@dataclass(frozen=True, slots=True)
class Given:
    """A tensor that the call was given."""

    activation: int
    spec: TensorSpec
    maker: str
    """Path of the call that made it; `INPUT`, or `OUTSIDE` for what was made unseen."""


class Facts:
    """A call that raised, what it was given, and what came before it."""

    def __init__(self, trace: Trace) -> None:
        assert trace.failure is not None
        self.trace = trace
        self.call: Call = trace.calls[trace.failure.call]
        self.error = trace.failure.error[:_READ]
        self.message = trace.failure.message[:_READ]
        self.where = trace.failure.where[:_READ]

    @property
    def name(self) -> str:
        """The call's path, with the network's name where the path has none."""
        return self.named(self.call)

    def named(self, call: Call) -> str:
        """The path of any call, likewise."""
        path = call.path
        return path if path[:1].strip(":") else f"{self.trace.model_name}{path}"

    @property
    def module(self) -> ModuleSpec | None:
        """The module that was called, or in whose forward the function stands."""
        call = self.call
        while call.module is None and call.parent is not None:
            call = self.trace.calls[call.parent]
        return None if call.module is None else self.trace.module_at.get(call.module)

    @cached_property
    def given(self) -> tuple[Given, ...]:
        """The tensors it was given, in order."""
        return tuple(
            Given(port.activation, self.trace.spec(port), self.maker(port.activation))
            for port in self.call.inputs
        )

    @property
    def shape(self) -> Shape:
        """Shape of the first tensor it was given; () if there is none."""
        return self.given[0].spec.shape if self.given else ()

    @cached_property
    def weights(self) -> tuple[TensorSpec, ...]:
        """Parameters of the layer, or those that the function was given."""
        if self.call.module is not None and self.module is not None:
            return tuple(parameter.tensor for parameter in self.module.parameters)
        held = {
            f"{module.path}.{parameter.name}".lstrip("."): parameter.tensor
            for module in self.trace.modules
            for parameter in module.parameters
        }
        return tuple(held[name] for name in self.call.reads if name in held)

    @property
    def from_input(self) -> bool:
        """Whether its first tensor is what the network was given."""
        return bool(self.given) and self.given[0].maker == INPUT

    def maker(self, activation: int) -> str:
        """What made an activation."""
        index = self.trace.producer.get(activation)
        if index is not None:
            return self.named(self.trace.calls[index])
        is_input = any(port.activation == activation for port in self.trace.inputs)
        return INPUT if is_input else OUTSIDE

    # -- the ways back ---------------------------------------------------------------------------

    def before(self, activation: int) -> Call | None:
        """The step that made an activation."""
        index = self.trace.producer.get(activation)
        return None if index is None else self.trace.calls[index]

    def chain(self, activation: int) -> list[Call]:
        """The steps back from an activation along first inputs, the nearest first."""
        found = []
        call = self.before(activation)
        while call is not None:
            found.append(call)
            call = self.before(call.inputs[0].activation) if call.inputs else None
            if len(found) > len(self.trace.calls):
                break
        return found

    def ancestors(self, activation: int) -> dict[int, None]:
        """Every activation that an activation was computed from, the nearest first."""
        found: dict[int, None] = {}
        waiting = [activation]
        while waiting:
            call = self.before(waiting.pop(0))
            for port in () if call is None else call.inputs:
                if port.activation not in found:
                    found[port.activation] = None
                    waiting.append(port.activation)
        return found

    def feature_map(self, activation: int) -> TensorSpec | None:
        """The map with spatial dimensions that an activation is a rearrangement of, if any."""
        spec = self.trace.activations[activation].tensor
        if len(spec.shape) >= 3:
            return spec
        for call in self.chain(activation):
            if not isinstance(call.op, Reshape | Activate | Elementwise) or not call.inputs:
                return None
            spec = self.trace.spec(call.inputs[0])
            if len(spec.shape) >= 3:
                return spec
        return None

    def pool_of_map(self, activation: int) -> Call | None:
        """The pool that gave the map an activation is a rearrangement of its size, if one did."""
        for call in self.chain(activation):
            if isinstance(call.op, AdaptivePool):
                return call if None not in call.op.output_size else None
            if not isinstance(call.op, Reshape | Activate | Elementwise):
                return None
        return None

    def decides_channels(self, activation: int) -> Call | None:
        """The conv or linear layer that gave an activation its channels, if one did."""
        for call in self.chain(activation):
            if isinstance(call.op, Conv | Linear):
                return call
            if not isinstance(call.op, Norm | Activate | Elementwise):
                return None
        return None

    def changes_batch(self, activation: int) -> Call | None:
        """The nearest step back that gave its result another first dimension than its input's."""
        for call in self.chain(activation):
            if not call.inputs or not call.outputs:
                return None
            before, after = (
                self.trace.spec(port[0]).shape[:1] for port in (call.inputs, call.outputs)
            )
            if before != after:
                return call
        return None

    def silent_call(self) -> Call | None:
        """The last module that was called beside or inside the failed call and gave no tensor."""
        for call in reversed(self.trace.calls):
            is_near = call.parent is not None and call.parent in (self.call.index, self.call.parent)
            if is_near and call.module is not None and not call.outputs and call is not self.call:
                return call
        return None

    def gave_several(self) -> Call | None:
        """The last module called beside or inside the failed call that gave no lone tensor."""
        for call in reversed(self.trace.calls):
            is_near = call.parent is not None and call.parent in (self.call.index, self.call.parent)
            if is_near and call.module is not None and any(port.label for port in call.outputs):
                return call
        return None
