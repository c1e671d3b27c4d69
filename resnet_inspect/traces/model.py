"""The trace: what one forward pass of a network did, as a value.

It refers to nothing of torch and holds only what was observed. Everything that can be computed
from it (MACs, receptive fields, stages) is computed in `resnet_inspect.analysis`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from resnet_inspect.traces.modules import ModuleSpec
from resnet_inspect.traces.ops import LATER, Container, Op
from resnet_inspect.traces.tensors import Activation, Port, TensorSpec

FORMAT_VERSION = 1

FORWARD = "forward"
"""The method of a network that is run unless another is asked for."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run of `torch.utils.checkpoint`."""

    first: int
    """Index of the first call in it."""
    reentrant: bool
    """Whether it is run by an autograd function of its own (`use_reentrant=True`)."""
    selective: bool
    """Whether a `context_fn` of the user's decides what is kept all the same."""


@dataclass(frozen=True, slots=True)
class Call:
    """One execution of a module or of a function.

    Calls are numbered on entry, so a parent stands before its children and the list of calls
    reads as a tree.
    """

    index: int
    """Its place in `Trace.calls`."""
    path: str
    """The module's dotted name as its caller knows it; "layer1.0:add" for a function there."""
    module: str | None
    """`ModuleSpec.path` of the module called; None for a function."""
    nth: int
    """1 for the first call with this path, 2 for the second, ..."""
    parent: int | None
    """Index of the call that made this one; None for the network itself."""
    op: Op
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    reads: tuple[str, ...] = ()
    """Full names of parameters, buffers and constants of modules that it was given directly."""
    past_hooks: bool = False
    """Whether a module's `forward` was called itself, so that hooks of others do not see it."""
    checkpoints: tuple[Checkpoint, ...] = ()
    """Those that it is run in, the outermost first: in training its activations are not kept but
    made again."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a capture ends before the network did."""

    call: int
    """Index of the innermost call that raised."""
    error: str
    """Class name of the exception."""
    message: str
    """What torch said, in one line."""
    where: str = ""
    """The innermost line of code outside torch: "model.py, line 31, in forward"; "" if none."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a trace comes from, so that it can be made again."""

    source: str
    """"torchvision:resnet50", or "python:" and a class name."""
    arguments: tuple[tuple[str, str], ...]
    """Builder arguments that were set, as Python literals."""
    device: str
    """The device that the forward pass ran on: "meta", "cpu", "cuda:0"."""
    mode: str
    """"eval", "train", "mixed" where modules differ, or "as exported"."""
    versions: tuple[tuple[str, str], ...]
    """Package and version: python, torch, torchvision."""
    tool_version: str
    captured_at: str
    """UTC, ISO 8601, to the second."""
    notes: tuple[str, ...] = ()
    """What was done that a reader should know: a wrapper removed, a fall-back to the CPU."""
    call: str = field(default=FORWARD, metadata=LATER)
    """The method of the network that was run."""
    cached: bool = field(default=False, compare=False)
    """Whether it came from the trace cache. How a trace came here is not part of its value: this
    is neither compared nor saved, and `captured_at` is when the network was run."""


@dataclass(frozen=True)
class Trace:
    """What one forward pass of a network did."""

    model_name: str
    modules: tuple[ModuleSpec, ...]
    """Every module, in `named_modules` order; the network itself first."""
    calls: tuple[Call, ...]
    """Every call, numbered on entry; the network itself first."""
    activations: tuple[Activation, ...]
    """Every tensor value that a call took or gave."""
    inputs: tuple[Port, ...]
    """What the network was given."""
    outputs: tuple[Port, ...]
    """What it returned; empty if it raised."""
    provenance: Provenance
    failure: Failure | None = None
    format_version: int = FORMAT_VERSION

    def spec(self, port: Port) -> TensorSpec:
        """Shape and dtype of the tensor at a port."""
        return self.activations[port.activation].tensor

    @cached_property
    def module_at(self) -> dict[str, ModuleSpec]:
        """Modules by path, aliases included."""
        found = {module.path: module for module in self.modules}
        for module in self.modules:
            for alias in module.aliases:
                found.setdefault(alias, module)
        return found

    @cached_property
    def calls_at(self) -> dict[str, tuple[int, ...]]:
        """Indexes of the calls with each path, in order."""
        found: dict[str, list[int]] = {}
        for call in self.calls:
            found.setdefault(call.path, []).append(call.index)
        return {path: tuple(indexes) for path, indexes in found.items()}

    @cached_property
    def sharing(self) -> dict[int, tuple[int, ...]]:
        """For each storage, the numbers of the activations on it."""
        found: dict[int, list[int]] = {}
        for number, activation in enumerate(self.activations):
            found.setdefault(activation.storage, []).append(number)
        return {storage: tuple(numbers) for storage, numbers in found.items()}

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """For each call, the indexes of the calls it made itself, in order."""
        made: list[list[int]] = [[] for _ in self.calls]
        for call in self.calls:
            if call.parent is not None:
                made[call.parent].append(call.index)
        return tuple(tuple(indexes) for indexes in made)

    @cached_property
    def last_descendant(self) -> tuple[int, ...]:
        """For each call, the highest index in its subtree (itself if it made no call).

        The subtree of call i is the run of indexes from i to this one.
        """
        last = list(range(len(self.calls)))
        for call in reversed(self.calls):
            if call.parent is not None:
                last[call.parent] = max(last[call.parent], last[call.index])
        return tuple(last)

    @cached_property
    def producer(self) -> dict[int, int]:
        """For each activation that a call made, the innermost call that made it.

        A network input, or a tensor that came from outside, has none.
        """
        made: dict[int, int] = {}
        given = {port.activation for port in self.inputs}
        for call in self.calls:
            taken = {port.activation for port in call.inputs}
            for port in call.outputs:
                activation = port.activation
                if activation in given or activation in taken:
                    continue
                maker = made.get(activation)
                if maker is None or call.index <= self.last_descendant[maker]:
                    made[activation] = call.index
        return made

    @cached_property
    def consumers(self) -> dict[int, tuple[int, ...]]:
        """For each activation, the steps that take it, in order."""
        takers: dict[int, list[int]] = {}
        for index in self.steps:
            for activation in dict.fromkeys(p.activation for p in self.calls[index].inputs):
                takers.setdefault(activation, []).append(index)
        return {activation: tuple(indexes) for activation, indexes in takers.items()}

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """Indexes of the calls that do the work: all that are not containers.

        Calls made inside another step (the parametrization of a convolution's weight) are not
        steps of their own.
        """
        found = []
        inside = -1
        for call in self.calls:
            if call.index > inside and not isinstance(call.op, Container):
                found.append(call.index)
                inside = self.last_descendant[call.index]
        return tuple(found)

    def steps_within(self, first: int, last: int) -> tuple[int, ...]:
        """The steps among the calls from `first` to `last`, both included."""
        return self.steps[bisect_left(self.steps, first) : bisect_right(self.steps, last)]
