"""Images go through a network, and what their scores rest on becomes a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields
from importlib.util import find_spec
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from resnet_inspect.answers.attributions import Attributions
from resnet_inspect.errors import (
    BadInput,
    InspectError,
    MissingDependency,
    UnknownName,
    WorkFailed,
)
from resnet_inspect.escaping import first_line
from resnet_inspect.pipeline.building.networks import (
    Order,
    Tell,
    import_torch,
    silent,
)
from resnet_inspect.pipeline.files import is_run
from resnet_inspect.pipeline.forward_errors import forward_error
from resnet_inspect.pipeline.lab.images import (
    Ready,
    Scale,
    check_files,
    given,
    how_read,
    named,
    scaling,
    taken,
)
from resnet_inspect.pipeline.lab.preparation import check_unbuilt, filled
from resnet_inspect.pipeline.run import of_weights
from resnet_inspect.sources import subject, surroundings
from resnet_inspect.traces.attribution import (
    METHODS,
    Attributed,
    Attribution,
    Box,
    Grid,
    Heat,
    Position,
    Seen,
    Settings,
)
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.run import BEST, LAST

if TYPE_CHECKING:
    from torch import Tensor, nn

    from resnet_inspect.analysis.attribution import Looked
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.capture.inputs import InputSize
    from resnet_inspect.lab.attribution import Subject


def attribute(
    model: str | Path | nn.Module | None,
    images: str | Path | Sequence[str | Path],
    method: str | Sequence[str] = "gradcam",
    *,
    target: int | str | None = None,
    layer: str | None = None,
    position: tuple[int, int] | None = None,
    input_size: InputSize | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    weights: str | Path | None = None,
    arguments: Mapping[str, Any] | None = None,
    device: str | None = None,
    dtype: str | None = None,
    tell: Tell = silent,
    **settings: Any,
) -> Attributions:
    """Say which parts of images the score of a class rests on.

    Args:
        model: a network by its name, or of your own code, as `trace` takes it; an `nn.Module`,
            which is left as it was found; the folder of a run, for its network with its best
            weights; or None for the network that `weights` are of.
        images: one file, or several. Each is scaled so that it covers the input, cropped at its
            centre, and normalised.
        method: "gradcam", "integrated_gradients", "occlusion", "shapley", or several of them.
        target: the class, also by its name where a run says that; None for the one with the
            highest score, of each image its own.
        layer: whose map Grad-CAM and the receptive field are of: "layer4", "layer1.0.relu #2";
            None for the one that `taps` names.
        position: row and column of that map whose receptive field is shown; None for the one
            where Grad-CAM is highest.
        input_size: as `trace` takes it; one image goes through at a time.
        mean: of the channels, from 0 to 1, by which images are normalised; None for that of the
            run that the weights are of, or ImageNet's.
        std: the standard deviations, likewise.
        weights: a file of weights, which must fit; without it a named network is fresh. If a run
            has written it, classes, head, stem, normalisation and size of images are those of the
            run.
        arguments: for the builder.
        device: "cpu" by default; a module stays where it is.
        dtype: element type of input and weights.
        tell: called with the name of each step that takes time.
        settings: the fields of `Settings`: steps, window, regions, samples, seed.

    Raises:
        UnknownName, BadInput: a name, layer, class, position or image that cannot be.
        MissingDependency: `pip install 'resnet-inspect[lab]'`.
        CheckpointError: weights that cannot be read safely, or do not fit.
        ForwardError, WorkFailed: the network raised, or gives what is not finite.

    """
    methods = tuple(dict.fromkeys([method] if isinstance(method, str) else method))
    for name in methods:
        if name not in METHODS:
            raise UnknownName("method", name, METHODS, see=f"known: {', '.join(METHODS)}")
    paths = [Path(one) for one in ([images] if isinstance(images, str | Path) else images)]
    check_files(paths)
    how = _settings(settings)
    notes: list[str] = []
    if isinstance(model, str | Path) and is_run(model):
        weights = _of_run(Path(model), weights)
        model = None
    if model is None:
        if weights is None:
            raise BadInput("which model? `resnet_inspect.variants()` lists those with a name")
        from resnet_inspect.pipeline.identity import recognised

        model, known, told_from = recognised(weights, tell)
        arguments = {**known, **(arguments or {})}
        notes += [f"the weights are of {model}", *([told_from] if told_from else [])]
    if find_spec("captum") is None:
        raise MissingDependency(
            "attribution needs captum", hint="pip install 'resnet-inspect[lab]'"
        )
    chosen = subject(str(model)) if isinstance(model, str | Path) else None
    record = of_weights(weights)
    trained_on = None if record is None else record.images
    if device == "meta":
        raise BadInput("meta computes no scores", hint="--device cpu, cuda, mps")
    tell("importing torch")
    import_torch()
    with surroundings(chosen) if chosen is not None else nullcontext():
        if chosen is None:
            check_unbuilt(arguments)
            if weights is not None:
                model, said = filled(cast("nn.Module", model), weights)
                notes += said
            size = input_size or (None if trained_on is None else (1, *trained_on.shape))
            ready = given(model, size, device, dtype)
        else:
            order = Order.of(
                chosen, input_size, dtype=dtype, arguments=arguments, weights=weights, tell=tell
            )
            ready = named(order, device)
        scale = scaling(mean, std, ready.shape, trained_on)
        classes = () if trained_on is None else trained_on.classes
        number = _class(target, classes)
        asked = _Asked(methods, number, classes, layer, position, scale, how, tell)
        return Attributions(_attribution(ready, paths, asked, tuple(notes)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be found out."""

    methods: tuple[str, ...]
    target: int | None
    classes: tuple[str, ...]
    layer: str | None
    position: tuple[int, int] | None
    scale: Scale
    settings: Settings
    tell: Tell


def _of_run(folder: Path, weights: str | Path | None) -> Path:
    """The weights of a run that are asked for: the best, or others of its own."""
    found = folder / BEST if weights is None else Path(weights)
    if of_weights(found) is None or found.parent.resolve() != folder.resolve():
        raise BadInput(f"{found} is none of the weights of {folder}", hint=f"{BEST}, {LAST}")
    if not found.exists():
        raise BadInput(f"{folder} has no weights yet: no epoch of it is whole")
    return found


def _class(target: int | str | None, names: Sequence[str]) -> int | None:
    """The number of a class; raises `UnknownName` for a name that is not there."""
    if target is None or isinstance(target, int):
        return target
    if target in names:
        return names.index(target)
    if target.lstrip("-").isdecimal():
        return int(target)
    see = f"known: {', '.join(names)}" if names else "a number from 0: no run says the names"
    raise UnknownName("class", target, names, see=see)


def _settings(given: Mapping[str, Any]) -> Settings:
    known = [one.name for one in fields(Settings)]
    for name, value in given.items():
        if name not in known:
            raise UnknownName("setting", name, known, see=f"known: {', '.join(known)}")
        least = 0 if name == "seed" else 1
        if type(value) is not int or value < least:
            raise BadInput(f"{name} is a whole number from {least}, not {value!r}")
    return Settings(**given)


def _attribution(
    ready: Ready, paths: Sequence[Path], asked: _Asked, notes: tuple[str, ...]
) -> Attribution:
    """All images one after the other, through a network that is left as it was found."""
    from resnet_inspect.analysis.attribution import fused, gated
    from resnet_inspect.analysis.structure.survey import Survey
    from resnet_inspect.capture.images import pixels_of, rgb
    from resnet_inspect.capture.recording.failure import ForwardRaised
    from resnet_inspect.lab import attribution as lab
    from resnet_inspect.views.words.text import some

    _, channels, height, width = ready.shape
    pixels = [pixels_of(path, channels, height, width) for path in paths]
    found: list[Attributed] = []
    try:
        survey = Survey(_traced(ready, taken(ready, pixels[0], asked.scale)))
        looked = _looked(survey, asked)
        gates = gated(survey)
        notes += (*ready.notes, how_read(len(paths), (height, width), asked.scale))
        attends = fused(survey)
        if attends:
            notes += (f"no weights of attention come out of the kernel of {some(attends)}",)
        with lab.lent(ready.network, ready.where) as network:
            for path, image in zip(paths, pixels, strict=True):
                asked.tell(f"looking at {path.name}")
                one = lab.Subject(network, taken(ready, image, asked.scale), asked.target)
                heats, seen = _found(one, asked, looked, (height, width))
                said = one.scored
                found.append(
                    Attributed(
                        name=str(path),
                        height=height,
                        width=width,
                        pixels=rgb(image),
                        target=said.target,
                        score=said.score,
                        probability=said.probability,
                        predicted=said.predicted,
                        heats=heats,
                        seen=seen,
                        gates=one.gates(gates),
                    )
                )
    except ForwardRaised as raised:
        raise forward_error(raised, by_name=True) from raised.__cause__
    except InspectError:
        raise
    except Exception as error:
        raise WorkFailed(f"the attribution raised: {first_line(error)}") from error
    layer = None if looked is None else looked.layer
    name = survey.trace.model_name
    return Attribution(name, tuple(found), layer, asked.settings, notes, asked.classes)


def _traced(ready: Ready, image: Tensor) -> Trace:
    from resnet_inspect.capture.recording.forward import capture

    return capture(ready.network, (image,), device=ready.where, **ready.facts)


def _looked(survey: Survey, asked: _Asked) -> Looked | None:
    """The map that is looked at; None where there is none and none is needed."""
    from resnet_inspect.analysis.attribution import layer_named, usual_layer

    if asked.layer is not None:
        looked = layer_named(survey, asked.layer)
    elif "gradcam" in asked.methods or asked.position is not None:
        looked = usual_layer(survey)
    else:
        try:
            looked = usual_layer(survey)
        except BadInput:  # the other methods need none
            return None
    if asked.position is not None:
        sizes = looked.layer.size
        if not all(0 <= at < size for at, size in zip(asked.position, sizes, strict=True)):
            raise BadInput(
                f"{looked.layer.path} has no position {asked.position[0]},{asked.position[1]}",
                hint=f"0,0 to {sizes[0] - 1},{sizes[1] - 1}",
            )
    return looked


def _found(
    one: Subject, asked: _Asked, looked: Looked | None, image: tuple[int, int]
) -> tuple[tuple[Heat, ...], Seen | None]:
    """What each method attributes, in the order that was asked for, and what a position sees."""
    from resnet_inspect.analysis.attribution import box

    if not one.has_gradients:
        if asked.position is not None or not {"occlusion", "shapley"}.issuperset(asked.methods):
            raise WorkFailed(
                "no gradient comes back through the network", hint="--method occlusion, shapley"
            )
        looked = None
    cam: Grid = () if looked is None else one.gradcam(looked)
    heats = []
    for method in asked.methods:
        asked.tell(METHODS[method])
        if method == "gradcam":
            heats.append(Heat(method, tuple(tuple(max(v, 0.0) for v in row) for row in cam)))
        else:
            heats.append(one.heat(method, asked.settings))
    if looked is None:
        return tuple(heats), None
    position = asked.position or _highest(cam)
    effective = one.effective(looked, position)
    field = box(looked.field, position, image)
    return tuple(heats), Seen(position, field, effective, _within(effective, field))


def _highest(grid: Grid) -> Position:
    places = ((y, x) for y, row in enumerate(grid) for x in range(len(row)))
    return max(places, key=lambda place: grid[place[0]][place[1]])


def _within(effective: Grid, field: Box | None) -> float | None:
    """The part of a grid that lies in a box."""
    whole = fsum(map(fsum, effective))
    if field is None or not whole:
        return None
    rows = effective[field.top : field.bottom]
    return fsum(fsum(row[field.left : field.right]) for row in rows) / whole
