"""The program that takes a network's feature maps: which way gives them is found by trying."""

from __future__ import annotations

import warnings
from ast import literal_eval
from collections.abc import Mapping
from typing import Any

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.taps.pyramid import find
from resnet_inspect.analysis.taps.tap import Taps
from resnet_inspect.errors import InspectError
from resnet_inspect.pipeline.building.networks import Built, Order
from resnet_inspect.pipeline.locks import input_of
from resnet_inspect.sources import Subject, code_place, subject, surroundings
from resnet_inspect.traces.model import FORWARD, Trace
from resnet_inspect.views.programs.networks import Code
from resnet_inspect.views.programs.taps import Way, nodes, program


def features(survey: Survey, *, run_code: bool = False) -> str:
    """Python that builds a traced network, takes its feature maps and prints their shapes.

    Its way is timm's `features_only` where that gives the same maps, `create_feature_extractor`
    where torch.fx can follow the forward, and hooks otherwise. To find out, a network that has a
    name is built on meta; one of the user's own code only if `run_code` says so.

    Raises `BadInput` for a network that has no taps.
    """
    trace, found = survey.trace, find(survey)
    call = trace.provenance.call
    chosen = _subject(trace)
    way: Way = "hooks"
    mapping = False
    if chosen is not None and found.all and (run_code or chosen.source != "code"):
        try:
            with warnings.catch_warnings(), surroundings(chosen):
                warnings.simplefilter("ignore")
                built = _built(trace, chosen)
                mapping = bool(built.args) and isinstance(built.args[0], Mapping)
                way = _way(trace, chosen, built, found) if call == FORWARD else way
        except (InspectError, ImportError):
            pass  # hooks need nothing of it
    code = None
    if chosen is not None and chosen.source == "code":
        code = _code(trace, chosen, run_code)
    return program(trace, found, way, code=code, mapping=mapping, call=call)


def _subject(trace: Trace) -> Subject | None:
    """What was traced, if it has a name."""
    source = trace.provenance.source
    if source.startswith("python:"):
        return None
    try:
        return subject(source.removeprefix("torchvision:"))
    except InspectError:
        return None


def _built(trace: Trace, chosen: Subject) -> Built:
    import torch

    arguments = {key: literal_eval(value) for key, value in trace.provenance.arguments}
    order = Order.of(chosen, input_of(trace, chosen.written), arguments=arguments)
    return order.on(torch.device("meta"))


def _way(trace: Trace, chosen: Subject, built: Built, found: Taps) -> Way:
    if chosen.source == "timm" and _is_timms(trace, chosen, found):
        return "timm"
    return "fx" if _fx_gives(trace, built, found) else "hooks"


def _is_timms(trace: Trace, chosen: Subject, found: Taps) -> bool:
    """Whether timm takes the same maps."""
    import timm
    import torch

    arguments = {key: literal_eval(value) for key, value in trace.provenance.arguments}
    try:
        with torch.device("meta"):
            model: Any = timm.create_model(
                chosen.name, pretrained=False, features_only=True, **arguments
            )
        names = model.feature_info.module_name()
    except Exception:  # many networks have no such way, and each says so in its own words
        return False
    given = [
        trace.calls[trace.calls_at[name][-1]].outputs for name in names if name in trace.calls_at
    ]
    taken = [ports[0].activation for ports in given if len(ports) == 1]
    return not found.up and taken == [tap.activation for tap in found.down]


def _fx_gives(trace: Trace, built: Built, found: Taps) -> bool:
    """Whether `create_feature_extractor` gives maps of these shapes, each as it was made."""
    import torch
    from torchvision.models.feature_extraction import create_feature_extractor

    from resnet_inspect.analysis.taps.places import is_overwritten

    if any(is_overwritten(trace, tap.activation) for tap in found.all):
        return False
    wanted = nodes(trace, found)
    try:
        extractor = create_feature_extractor(built.model.eval(), wanted)
        with torch.no_grad():
            given = extractor(*built.args, **built.kwargs)
        shapes = {name: tuple(given[name].shape) for name in wanted.values()}
    except Exception:  # what fx cannot follow it says in many ways
        return False
    return len(wanted) == len(found.all) and shapes == {tap.path: tap.shape for tap in found.all}


def _code(trace: Trace, chosen: Subject, run_code: bool) -> Code:
    """Where the code lies; of a file alone the name of the only network there."""
    from resnet_inspect.sources.code.location import imported, place_of
    from resnet_inspect.sources.code.networks import buildable, networks_of

    place = place_of(chosen.name)
    name = (code_place(chosen.name) or ("", ""))[1]
    if not name and run_code:
        with surroundings(chosen):
            networks = networks_of(imported(place))
        ready = buildable(networks, dict(trace.provenance.arguments))
        name = next(iter(ready or networks), "")
    return Code(str(place.root), place.module, name or trace.modules[0].python_class.qualname)
