"""The lines of a program that takes feature maps with hooks."""

from __future__ import annotations

from resnet_inspect.analysis.taps import places
from resnet_inspect.analysis.taps.places import Place
from resnet_inspect.analysis.taps.tap import Tap, Taps
from resnet_inspect.traces.model import Trace
from resnet_inspect.views.programs.networks import Network, importing, quoted
from resnet_inspect.views.words import text


def hooks(trace: Trace, found: Taps, built: Network, given: str, call: str) -> list[str]:
    """The lines that build the network, and take its maps in one forward with hooks."""
    taken = [(tap, *_taken(trace, tap)) for tap in found.all]
    lines = [_take(trace, tap, place, note) for tap, place, note in taken]
    is_plain = all(
        place is None
        or (
            place == Place("output", place.path, 1, "", True)
            and not places.is_overwritten(trace, tap.activation)
        )
        for tap, place, _ in taken
    )
    head, *take = (_PLAIN if is_plain else _FULL).split("    ...\n")
    method = "" if call == "forward" else f".{call}"
    return [
        *importing(*built.imports),
        "",
        "",
        *head.splitlines(),
        *lines,
        *"".join(take).replace("model(", f"model{method}(").splitlines(),
        "",
        "",
        *built.lines,
        f"maps = features(model{', ' if given else ''}{given})",
    ]


def _taken(trace: Trace, tap: Tap) -> tuple[Place | None, str]:
    """Where a hook finds the map, or what it is made of, with a note of that."""
    place = places.place_of(trace, tap.activation)
    if place is not None:
        return place, ""
    before = places.layer_before(trace, tap.activation)
    return before, f"  # before {text.visible(tap.path)}, a function that no hook reaches"


def _take(trace: Trace, tap: Tap, place: Place | None, note: str) -> str:
    if place is None:
        return f"    # {text.visible(tap.path)} goes from function to function: no hook comes there"
    options = {
        "call": "" if place.nth == 1 else str(place.nth),
        "side": "" if place.side == "output" else quoted(place.side),
        "part": "" if not place.label else quoted(place.label),
        "copy": "True" if places.is_overwritten(trace, tap.activation) else "",
    }
    given = "".join(f", {key}={value}" for key, value in options.items() if value)
    return f"    take({quoted(tap.path)}, {quoted(place.path)}{given}){note}"


_PLAIN = '''def features(model, *args, **kwargs):
    """The maps of one forward, by name."""
    maps, handles = {}, []

    def take(name, layer):
        maps[name] = None
        hook = lambda module, args, output: maps.update({name: output})
        handles.append(model.get_submodule(layer).register_forward_hook(hook))

    ...
    try:
        model(*args, **kwargs)
    finally:
        for handle in handles:
            handle.remove()
    return maps
'''
_FULL = '''def tensor_at(value, label):
    """The tensor that stands there in nested values: "0.boxes"; None where there is none."""
    if isinstance(value, torch.Tensor):
        return None if label else value
    if isinstance(value, (list, tuple)):
        value = dict(enumerate(value))
    for key, item in (value if isinstance(value, dict) else getattr(value, "__dict__", {})).items():
        if label == str(key) or label.startswith(f"{key}."):
            found = tensor_at(item, label[len(str(key)) + 1 :])
            if found is not None:
                return found


def features(model, *args, **kwargs):
    """The maps of one forward, by name."""
    maps, handles = {}, []

    def take(name, layer, call=1, side="output", part="", copy=False):
        maps[name], calls = None, []

        def hook(module, args, kwargs, output=None):
            calls.append(layer)
            one = len(args) == 1 and not kwargs
            given = args[0] if one else {**dict(enumerate(args)), **kwargs}
            if len(calls) == call:
                value = tensor_at(output if side == "output" else given, part)
                maps[name] = value.clone() if copy else value

        module = model.get_submodule(layer)
        after, before = module.register_forward_hook, module.register_forward_pre_hook
        handles.append((after if side == "output" else before)(hook, with_kwargs=True))

    ...
    try:
        model(*args, **kwargs)
    finally:
        for handle in handles:
            handle.remove()
    return maps
'''
