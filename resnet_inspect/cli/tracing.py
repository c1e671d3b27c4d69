"""From the options of a command to a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from resnet_inspect.cli.diagnostics import Progress, remark
from resnet_inspect.cli.options.arguments import read_settings
from resnet_inspect.cli.options.inputs import INPUT_OPTIONS
from resnet_inspect.cli.options.timing import RUN_OPTIONS
from resnet_inspect.cli.streams import streams_aside
from resnet_inspect.errors import BadInput

if TYPE_CHECKING:
    from resnet_inspect.capture.recording.forward import Mode
    from resnet_inspect.traces.json.codec import Measured, Saved
    from resnet_inspect.traces.model import Trace

T = TypeVar("T", str, str | None)
"""A model's name, which some commands can do without."""


def input_of(model: str | None, options: Mapping[str, Any]) -> Any:
    """The input that these options describe; None for the network's default."""
    from resnet_inspect import pipeline

    parts = {key: options[key] for key in ("image_size", "batch", "channels")}
    has_parts = any(part is not None for part in parts.values())
    if options["inputs"] and has_parts:
        raise BadInput(
            "--input is the whole shape", hint="leave out --image-size, --batch, --channels"
        )
    if options["inputs"]:
        return _inputs(options["inputs"])
    if not has_parts:
        return None
    if options.get("weights") is not None:  # those of a run have an input of their own
        model = None
    return pipeline.input_from(model, read_settings(options["settings"]), **parts)


def _inputs(inputs: Sequence[tuple[str, Any]]) -> Any:
    """What `--input` was given, as `pipeline.trace` takes it: one shape, or by place and name."""
    if len(inputs) == 1 and not inputs[0][0] and not isinstance(inputs[0][1], list):
        return inputs[0][1]
    positional = [one for keyword, one in inputs if not keyword]
    named = [(keyword, one) for keyword, one in inputs if keyword]
    twice = [keyword for keyword, _ in named if [k for k, _ in named].count(keyword) > 1]
    if twice:
        raise BadInput(f"--input {twice[0]}= is given twice")
    return dict(enumerate(positional)) | dict(named)


def capture(model: str | None, options: Mapping[str, Any]) -> Trace:
    """Run the network as these options say, with progress on stderr.

    Without a name it is the network that the weights are of.
    """
    from resnet_inspect.pipeline.files import is_run

    arguments = read_settings(options["settings"])
    if model is not None and (model.endswith(".json") or is_run(model)):
        raise click.UsageError(f"`resnet-inspect show {model}` prints a saved trace")
    if model is not None and model.endswith((".pth", ".pt", ".ckpt", ".safetensors")):
        raise click.UsageError(f"weights alone: `resnet-inspect trace --weights {model}`")
    mode: Mode = "train" if options["train"] else "eval"
    size, call = input_of(model, options), options["call"] or "forward"
    return _run(model, size, mode, options, arguments, call)


def capture_like(golden: Trace, model: str, options: Mapping[str, Any]) -> Trace:
    """Run of the network what a saved trace or lock ran, on its input and in its mode."""
    from resnet_inspect import pipeline

    size, mode = pipeline.input_of(golden, model), pipeline.mode_of(golden)
    arguments = read_settings(options["settings"])
    return _run(model, size, mode, options, arguments, golden.provenance.call)


def _run(
    model: str | None,
    size: Any,
    mode: Mode,
    options: Mapping[str, Any],
    arguments: Mapping[str, Any],
    call: str,
) -> Trace:
    from resnet_inspect import pipeline

    with Progress() as progress, streams_aside():
        captured = pipeline.trace(
            model,
            size,
            device=options["device"],
            dtype=options["dtype"],
            mode=mode,
            arguments=arguments,
            weights=options["weights"],
            tell=progress.tell,
            cache=not options.get("no_cache"),
            call=call,
        )
    refused = "" if options.get("no_cache") else pipeline.why_no_cache(model, options["device"])
    for note in (*captured.provenance.notes, *([refused] if refused else [])):
        remark(note)
    return captured


def measure(model: str, options: Mapping[str, Any], which: str = "") -> Measured:
    """Run the network against the clock as these options say, with progress on stderr.

    Where it is done for several, `which` stands before each step.
    """
    from resnet_inspect import pipeline

    with Progress() as progress, streams_aside():
        return pipeline.measure(
            model,
            input_of(model, options),
            device=options["device"] or "cpu",
            dtype=options["dtype"],
            mode="train" if options["train"] else "eval",
            arguments=read_settings(options["settings"]),
            weights=options["weights"],
            runs={name: options[name] for name in RUN_OPTIONS},
            tell=lambda step: progress.tell(f"{which}: {step}" if which else step),
            call=options["call"] or "forward",
        )


def input_options_given(options: Mapping[str, Any]) -> bool:
    """Whether any option says what goes into a network or where it runs."""
    return any(options.get(name) for name in INPUT_OPTIONS)


def loaded_or_captured(model: str, options: Mapping[str, Any]) -> Trace:
    """The saved trace of that name, or the network run as these options say."""
    saved = loaded(model, options)
    return capture(model, options) if saved is None else saved.trace


def loaded(model: str, options: Mapping[str, Any]) -> Saved | None:
    """What the file of that name holds; None for a network that is to be run."""
    from resnet_inspect import pipeline

    if not pipeline.is_trace_file(model):
        return None
    if input_options_given(options):
        raise click.UsageError("a saved trace is not run again: leave out the input options")
    saved = pipeline.load_saved(model)
    say_why_it_ends(saved.trace)
    return saved


def as_far_as_it_goes(
    traced: Callable[[T, Mapping[str, Any]], Trace], model: T, options: Mapping[str, Any]
) -> tuple[Trace, BaseException | None]:
    """What `traced` gives, and what stopped the forward pass if it did not come to its end."""
    from resnet_inspect.errors import ForwardError, ForwardInterrupted

    try:
        return traced(model, options), None
    except (ForwardError, ForwardInterrupted) as stopped:
        return stopped.trace, stopped


@contextmanager
def before(stopped: BaseException | None) -> Iterator[None]:
    """Write what there is, then raise what stopped the forward pass, if anything did.

    It goes before what a trace that ends early cannot be asked, such as a stage not reached.
    """
    from resnet_inspect.errors import UsageError

    try:
        yield
    except UsageError:
        if stopped is None:
            raise
    if stopped is not None:
        raise stopped


def say_why_it_ends(saved: Trace) -> None:
    """Say on stderr why a saved trace ends before the network did, if it does."""
    from resnet_inspect.analysis.failure import sentence

    if saved.failure is not None:
        remark(f"the forward pass raised: {sentence(saved)}")
