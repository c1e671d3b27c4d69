"""A named network is built, and its inputs with it, on the device where it will run.

torch is imported inside the functions: what a cached trace needs is here too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_inspect import sources
from resnet_inspect.errors import BadInput, MissingDependency
from resnet_inspect.garbage_collection import uncollected
from resnet_inspect.pipeline.building.inputs import (
    USUAL_INPUT,
    Partial,
    channels_of,
    known_input,
    one_shape,
    takes_a_list,
)
from resnet_inspect.sources import Subject, source, subject
from resnet_inspect.sources.catalogue import NAMED
from resnet_inspect.traces.model import FORWARD, Trace

if TYPE_CHECKING:
    import torch
    from torch import nn

    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.capture.recording.forward import Mode
    from resnet_inspect.capture.signals.step import Step

Tell = Callable[[str], None]
"""Called with the name of each step that takes time."""


def silent(step: str) -> None:
    """Tell nobody what step the work is at."""


def import_torch(tell: Tell = silent) -> None:
    """Import torch now, which is told; raises `MissingDependency` where it is not to be had."""
    tell("importing torch")
    try:
        with uncollected():
            import torch  # noqa: F401
    except ImportError as error:
        raise MissingDependency(
            f"torch cannot be imported: {error}", hint="pip install torch torchvision"
        ) from error


def offered(name: str) -> dict[str, str]:
    """The arguments of a network's builder, each with its default as a Python literal, or "".

    The network may be built for that, on meta. Raises what building it raises.
    """
    return sources.offered(subject(name))


def refuse_meta(device: str | None, what: str) -> None:
    """Raise `BadInput` for meta, which computes "no scores", or "nothing that could flow"."""
    if device == "meta":
        from resnet_inspect.capture.backends import BACKENDS

        others = (kind for kind in BACKENDS if kind != "meta")
        raise BadInput(f"meta computes {what}", hint=f"--device {', '.join(others)}")


@dataclass(frozen=True)
class Built:
    """A network, and arguments for its forward."""

    model: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    notes: tuple[str, ...]
    zeros: Mapping[str, int] | None = None
    """Of the weights that it stands for on meta, by the names of its parameters."""


@dataclass(frozen=True)
class Order:
    """A named network as it was asked for; it can be built on any device."""

    chosen: Subject
    size: InputSize
    mode: Mode
    dtype: str | None
    arguments: Mapping[str, Any]
    weights: str | Path | None
    tell: Tell
    notes: tuple[str, ...]
    """What was assumed."""
    call: str = "forward"
    """The method that is run."""
    open: Partial | None = None
    """What is asked of an input that nobody knows the shape of; `size` is the usual one."""

    @classmethod
    def of(
        cls,
        chosen: Subject,
        size: InputSize | Partial | None,
        *,
        mode: Mode = "eval",
        dtype: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        weights: str | Path | None = None,
        tell: Tell = silent,
        notes: tuple[str, ...] = (),
        call: str = "forward",
    ) -> Order:
        """With the network's own input shape where none is given.

        Raises `BadInput` where the network does not take such inputs, or not in this mode.
        """
        name = chosen.written
        if takes_a_list(chosen) and mode == "train":
            raise BadInput(f"{name} in training mode needs targets; it can be run in eval mode")
        tell(f"importing {chosen.source}")
        if size is None or isinstance(size, Partial):
            part = size or Partial()
            if part.channels is None:
                part = replace(part, channels=channels_of(chosen, arguments or {}))
            known, said = known_input(chosen, weights)
            shape = part.of(known or USUAL_INPUT)
            notes += said if part.image_size is None else ()
            made = cls(chosen, shape, mode, dtype, arguments or {}, weights, tell, notes, call)
            return made if known else made.guessing(shape, part)
        if name in NAMED:
            size = one_shape(size)
        return cls(chosen, size, mode, dtype, arguments or {}, weights, tell, notes, call)

    def guessing(self, shape: tuple[int, ...], part: Partial, why: str = "") -> Order:
        """The same with an input that nobody asked for, which is said."""
        written = "×".join(map(str, shape))
        note = (
            "" if part != Partial() and not why else f"no input shape is given: {written} is taken"
        )
        return replace(self, size=shape, open=part, notes=(f"{note}{why}",) if note else ())

    def on(self, device: torch.device) -> Built:
        """Build it there, with inputs."""
        from resnet_inspect.capture.inputs import make_arguments, make_tensor, read_dtype
        from resnet_inspect.capture.members import floating_dtype, on, tensors
        from resnet_inspect.capture.methods import method_of
        from resnet_inspect.capture.signatures import as_taken

        asked = read_dtype(self.dtype) if self.dtype else None
        if asked is not None and not asked.is_floating_point:
            raise BadInput(f"a network computes in floats, not in {self.dtype}")
        chosen = self.chosen
        self.tell(f"building {chosen.name}")
        model = source(chosen.source).build(chosen.name, self.arguments, device)
        if device.type != "meta":
            model = on(model, device)
        notes = list(self.notes)
        held = tensors(model)
        if held and all(tensor.device.type != device.type for tensor in held):
            notes.append("built on the CPU, since meta has no numbers to build it with")
        zeros = None
        if self.weights is not None:
            from resnet_inspect.pipeline.building.weights import fill, fit_as_run

            self.tell(f"reading {Path(self.weights).name}")
            if not takes_a_list(chosen):
                made = make_arguments(self.size, floating_dtype(model), device)
                give_shapes(model, *as_taken(method_of(model, self.call), *made))
            notes += fit_as_run(model, self.weights)
            note, zeros = fill(model, chosen.written, self.weights)
            notes.append(note)
        if asked is not None:
            model = model.to(asked)
        dtype = floating_dtype(model)
        if takes_a_list(chosen):
            shape = one_shape(self.size)
            images = [make_tensor(shape[1:], dtype, device) for _ in range(shape[0])]
            return Built(model, (images,), {}, tuple(notes), zeros)
        args, kwargs = as_taken(
            method_of(model, self.call), *make_arguments(self.size, dtype, device)
        )
        return Built(model, args, kwargs, tuple(notes), zeros)

    def captured(
        self,
        built: Built,
        device: torch.device,
        mode: Mode | None = None,
        step: Step | None = None,
    ) -> Trace:
        """Run what was built, once, with every layer recorded; with a step, back again."""
        from resnet_inspect.capture.recording.forward import capture

        return capture(
            built.model,
            built.args,
            built.kwargs,
            device=device,
            mode=mode or self.mode,
            model_name=self.chosen.title or None,
            source=self.chosen.origin,
            arguments=self.arguments,
            notes=built.notes,
            call=self.call,
            zeros=built.zeros,
            step=step,
        )


def unwrapped_to_run(built: Built, call: str = FORWARD) -> Built:
    """The same without wrappers around the network, which is said, to run a method of it."""
    from resnet_inspect.capture.methods import run_instead_of_forward
    from resnet_inspect.capture.wrappers import unwrapped

    network, wrappers = unwrapped(built.model)
    run_instead_of_forward(network, call)
    give_shapes(network, built.args, built.kwargs)
    return replace(built, model=network, notes=(*wrappers, *built.notes))


def built_to_run(
    order: Order, device: str | None
) -> tuple[nn.Module, tuple[Any, ...], dict[str, Any]]:
    """A network with fresh weights on a real device, and inputs for it, by position and name."""
    from resnet_inspect.capture import backends
    from resnet_inspect.capture.methods import run_instead_of_forward

    where = backends.resolve(device or "cpu")
    built = order.on(where)
    model = built.model
    run_instead_of_forward(model, order.call)
    give_shapes(model, built.args, built.kwargs)
    return model, built.args, built.kwargs


def give_shapes(model: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Run a network with lazy layers once, so that they have shapes; any other is left alone."""
    import torch
    from torch.nn.parameter import is_lazy

    from resnet_inspect.capture.members import switch, tensors

    if any(is_lazy(tensor) for tensor in tensors(model)):
        switch(model, False)
        with torch.no_grad():
            model(*args, **kwargs)
