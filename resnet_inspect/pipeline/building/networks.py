"""A named network is built, and its inputs with it, on the device where it will run.

torch is imported inside the functions: `input_shape` is asked for by what must not import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resnet_inspect import sources
from resnet_inspect.errors import BadInput
from resnet_inspect.sources import subject
from resnet_inspect.sources.catalogue import NAMED
from resnet_inspect.traces.model import Trace

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.capture.inputs import InputSize

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_inspect.errors import MissingDependency
from resnet_inspect.garbage_collection import uncollected
from resnet_inspect.pipeline.run import of_weights
from resnet_inspect.sources import Subject, source

if TYPE_CHECKING:
    import torch
    from torch import nn

    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.capture.recording.forward import Mode
    from resnet_inspect.capture.signals.step import Step

USUAL_INPUT = (1, 3, 224, 224)
"""The input shape that is taken where none is given and the source knows none."""


Tell = Callable[[str], None]
"""Called with the name of each step that takes time."""


def silent(step: str) -> None:
    """Tell nobody what step the work is at."""


def import_torch() -> None:
    """Import torch now; raises `MissingDependency` where it is not to be had."""
    try:
        with uncollected():
            import torch  # noqa: F401
    except ImportError as error:
        raise MissingDependency(
            f"torch cannot be imported: {error}", hint="pip install torch torchvision"
        ) from error


def input_shape(
    name: str,
    *,
    image_size: Sequence[int] | None = None,
    batch: int | None = None,
    channels: int | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> tuple[int, ...]:
    """A network's default input shape with its image size, batch or channels replaced.

    The channels are those that the arguments of its builder ask for, unless others are given. It
    is `USUAL_INPUT` where the source knows none. torch is imported only for a source whose networks
    are not in the catalogue.
    """
    known = NAMED.get(name)
    chosen = subject(name)
    default = known.input if known else source(chosen.source).default_input(chosen.name)
    if channels is None:
        channels = channels_of(chosen, arguments or {})
    return Partial(image_size, batch, channels).of(default or USUAL_INPUT)


def channels_of(chosen: Subject, arguments: Mapping[str, Any]) -> int | None:
    """The channels of the images that a builder is asked for; None where it is not."""
    from resnet_inspect.sources.candidates import ARGUMENTS

    names = ARGUMENTS.get(chosen.source)
    asked = arguments.get(names.channels) if names else None
    return asked if type(asked) is int and asked > 0 else None


def offered(name: str) -> dict[str, str]:
    """The arguments of a network's builder, each with its default as a Python literal, or "".

    The network may be built for that, on meta. Raises what building it raises.
    """
    return sources.offered(subject(name))


def takes_a_list(chosen: Subject) -> bool:
    """Whether a network takes its images as a list."""
    known = NAMED.get(chosen.written)
    return known is not None and known.family == "detection"


def one_shape(size: InputSize) -> tuple[int, ...]:
    """The shape of the only input; raises `BadInput` for several, or without channels."""
    if isinstance(size, Mapping) or not all(isinstance(item, int) for item in size):
        raise BadInput("this network takes one input shape", hint="for example 1,3,224,224")
    shape = tuple(item for item in size if isinstance(item, int))
    if len(shape) < 2:
        raise BadInput(f"an input shape needs a batch size and channels, not only {shape}")
    return shape


@dataclass(frozen=True, slots=True)
class Partial:
    """What is asked of an input whose shape follows from the network."""

    image_size: Sequence[int] | None = None
    batch: int | None = None
    channels: int | None = None

    def of(self, default: Sequence[int]) -> tuple[int, ...]:
        """A shape with its image size, batch or channels replaced."""
        shape = list(default)
        if self.image_size is not None and len(shape) >= 2 + len(self.image_size):
            shape[-len(self.image_size) :] = self.image_size
        if self.batch is not None:
            shape[0] = self.batch
        if self.channels is not None:
            shape[1] = self.channels
        return tuple(shape)


def input_from(
    name: str | None, arguments: Mapping[str, Any] | None = None, **parts: Any
) -> tuple[int, ...] | Partial:
    """The input with these parts: as `input_shape` says, or, where that is not yet known, so far.

    It is not known of your own code, and of the network that weights are of, which has no name yet.
    """
    if name is None or subject(name).source == "code":
        return Partial(**parts)
    return input_shape(name, arguments=arguments, **parts)


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
            known, said = _known_input(chosen, weights)
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


def _known_input(
    chosen: Subject, weights: str | Path | None
) -> tuple[tuple[int, ...] | None, tuple[str, ...]]:
    """The input shape where none is given, if it is known: that of the run that wrote the weights.

    Also what is to be said of it.
    """
    record = of_weights(weights)
    if record is not None and weights is not None:
        shape = record.images.shape
        said = f"as in the run {Path(weights).parent}: images of {'×'.join(map(str, shape))}"
        return (1, *shape), (said,)
    name = chosen.written
    if name in NAMED:
        return NAMED[name].input, ()
    return source(chosen.source).default_input(chosen.name), ()


def built_to_run(
    order: Order, device: str | None
) -> tuple[nn.Module, tuple[Any, ...], dict[str, Any]]:
    """A network with fresh weights on a real device, and inputs for it, by position and name."""
    from resnet_inspect.capture import backends

    where = backends.resolve(device or "cpu")
    built = order.on(where)
    from resnet_inspect.capture.methods import run_instead_of_forward

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
