"""Taps as tables and as Python: the feature maps to take, and the decoder that takes them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from resnet_inspect.analysis import taps as analysis
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import Misfit, Tap
from resnet_inspect.errors import BadInput
from resnet_inspect.traces.model import FORWARD
from resnet_inspect.views.tables import assembly
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Table, listing
from resnet_inspect.views.words import text

_TAPS = (
    Heading("stride", "stride", "right", 0),
    Heading("path", "layer", "left", 0),
    Heading("channels", "channels", "right", 0),
    Heading("size", "size", "right", 1),
    Heading("receptive_field", "receptive field", "right", 3),
    Heading("bytes", "memory", "right", 5),
    Heading("index", "index", "right", 4),
)
_DECODER = (
    Heading("step", "step", "right", 0),
    Heading("factor", "upsample", "right", 4),
    Heading("upsampled", "from below", "right", 2),
    Heading("skip", "skip", "right", 2),
    Heading("skip_path", "taken from", "left", 1),
    Heading("inputs", "in", "right", 0),
    Heading("out", "out", "right", 0),
    Heading("size", "size", "right", 4),
)
_DIMENSIONS = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def view(survey: Survey) -> Table:
    """One row for each stride: the last layer of that stride, its channels, size and field."""
    found = analysis.find(survey)
    rows = [_tap_cells(survey, number, tap) for number, tap in enumerate(found)]
    return _table(survey, "taps", _TAPS, rows, tuple(_warnings(survey, found)))


def decoder(survey: Survey, channels: Sequence[int] = analysis.UNET_CHANNELS) -> Table:
    """The channel plan of a U-Net's decoder over the taps, from the deepest map up."""
    found = analysis.find(survey)
    image = survey.trace.spec(survey.trace.inputs[0]).shape[2:] if survey.trace.inputs else ()
    rows = []
    for number, step in enumerate(analysis.unet(found, channels), start=1):
        skip = found[-1 - number] if number < len(found) else None
        size = skip.shape[2:] if skip else image
        rows.append(
            (
                Cell(number, str(number)),
                Cell(tuple(map(float, step.factor)), f"×{text.sizes(step.factor)}"),
                Cell(step.upsampled, text.integer(step.upsampled)),
                Cell(step.skip, text.integer(step.skip)) if skip else EMPTY,
                Cell(skip.path, text.visible(skip.path)) if skip else EMPTY,
                Cell(step.inputs, text.integer(step.inputs)),
                Cell(step.out, text.integer(step.out)),
                Cell(size, text.shape(size)),
            )
        )
    remarks = (
        "a step: upsample, concatenate the skip, two 3×3 convolutions from `in` to `out` channels",
        *_warnings(survey, found),
    )
    return _table(survey, "decoder", _DECODER, rows, remarks)


def extractor(survey: Survey) -> str:
    """Python that takes the taps: torchvision's `create_feature_extractor`, or timm's own way.

    Raises `BadInput` for a network that has no taps, and for another method than its forward,
    which neither of these runs.
    """
    method = survey.trace.provenance.call
    if method != FORWARD:
        raise BadInput(f"code that takes maps runs the forward; these are of {method}")
    found = analysis.find(survey)
    if not found:
        raise BadInput(f"{survey.trace.model_name} has no feature map that could be taken")
    source, _, name = survey.trace.provenance.source.partition(":")
    arguments = "".join(f", {key}={value}" for key, value in survey.trace.provenance.arguments)
    image = survey.trace.spec(survey.trace.inputs[0]).shape
    comments = [f"#   {_quoted(_node(tap))}: {text.shape(tap.shape)}" for tap in found]
    if source == "timm":
        lines = [
            "import timm",
            "",
            f"model = timm.create_model({_quoted(name)}, features_only=True{arguments})",
            "features = model  # a list, the shallowest first",
        ]
    else:
        lines = ["from torchvision.models.feature_extraction import create_feature_extractor", ""]
        if source == "torchvision":
            lines.insert(0, "from torchvision.models import get_model")
            lines.append(f"model = get_model({_quoted(name)}, weights=None{arguments})")
        lines.append("features = create_feature_extractor(")
        lines.append("    model,")
        lines.append("    return_nodes={")
        lines += [f"        {_quoted(tap.path)}: {_quoted(_node(tap))}," for tap in found]
        lines += ["    },", ")"]
    lines += [f"# features(x) of an x of {text.shape(image)} gives", *comments]
    return "\n".join(lines) + "\n"


def _node(tap: Tap) -> str:
    strides = dict.fromkeys(text.plain(number) for number in tap.stride)
    return f"stride{'x'.join(strides)}"


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _tap_cells(survey: Survey, number: int, tap: Tap) -> tuple[Cell, ...]:
    size = tap.shape[2:]
    nbytes = survey.trace.activations[tap.activation].tensor.nbytes
    return (
        Cell(tuple(map(float, tap.stride)), text.sizes(tap.stride)),
        Cell(tap.path, text.visible(tap.path)),
        Cell(tap.channels, text.integer(tap.channels)),
        Cell(size, text.shape(size)),
        Cell(tuple(map(float, tap.field.size)), text.sizes(tap.field.size)),
        Cell(nbytes, text.nbytes(nbytes)),
        Cell(number, str(number)),
    )


def _warnings(survey: Survey, found: Sequence[Tap]) -> list[str]:
    return [_warning(misfit, len(found[0].stride)) for misfit in analysis.misfits(survey, found)]


def _warning(misfit: Misfit, dimensions: int) -> str:
    """Say which size does not divide, what a decoder would miss, and which sizes do."""
    name = _DIMENSIONS.get(dimensions, ("size",) * dimensions)[misfit.dimension]
    sizes = ", ".join(map(str, misfit.sizes))
    given, wanted = misfit.misses[-1]
    nearest = " and ".join(map(str, misfit.nearest))
    return (
        f"{name} {misfit.size} does not divide by every stride: {sizes}; upsampling gives {given}"
        f" where the skip has {wanted} (nearest that would: {nearest})"
    )


def _table(
    survey: Survey,
    name: str,
    columns: tuple[Heading, ...],
    rows: Sequence[Sequence[Cell]],
    remarks: tuple[str, ...],
) -> Table:
    if not rows:
        remarks = ("no feature map is left at the end of this network", *remarks)
    return listing(
        name,
        text.visible(assembly.title(survey.trace)),
        columns,
        rows,
        model=survey.trace.model_name,
        kind="tap",
        remarks=remarks,
        provenance=assembly.provenance(survey.trace.provenance),
    )
