"""Taps as tables: the feature maps to take, and the decoders that take them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps import decoders
from resnet_inspect.analysis.taps.decoders import Misfit
from resnet_inspect.analysis.taps.pyramid import find
from resnet_inspect.analysis.taps.tap import Tap, Taps
from resnet_inspect.views.tables.assembly import provenance
from resnet_inspect.views.tables.table import EMPTY, Cell, Heading, Table, listing
from resnet_inspect.views.words import text

_TAPS = (
    Heading("stride", "stride", "right", 0),
    Heading("path", "layer", "left", 0),
    Heading("way", "way", "left", 2),
    Heading("channels", "channels", "right", 0),
    Heading("size", "size", "right", 1),
    Heading("receptive_field", "receptive field", "right", 3),
    Heading("bytes", "memory", "right", 5),
    Heading("index", "index", "right", 4),
)
_UNET = (
    Heading("step", "step", "right", 0),
    Heading("factor", "upsample", "right", 4),
    Heading("upsampled", "from below", "right", 2),
    Heading("skip", "skip", "right", 2),
    Heading("skip_path", "taken from", "left", 1),
    Heading("inputs", "in", "right", 0),
    Heading("out", "out", "right", 0),
    Heading("size", "size", "right", 4),
)
_FPN = (
    Heading("stride", "stride", "right", 0),
    Heading("path", "taken from", "left", 0),
    Heading("channels", "in", "right", 0),
    Heading("out", "out", "right", 0),
    Heading("factor", "upsample", "right", 4),
    Heading("size", "size", "right", 3),
    Heading("lateral", "1×1 parameters", "right", 2),
    Heading("smoothing", "3×3 parameters", "right", 2),
)
_DIMENSIONS = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def view(survey: Survey) -> Table:
    """A row for each stride on the way down, and for each map on the way up if there is one."""
    found = find(survey)
    rows = [_cells(survey, tap, "down", number) for number, tap in enumerate(found.down)]
    rows += [_cells(survey, tap, "up", None) for tap in found.up]
    remarks = (*_remarks(found), *_grad_cam(found))
    table = _table(survey, "taps", _TAPS, rows, remarks)
    if found.up:
        return table
    return replace(table, shown=tuple(key for key in table.shown if key != "way"))


def unet(survey: Survey, channels: Sequence[int] = decoders.UNET_CHANNELS) -> Table:
    """The channel plan of a U-Net's decoder over the taps, from the deepest map up."""
    found = find(survey)
    rows = []
    for number, step in enumerate(decoders.unet(found.down, channels), start=1):
        skip = found.down[-1 - number] if number < len(found.down) else None
        size = skip.size if skip else found.image
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
    how = "a step: upsample, concatenate the skip, two 3×3 convolutions from `in` to `out` channels"
    return _table(survey, "decoder", _UNET, rows, (how, *_remarks(found)))


def fpn(survey: Survey, channels: int = decoders.FPN_CHANNELS) -> Table:
    """The levels of a feature pyramid over the taps, the deepest first."""
    found = find(survey)
    rows = []
    for level in decoders.fpn(found.down, channels):
        lateral, smoothing = level.weights()
        factor = level.factor
        rows.append(
            (
                Cell(tuple(map(float, level.tap.stride)), text.sizes(level.tap.stride)),
                Cell(level.tap.path, text.visible(level.tap.path)),
                Cell(level.tap.channels, text.integer(level.tap.channels)),
                Cell(level.out, text.integer(level.out)),
                Cell(tuple(map(float, factor)), f"×{text.sizes(factor)}") if factor else EMPTY,
                Cell(level.tap.size, text.shape(level.tap.size)),
                Cell(lateral, text.integer(lateral)),
                Cell(smoothing, text.integer(smoothing)),
            )
        )
    how = (
        "a level: a 1×1 convolution from `in` to `out` channels, the level above it in this table"
        " upsampled and added, a 3×3 convolution"
    )
    return _table(survey, "decoder", _FPN, rows, (how, *_remarks(found)))


def _cells(survey: Survey, tap: Tap, way: str, number: int | None) -> tuple[Cell, ...]:
    nbytes = survey.trace.activations[tap.activation].tensor.nbytes
    field = Cell(None, text.NOT_KNOWN)
    if tap.field is not None and tap.field.whole:
        field = Cell("all", "all")
    elif tap.field is not None:
        field = Cell(tuple(map(float, tap.field.size)), text.sizes(tap.field.size))
    return (
        Cell(tuple(map(float, tap.stride)), text.sizes(tap.stride)),
        Cell(tap.path, text.visible(tap.path)),
        Cell(way, way),
        Cell(tap.channels, text.integer(tap.channels)),
        Cell(tap.size, text.shape(tap.size)),
        field,
        Cell(nbytes, text.nbytes(nbytes)),
        EMPTY if number is None else Cell(number, str(number)),
    )


def _remarks(found: Taps) -> Iterator[str]:
    """What the sizes, the strides and the maps rest on, and where they end."""
    if found.origin:
        size = text.shape(found.image)
        yield f"strides are counted from the {size} that {text.visible(found.origin)}"
    for lost in dict.fromkeys(tap.map.lost for tap in found.all if tap.map.lost):
        layers = [text.visible(tap.path) for tap in found.all if tap.map.lost == lost]
        yield (
            f"told by the sizes alone, since behind {text.visible(lost)} no receptive field is"
            f" known: the {'strides' if len(layers) > 1 else 'stride'} of {text.some(layers)}"
        )
    if found.unplaced:
        names = text.some([text.visible(path) for path in found.unplaced])
        yield f"no taps are of {names}: positions are lost before, and the sizes tell no stride"
    last = [text.visible(tap.path) for tap in found.all if tap.map.channels_at != 1]
    if last:
        yield f"the channels stand last in what {text.some(last)} gives: x.movedim(-1, 1)"
    if found.tokens:
        yield f"from {text.visible(found.tokens)} on the blocks work on tokens, which are no maps"
    for misfit in decoders.misfits(found):
        yield _warning(misfit, len(found.image))


def _grad_cam(found: Taps) -> Iterator[str]:
    """Which layer shows what a class rests on; where there is none, why."""
    if found.tokens or found.unplaced or found.last is None:
        return
    maps = f"{text.integer(found.last.channels)} maps of {text.shape(found.last.size)}"
    if not found.last_layer:
        name = text.visible(found.last.path)
        yield f"Grad-CAM: {name}, {maps}, which no layer gives: it is taken where it goes in"
        return
    layer = text.visible(found.last_layer)
    yield f"Grad-CAM: target_layers=[model.get_submodule({layer!r})], the last {maps}"


def _warning(misfit: Misfit, dimensions: int) -> str:
    """Say which size does not divide, what a decoder would miss, and which sizes do."""
    name = _DIMENSIONS.get(dimensions, ("size",) * dimensions)[misfit.dimension]
    sizes = ", ".join(map(str, misfit.sizes))
    given, wanted = misfit.misses[-1]
    nearest = " and ".join(map(str, misfit.nearest))
    would = f" (nearest that would: {nearest})" if nearest else ""
    return (
        f"{name} {misfit.size} does not divide by every stride: {sizes}; upsampling gives {given}"
        f" where the skip has {wanted}{would}"
    )


def _table(
    survey: Survey,
    name: str,
    columns: tuple[Heading, ...],
    rows: Sequence[Sequence[Cell]],
    remarks: tuple[str, ...],
) -> Table:
    if not rows:
        remarks = (f"no feature map is left at the end of this network{_why(survey)}", *remarks)
    return listing(
        name,
        text.visible(provenance.title(survey.trace)),
        columns,
        rows,
        model=survey.trace.model_name,
        kind="tap",
        remarks=remarks,
        provenance=provenance.entries(survey.trace.provenance),
    )


def _why(survey: Survey) -> str:
    lost = next(iter(survey.fields.lost.values()), None)
    return "" if lost is None else f": behind {text.visible(lost.path)} no positions are known"
