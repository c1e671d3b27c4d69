"""What the scores of images rest on: the network, the method and the images that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from resnet_inspect.answers.attributions import Attributions
from resnet_inspect.errors import BadInput, MissingDependency, UnknownName
from resnet_inspect.pipeline.building.networks import (
    Order,
    Tell,
    import_torch,
    refuse_meta,
    silent,
)
from resnet_inspect.pipeline.files import is_run
from resnet_inspect.pipeline.lab.given_modules import check_unbuilt, filled
from resnet_inspect.pipeline.lab.heatmaps import Inquiry, attribution
from resnet_inspect.pipeline.lab.images import check_files, given, named, scaling
from resnet_inspect.pipeline.run import of_weights
from resnet_inspect.sources import subject, surroundings
from resnet_inspect.traces.attribution import METHODS, Settings
from resnet_inspect.traces.run import BEST, LAST

if TYPE_CHECKING:
    from torch import nn

    from resnet_inspect.capture.inputs import InputSize


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
        from resnet_inspect.pipeline.identity.recognition import network_of_weights

        model, arguments, told_from = network_of_weights(weights, arguments, tell)
        notes += [f"the weights are of {model}", *([told_from] if told_from else [])]
    if find_spec("captum") is None:
        raise MissingDependency(
            "attribution needs captum", hint="pip install 'resnet-inspect[lab]'"
        )
    chosen = subject(str(model)) if isinstance(model, str | Path) else None
    record = of_weights(weights)
    trained_on = None if record is None else record.images
    refuse_meta(device, "no scores")
    import_torch(tell)
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
        asked = Inquiry(methods, number, classes, layer, position, scale, how, tell)
        return Attributions(attribution(ready, paths, asked, tuple(notes)))


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
