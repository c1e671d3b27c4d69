"""Where the two towers meet: a name or a module becomes a trace, a trace becomes text.

The only file that joins them; it imports torch inside the functions that need it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from resnet_inspect.analysis.survey import Survey
from resnet_inspect.errors import (
    BadInput,
    BuildError,
    CheckpointError,
    ForwardError,
    ForwardInterrupted,
    InspectError,
    MissingDependency,
    TraceFileError,
    UnknownName,
    UsageError,
)
from resnet_inspect.formats import SUFFIXES
from resnet_inspect.inspection import Inspection, Watch
from resnet_inspect.sources import SOURCES, Subject, source, sources, subject, surroundings
from resnet_inspect.sources.catalogue import VARIANTS, Variant
from resnet_inspect.traces import codec
from resnet_inspect.traces.codec import Measured
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.tensors import TensorSpec
from resnet_inspect.views.selection import Selection
from resnet_inspect.views.table import Table

if TYPE_CHECKING:
    import torch
    from torch import nn

    from resnet_inspect.analysis.difference import Difference
    from resnet_inspect.analysis.identity import Candidate, Identity
    from resnet_inspect.analysis.likeness import Likeness
    from resnet_inspect.analysis.opinions import Verdict
    from resnet_inspect.cache import Entry
    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.capture.run import Mode

T = TypeVar("T")

MODES = ("eval", "train", "as found")

_LINES = 20
"""How many lines of a lock are shown where only names changed."""

USUAL_INPUT = (1, 3, 224, 224)
"""The input shape that is taken where none is given and the source knows none."""


def _silent(step: str) -> None:
    """Tell nobody what step the work is at."""


def trace(
    model: str | nn.Module | None = None,
    input_size: InputSize | None = None,
    *,
    inputs: Any = None,
    device: str | None = None,
    dtype: str | None = None,
    mode: Mode = "eval",
    arguments: Mapping[str, Any] | None = None,
    weights: str | Path | None = None,
    tell: Callable[[str], None] = _silent,
    cache: bool = False,
) -> Inspection:
    """Run a network once and return what every layer did.

    Args:
        model: the name of a variant (`resnet_inspect.variants()` lists them), or of your own
            code, which is run: "model.py:ResNet18", "package.module:factory"; or any
            `nn.Module`, which is left as it was found; None for the network that `weights` are of.
        input_size: shape of the input, batch first: (1, 3, 224, 224); a list of shapes for
            several inputs, a mapping of positions and names to shapes for keyword inputs. A
            shape with a dtype of its own is a pair: ((1, 77), "int64"). A named variant has a
            default; for your own code it is (1, 3, 224, 224), and the trace has a note of it.
        inputs: tensors instead of shapes: one, a tuple of positional ones, or a dict of keyword
            ones; they must be on the device that the model runs on.
        device: "meta" (no memory is used; the default for a named variant), "cpu", "cuda",
            "cuda:1", "mps". The default for a module is where its parameters are.
        dtype: element type of the input, "float32" or "bf16"; a named variant's weights follow
            it. The default is the type of the model's own parameters.
        mode: "eval", "train", or "as found".
        arguments: arguments for the builder of a named variant: {"num_classes": 10}.
        weights: a file of weights for a named network, which must fit it exactly; on meta only
            their shapes are read.
        tell: called with the name of each step that takes time.
        cache: for a named variant on meta, whether to take the trace from the cache, which needs
            no torch, and to keep it there; the trace's provenance says so. In a program of your
            own, torch may have been changed in ways that no key of a cache can know.

    Raises:
        ForwardError: the forward pass raised; its `trace` has the calls up to there.
        ForwardInterrupted: ctrl+c during the forward pass; a KeyboardInterrupt with such a `trace`.
        BuildError: importing or building your own code raised.
        CheckpointError: weights that cannot be read safely, or do not fit.
        UnknownName, BadInput: a name, shape, dtype or argument that cannot be.
        MissingDevice, MissingDependency: a device or package that is not here.

    """
    if mode not in MODES:
        raise UnknownName("mode", mode, MODES, see=f"known: {', '.join(MODES)}")
    if isinstance(input_size, int):
        raise BadInput("input_size is a shape, batch first: (1, 3, 224, 224)")
    if model is None:
        if weights is None:
            raise BadInput("which model? `resnet_inspect.variants()` lists those with a name")
        model, known = recognised(weights, tell)
        arguments = {**known, **(arguments or {})}
    if isinstance(model, str):
        subject(model)  # a name that is not there is said before torch is imported
        if inputs is not None:
            raise BadInput("a named variant takes input_size, not inputs")
    elif arguments:
        raise BadInput("arguments are for the builder of a named variant; this one is built")
    elif weights is not None:
        raise BadInput("weights are for a network that is named; this one has its own")
    entry = None
    if isinstance(model, str) and cache and weights is None:
        entry = _cache_entry(model, input_size, device, dtype, mode, arguments or {})
        found = entry.read() if entry else None
        if found is not None:
            return Inspection.of(found)
    tell("importing torch")
    _import_torch()
    from resnet_inspect.capture.run import ForwardRaised

    try:
        if not isinstance(model, str):
            traced = _trace_module(model, input_size, inputs, device, dtype, mode, tell)
            return Inspection.of(traced)
        made = _trace_named(model, input_size, device, dtype, mode, arguments or {}, weights, tell)
    except ForwardRaised as raised:
        raise _forward_error(raised.trace) from raised.__cause__
    except ForwardInterrupted as interrupted:
        interrupted.trace = Inspection.of(interrupted.trace)
        raise
    if entry is not None and _ran_no_other_code():
        entry.keep(made)
    return Inspection.of(made)


def _forward_error(partial: Trace) -> ForwardError:
    """What a forward pass that raised is to the caller: why, and the calls up to there."""
    from resnet_inspect.analysis.failure import sentence

    trace = Inspection.of(partial)
    return ForwardError(sentence(trace), trace=trace)


@contextmanager
def watch(model: nn.Module, *, forwards: int | None = 1) -> Iterator[Watch]:
    """Record what a network does in your own program, when the program calls it.

    No forward is run but the program's own: gradients, mode, weights and random numbers are what
    they would have been, and what it raises is raised. Nothing stays on the model afterwards.

        with ri.watch(model) as w:
            train_step()
        print(w.trace)

    Args:
        model: the network; inside DistributedDataParallel, `torch.compile` or DataParallel on one
            device, the module in it, which runs uncompiled inside the `with`.
        forwards: how many forwards to record, of those that come to their end; None for all.

    Raises:
        BadInput: no module, or a number of forwards that cannot be.
        UntraceableModel: TorchScript, or DataParallel on several devices.
        MissingDependency: torch is not here.

    """
    _import_torch()
    from torch import nn

    from resnet_inspect.capture.watch import watching

    if not isinstance(model, nn.Module):
        raise BadInput(f"watch takes the nn.Module that is called, not {model!r}")
    if forwards is not None and forwards < 1:
        raise BadInput(f"{forwards} forwards cannot be recorded; None records all")
    seen = Watch(type(model).__name__)
    with watching(model, seen.take, forwards=forwards):
        yield seen


CACHED_SOURCES = ("torchvision", "paper", "resnet", "timm")
"""Sources whose networks the versions of packages decide."""


def cached(
    model: str,
    input_size: InputSize | None = None,
    *,
    device: str | None = None,
    dtype: str | None = None,
    mode: str = "eval",
    arguments: Mapping[str, Any] | None = None,
) -> Trace | None:
    """What `trace` would take from the cache; None if it would run the network."""
    entry = _cache_entry(model, input_size, device, dtype, mode, arguments or {})
    return entry.read() if entry else None


def _cache_entry(
    name: str,
    size: InputSize | None,
    device: str | None,
    dtype: str | None,
    mode: str,
    arguments: Mapping[str, Any],
) -> Entry | None:
    """Where the cache has, or would have, the trace of a network; None if it is not for it."""
    chosen = subject(name)
    if chosen.source not in CACHED_SOURCES or device not in (None, "meta"):
        return None
    if any(not _is_literal(value) for value in arguments.values()):
        return None
    if size is None and chosen.source != "timm":  # which must be imported to know
        size = input_shape(name)
    from resnet_inspect.cache import entry

    return entry(
        network=chosen.origin,
        arguments=[(key, repr(value)) for key, value in arguments.items()],
        input=size,
        dtype=dtype or "float32",
        mode=mode,
    )


def _is_literal(value: Any) -> bool:
    """Whether a value is all that its `repr` says."""
    from ast import literal_eval

    try:
        return bool(literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def _ran_no_other_code() -> bool:
    """Whether no source of the user's was imported here: its code may have changed torch."""
    ours = {SOURCES[prefix] for prefix in CACHED_SOURCES}
    return not any(module in sys.modules for module in {*sources().values()} - ours)


def _import_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingDependency(
            f"torch cannot be imported: {error}", hint="pip install torch torchvision"
        ) from error


def _trace_named(
    name: str,
    size: InputSize | None,
    device_name: str | None,
    dtype_name: str | None,
    mode: Mode,
    arguments: Mapping[str, Any],
    weights: str | Path | None,
    tell: Callable[[str], None],
) -> Trace:
    from resnet_inspect.capture import backends
    from resnet_inspect.capture.run import MetaCannotRun

    chosen = subject(name)
    if _takes_a_list(chosen) and mode == "train":
        raise BadInput(f"{name} in training mode needs targets; it can be traced in eval mode")
    tell(f"importing {chosen.source}")
    notes = []
    if size is None:
        size = input_shape(name)
        if source(chosen.source).default_input(chosen.name) is None:
            notes.append(f"no input shape is given: {'×'.join(map(str, size))} is taken")
    elif name in VARIANTS:
        size = _one_shape(size)
    device = backends.resolve(device_name or "meta")
    with surroundings(chosen):
        try:
            return _build_and_capture(
                chosen, size, device, dtype_name, mode, arguments, weights, tell, notes
            )
        except MetaCannotRun as error:
            notes.append(_fall_back_note(error))
        cpu = backends.resolve("cpu")
        return _build_and_capture(
            chosen, size, cpu, dtype_name, mode, arguments, weights, tell, notes
        )


def verify(
    model: str,
    input_size: InputSize | None = None,
    *,
    device: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    tell: Callable[[str], None] = _silent,
) -> tuple[Survey, tuple[Verdict, ...]]:
    """Trace a network and ask others for the same figures; it is built and run on `device`.

    The device is the CPU unless another is asked for: a second opinion needs a real forward pass.
    Raises what `trace` raises.
    """
    traced = trace(model, input_size, arguments=arguments, tell=tell)
    from resnet_inspect import oracle
    from resnet_inspect.analysis.opinions import Opinion, judge

    chosen = subject(model)
    with surroundings(chosen):
        built, args = _built_to_run(chosen, input_size, device, arguments or {}, tell)
        tell(f"asking others about {chosen.name}")
        answers = oracle.opinions(built, args)
    survey = Survey(traced)
    known = VARIANTS.get(model)
    if known is not None and chosen.source == "torchvision":
        reason = _not_published(known, traced)
        said = oracle.published(chosen.name)
        answers += [(f, by, None, 1, reason) for f, by, *_ in said] if reason else said
    return survey, judge(survey, [Opinion(*answer) for answer in answers])


def _not_published(known: Variant, traced: Trace) -> str:
    """Why torchvision's published figures are not of this network; "" if they are."""
    if known.family == "detection":
        return "published for trained weights, whose norms are frozen and whose boxes are others"
    arguments = dict(traced.provenance.arguments)
    if known.family == "segmentation" and arguments.pop("aux_loss", "") != "True":
        return "published with --set aux_loss=True"
    if arguments:
        return "published for the builder's own arguments"
    if traced.spec(traced.inputs[0]).shape != known.input:
        return f"published for an input of {'×'.join(map(str, known.input))}"
    return ""


def likeness(
    model: str,
    other: str,
    input_size: InputSize | None = None,
    *,
    device: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    tell: Callable[[str], None] = _silent,
) -> Likeness:
    """Whether two networks are the same: in layers, shapes, counts, and in what they compute.

    `input_size` and `arguments` are for `model`; `other` gets the same input. If their layers are
    the same, the weights of `other` are copied into `model` by role, and both are run on `device`.
    Raises what `trace` raises.
    """
    from resnet_inspect.analysis.comparison import compare
    from resnet_inspect.analysis.likeness import Likeness, alike, same_calls, same_tensors

    left = Survey(trace(model, input_size, arguments=arguments, tell=tell))
    size = input_size or tuple(left.trace.spec(left.trace.inputs[0]).shape)
    right = Survey(trace(other, size, tell=tell))
    difference = compare(left, right)
    if not alike(difference):
        return Likeness(difference)
    from resnet_inspect.capture.side_by_side import first_difference, with_weights_of

    ours, theirs = subject(model), subject(other)
    with surroundings(ours), surroundings(theirs):
        built, args = _built_to_run(ours, size, device, arguments or {}, tell)
        second, _ = _built_to_run(theirs, size, device, {}, tell)
        tell("running both with the same weights")
        copied = with_weights_of(built, second, same_tensors(difference))
        parted = first_difference(built, second, same_calls(difference), args)
    return Likeness(difference, copied, parted)


def _built_to_run(
    chosen: Subject,
    input_size: InputSize | None,
    device: str | None,
    arguments: Mapping[str, Any],
    tell: Callable[[str], None],
) -> tuple[nn.Module, tuple[Any, ...]]:
    """A network with fresh weights on a real device, and positional inputs for it."""
    from resnet_inspect.capture import backends

    where = backends.resolve(device or "cpu")
    size = input_shape(chosen.written) if input_size is None else input_size
    built = _built(chosen, size, where, None, arguments, None, tell)
    if built.kwargs:
        raise BadInput("two networks are compared, and others asked, with positional inputs only")
    return built.model.to(where), built.args


def _takes_a_list(chosen: Subject) -> bool:
    """Whether a network takes its images as a list."""
    known = VARIANTS.get(chosen.written)
    return known is not None and known.family == "detection"


def _build_and_capture(
    chosen: Subject,
    size: InputSize,
    device: torch.device,
    dtype_name: str | None,
    mode: Mode,
    arguments: Mapping[str, Any],
    weights: str | Path | None,
    tell: Callable[[str], None],
    notes: Sequence[str],
) -> Trace:
    built = _built(chosen, size, device, dtype_name, arguments, weights, tell)
    tell(f"running {chosen.name} on {device}")
    return _captured(chosen, built, device, mode, arguments, notes)


@dataclass(frozen=True)
class _Built:
    """A network, and arguments for its forward."""

    model: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    notes: tuple[str, ...]


def _built(
    chosen: Subject,
    size: InputSize,
    device: torch.device,
    dtype_name: str | None,
    arguments: Mapping[str, Any],
    weights: str | Path | None,
    tell: Callable[[str], None],
) -> _Built:
    from resnet_inspect.capture.inputs import (
        floating_dtype,
        make_arguments,
        make_tensor,
        read_dtype,
    )

    asked = read_dtype(dtype_name) if dtype_name else None
    if asked is not None and not asked.is_floating_point:
        raise BadInput(f"a network computes in floats, not in {dtype_name}")
    tell(f"building {chosen.name}")
    model = source(chosen.source).build(chosen.name, arguments, device)
    notes = []
    tensors = (*model.parameters(), *model.buffers())
    if tensors and all(tensor.device.type != device.type for tensor in tensors):
        notes.append("built on the CPU, since meta has no numbers to build it with")
    if weights is not None:
        tell(f"reading {Path(weights).name}")
        notes.append(_fill(model, chosen.written, weights))
    if asked is not None:
        model = model.to(asked)
    dtype = floating_dtype(model)
    if _takes_a_list(chosen):
        shape = _one_shape(size)
        images = [make_tensor(shape[1:], dtype, device) for _ in range(shape[0])]
        return _Built(model, (images,), {}, tuple(notes))
    return _Built(model, *make_arguments(size, dtype, device), tuple(notes))


def _captured(
    chosen: Subject,
    built: _Built,
    device: torch.device,
    mode: Mode,
    arguments: Mapping[str, Any],
    notes: Sequence[str] = (),
) -> Trace:
    from resnet_inspect.capture.run import capture

    return capture(
        built.model,
        built.args,
        built.kwargs,
        device=device,
        mode=mode,
        model_name=chosen.title or None,
        source=chosen.origin,
        arguments=arguments,
        notes=(*notes, *built.notes),
    )


def measure(
    model: str,
    input_size: InputSize | None = None,
    *,
    device: str = "cpu",
    dtype: str | None = None,
    mode: Mode = "eval",
    arguments: Mapping[str, Any] | None = None,
    weights: str | Path | None = None,
    runs: Mapping[str, Any] | None = None,
    tell: Callable[[str], None] = _silent,
) -> Measured:
    """Trace a named network on a real device, then run it again and again against the clock.

    `runs` are the fields of `capture.measure.Runs`: repeats, warm_up, backward, compiled,
    channels_last, threads. Raises what `trace` raises, and `WorkFailed` for a network that cannot
    be measured.
    """
    chosen = subject(model)
    if device == "meta":
        raise BadInput("meta computes nothing that could be timed", hint="--device cpu, cuda, mps")
    if _takes_a_list(chosen) and mode == "train":
        raise BadInput(f"{model} in training mode needs targets; it can be measured in eval mode")
    tell("importing torch")
    _import_torch()
    from resnet_inspect.capture import backends
    from resnet_inspect.capture.measure import Runs
    from resnet_inspect.capture.measure import measure as run_repeatedly
    from resnet_inspect.capture.run import ForwardRaised, unwrapped

    where = backends.resolve(device)
    size = input_shape(model) if input_size is None else input_size
    settings = arguments or {}
    with surroundings(chosen):
        found = _built(chosen, size, where, dtype, settings, weights, tell)
        inside, wrappers = unwrapped(found.model.to(where))
        built = replace(found, model=inside.train(mode == "train"))
        try:
            traced = _captured(chosen, built, where, "as found", settings, wrappers)
        except ForwardRaised as raised:
            raise _forward_error(raised.trace) from raised.__cause__
        how = Runs(**(runs or {}))
        return traced, run_repeatedly(
            built.model, built.args, built.kwargs, traced, where, how, tell
        )


def _trace_module(
    model: nn.Module,
    size: InputSize | None,
    inputs: Any,
    device_name: str | None,
    dtype_name: str | None,
    mode: Mode,
    tell: Callable[[str], None],
) -> Trace:

    from resnet_inspect.capture import backends
    from resnet_inspect.capture.inputs import floating_dtype, home, make_arguments, read_dtype
    from resnet_inspect.capture.run import MetaCannotRun, capture

    device = backends.resolve(device_name) if device_name else home(model)
    if (size is None) == (inputs is None):
        raise BadInput(
            "a model needs either input_size or inputs", hint="input_size=(1, 3, 224, 224)"
        )
    dtype = read_dtype(dtype_name) if dtype_name else floating_dtype(model)

    def arguments_on(where: torch.device) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if size is not None:
            return make_arguments(size, dtype, where)
        if isinstance(inputs, Mapping):
            return (), dict(inputs)
        return (inputs if isinstance(inputs, tuple) else (inputs,)), {}

    tell(f"running {type(model).__name__} on {device}")
    args, kwargs = arguments_on(device)
    try:
        return capture(model, args, kwargs, device=device, mode=mode)
    except MetaCannotRun as error:
        if inputs is not None:
            raise BadInput(
                f"meta cannot run {error}, which needs numbers", hint="give inputs on the CPU"
            ) from error
        note = _fall_back_note(error)
    cpu = backends.resolve("cpu")
    args, kwargs = arguments_on(cpu)
    return capture(model, args, kwargs, device=cpu, mode=mode, notes=(note,))


def _fall_back_note(error: Exception) -> str:
    """Say that the CPU stands in for meta: as a warning, and for the trace's provenance."""
    note = f"traced on the CPU: meta cannot run {error}, which needs numbers"
    warnings.warn(note, stacklevel=4)
    return note


def _one_shape(size: InputSize) -> tuple[int, ...]:
    if isinstance(size, Mapping) or not all(isinstance(item, int) for item in size):
        raise BadInput("this network takes one input shape", hint="for example 1,3,224,224")
    shape = tuple(item for item in size if isinstance(item, int))
    if len(shape) < 2:
        raise BadInput(f"an input shape needs a batch size and channels, not only {shape}")
    return shape


def input_shape(
    name: str,
    *,
    image_size: Sequence[int] | None = None,
    batch: int | None = None,
    channels: int | None = None,
) -> tuple[int, ...]:
    """A network's default input shape with its image size, batch or channels replaced.

    It is `USUAL_INPUT` where the source knows none. torch is imported only for a source whose
    networks are not in the catalogue.
    """
    known = VARIANTS.get(name)
    chosen = subject(name)
    default = known.input if known else source(chosen.source).default_input(chosen.name)
    shape = list(default or USUAL_INPUT)
    if image_size is not None:
        shape[-len(image_size) :] = image_size
    if batch is not None:
        shape[0] = batch
    if channels is not None:
        shape[1] = channels
    return tuple(shape)


def identify(
    weights: str | Path, against: str | None = None, tell: Callable[[str], None] = _silent
) -> Identity:
    """Which network a file of weights belongs to: the nearest of those known, best first.

    Args:
        weights: a file of PyTorch, safetensors, or the index of several; nothing in it is run.
        against: the one network to compare it with, by name, instead.
        tell: called with the name of each step that takes time.

    Raises:
        CheckpointError: the file holds no weights, or cannot be read without running code.
        UnknownName, BadInput, BuildError: of `against`.

    """
    from resnet_inspect.analysis.identity import Identity, looks_of, parameters
    from resnet_inspect.sources import candidates, checkpoint

    tell(f"reading {Path(weights).name}")
    file = checkpoint.read(weights)
    looks = looks_of(file.tensors)
    found: list[Candidate] = []

    def compare(name: str, arguments: Mapping[str, Any]) -> None:
        tell(f"comparing with {name}")
        with suppress(InspectError):  # of a package that is not here, a design that cannot be
            found.append(_fitted(name, arguments, file.tensors))

    if against is not None:
        tell(f"comparing with {against}")
        found.append(_fitted(against, {}, file.tensors))
    else:
        size = parameters(file.tensors)
        for name in candidates.as_large(size):
            compare(name, {})
        if looks and not _any_fits(found):
            found.clear()
            for name, arguments in candidates.alike(looks.block, looks.depths, size):
                compare(name, arguments)
        if looks and looks.design and not _any_fits(found):
            compare(f"resnet:{looks.design}", {})
        # Where only tensors of the network are missing, such as the head, no other explains more.
        if looks and not any(one.match.leaves_nothing for one in found):
            for name in candidates.of_timm(file.tensors, looks.layers):
                compare(name, {})
                if _any_fits(found):
                    break
    alive = [one for one in found if one.match.share or against is not None]
    ranked = sorted(alive, key=lambda one: (one.match.rank, len(one.arguments)))
    return Identity(
        str(file.path), file.kind, file.place, file.others, file.tensors, looks, tuple(ranked)
    )


def _any_fits(found: Sequence[Candidate]) -> bool:
    return any(one.match.fits for one in found)


def _fitted(
    name: str, arguments: Mapping[str, Any], tensors: Mapping[str, TensorSpec]
) -> Candidate:
    """How weights fit a network; with the classes and channels of the file, if that is nearer."""
    from resnet_inspect.analysis.identity import Candidate, match, resized
    from resnet_inspect.sources.candidates import ARGUMENTS

    chosen = subject(name)
    first = match(tensors, _shapes(chosen, arguments))
    best = Candidate(name, tuple(arguments.items()), first)
    names = ARGUMENTS.get(chosen.source)
    if names is None:
        return best
    sizes = zip((names.classes, names.channels), resized(first), strict=True)
    changed = {argument: size for argument, size in sizes if argument and size}
    if changed:
        with suppress(UsageError, BuildError):
            given = {**arguments, **changed}
            again = match(tensors, _shapes(chosen, given))
            if again.rank < first.rank:
                best = Candidate(name, tuple(given.items()), again)
    return best


def _shapes(chosen: Subject, arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor in the state dict of a network, built on meta."""
    _import_torch()
    import torch

    with surroundings(chosen):
        model = source(chosen.source).build(chosen.name, arguments, torch.device("meta"))
        return _shapes_of(model)


def _shapes_of(model: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def recognised(
    weights: str | Path, tell: Callable[[str], None] = _silent
) -> tuple[str, dict[str, Any]]:
    """The name and arguments of the network that a file of weights belongs to.

    Raises `CheckpointError` if it belongs to none that is known.
    """
    from resnet_inspect.views.identity import said

    found = identify(weights, tell=tell)
    if not found.candidates:
        raise CheckpointError(said(found), hint="name the network that the weights are for")
    best = found.candidates[0]
    if not best.match.fits:
        raise CheckpointError(
            said(found), hint=f"`resnet-inspect trace {best.name}` traces it without these weights"
        )
    return best.name, dict(best.arguments)


def _fill(model: nn.Module, name: str, weights: str | Path) -> str:
    """Put the weights of a file into a network, unless it is on meta; say what was done.

    Raises `CheckpointError` if they do not fit.
    """
    from resnet_inspect.analysis.identity import match
    from resnet_inspect.sources import checkpoint
    from resnet_inspect.views.identity import matches, mismatches

    file = checkpoint.read(weights)
    fit = match(file.tensors, _shapes_of(model))
    if not fit.fits:
        raise CheckpointError(
            f"{file.path} does not fit {name}: {mismatches(fit)}",
            hint=f"`resnet-inspect identify {weights}` names the network that it is of",
        )
    if all(tensor.is_meta for tensor in (*model.parameters(), *model.buffers())):
        return f"weights: {file.path}, {matches(fit)}; on meta only their shapes are used"
    values = checkpoint.values(file)
    model.load_state_dict(
        {
            pair.wanted_name: values[pair.name]
            for pair in fit.pairs
            if pair.name is not None and pair.wanted_name is not None
        }
    )
    return f"weights: {file.path}, {matches(fit)}"


def variants() -> tuple[Variant, ...]:
    """Every named variant and what is known of it; torch is not imported."""
    return tuple(VARIANTS.values())


def is_trace_file(subject: str) -> bool:
    """Whether a command's subject is a saved trace or a lock rather than a network's name."""
    return subject.endswith(".json") or (Path(subject).is_file() and not subject.endswith(".py"))


def load(path: str | Path) -> Inspection:
    """The trace that `save` wrote, or what a lock file holds of one.

    Raises `TraceFileError` if the file cannot be read, is damaged, foreign or newer.
    """
    return Inspection.of(_loaded(path, _loads))


def load_measured(path: str | Path) -> tuple[Measured, ...]:
    """The measurements that `save_measured` wrote, each with its trace; raises as `load` does."""
    return _loaded(path, codec.loads_measured)


def _loaded(path: str | Path, loads: Callable[[str], T]) -> T:
    try:
        written = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TraceFileError(f"{path}: not a trace: no UTF-8 text") from error
    except OSError as error:
        raise TraceFileError(f"{path}: {error.strerror or error}") from error
    try:
        return loads(written)
    except TraceFileError as error:
        raise TraceFileError(f"{path}: {error.message}", hint=error.hint) from error


def _loads(written: str) -> Trace:
    if not written.startswith("{"):
        from resnet_inspect import locks

        if locks.is_lock(written):
            return locks.loads(written)
    return codec.loads(written)


def save(trace: Trace, path: str | Path, *, overwrite: bool = False) -> None:
    """Write the whole trace as JSON, at once or not at all.

    Raises `OutputError` if the file exists and is not to be overwritten, or cannot be written.
    """
    Inspection.of(trace).save(path, overwrite=overwrite)


def save_measured(
    measured: Sequence[Measured], path: str | Path, *, overwrite: bool = False
) -> None:
    """Write measurements and their traces as JSON; raises as `save` does."""
    from resnet_inspect.files import write_all

    write_all({Path(path): codec.dumps_measured(measured)}, overwrite=overwrite)


def input_of(golden: Trace, model: object) -> InputSize:
    """The input of a saved trace or lock, as `trace` takes it to run `model` likewise.

    Floats have no element type there: they take that of the model. Raises `BadInput` for tensors
    within lists or dicts.
    """
    wanted: dict[int | str, Any] = {}
    for port in golden.inputs:
        spec = golden.spec(port)
        is_float = spec.dtype.startswith(("float", "bfloat"))
        name = int(port.label or 0) if port.label.isdecimal() or not port.label else port.label
        wanted[name] = spec.shape if is_float else (spec.shape, spec.dtype)
        if "." in port.label:
            raise BadInput(f"input {port.label} is inside of another argument: no shape says that")
    if isinstance(model, str) and _takes_a_list(subject(model)):
        return (len(wanted), *next(iter(wanted.values()), ()))
    only: InputSize = wanted[0] if list(wanted) == [0] else wanted
    return only


def mode_of(golden: Trace) -> Mode:
    """The mode in which a saved trace or lock was made, as `trace` takes it."""
    mode = golden.provenance.mode
    return "train" if mode == "train" else "eval" if mode == "eval" else "as found"


def changed(golden: Trace, now: Trace) -> Difference | None:
    """How a network is not what a saved trace or lock says; None where it is.

    What a lock holds is compared, names of modules included, and nothing else.
    """
    from resnet_inspect import locks
    from resnet_inspect.analysis.comparison import compare

    if locks.same(golden, now):
        return None
    return compare(*(Survey(locks.loads(locks.dumps(one))) for one in (golden, now)))


def change_table(found: Difference, selection: Selection | None = None, **options: bool) -> Table:
    """The table of `changed`; where only names changed, with the lines of the lock that did."""
    from resnet_inspect import locks
    from resnet_inspect.views import differences
    from resnet_inspect.views.text import visible

    table = differences.view(found, selection, **options)
    if not found.equal:
        return table
    lines = locks.changed_lines(found.left.trace, found.right.trace)
    more = len(lines) - _LINES
    if more > 0:
        lines[_LINES:] = [f"and {more} lines more"]
    said = "the layers are the same; what they are called, or what holds them, is not"
    return replace(table, summary=(said, *map(visible, lines)))


def tabulate(trace: Trace, view: str = "layers", selection: Selection | None = None) -> Table:
    """A view of a trace as a table of cells."""
    return Inspection.of(trace).table(view, selection)


def render(
    trace: Trace,
    view: str = "layers",
    format: str = "text",
    selection: Selection | None = None,
) -> str:
    """A view of a trace written down in a format: "text", "md", "csv", "json", "html", "latex"."""
    return Inspection.of(trace).render(view, format, selection)


def format_of(path: Path) -> str:
    """The format that a file's suffix asks for; raises `UnknownName` for another suffix."""
    found = SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise UnknownName(
            "format", path.suffix or path.name, SUFFIXES, see=f"known: {', '.join(SUFFIXES)}"
        )
    return found
