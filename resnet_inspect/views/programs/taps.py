"""The program that takes a network's feature maps, in the shortest way that gives them all.

timm's own way where it gives the same maps; torchvision's `create_feature_extractor` where torch.fx
can follow the forward; hooks everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from resnet_inspect.analysis.taps import places
from resnet_inspect.analysis.taps.tap import Tap, Taps
from resnet_inspect.errors import BadInput
from resnet_inspect.traces.model import Trace
from resnet_inspect.views.programs.hooks import hooks
from resnet_inspect.views.programs.networks import Code, Network, importing, inputs, network, quoted
from resnet_inspect.views.words import text

Way = Literal["timm", "fx", "hooks"]


def program(
    trace: Trace,
    found: Taps,
    way: Way,
    *,
    code: Code | None = None,
    mapping: bool = False,
    call: str = "forward",
) -> str:
    """Python that builds the network, takes the maps and prints their shapes.

    `mapping` says that the network takes its inputs in one mapping; `call` is its method that is
    run. Where only the network itself was traced, it is left to the reader to put it in.

    Raises `BadInput` for a network that has no taps, or of which no input is known.
    """
    if not trace.inputs:
        raise BadInput(f"it is not known what {trace.model_name} takes: the trace has no input")
    if not found.all:
        raise BadInput(f"{trace.model_name} has no feature map that could be taken")
    built = network(trace, code)
    given = inputs(trace, mapping=mapping)
    write = {"timm": _timm, "fx": _fx, "hooks": hooks}[way]
    lines = list(write(trace, found, built, given, call))
    lines += ["for name, value in maps.items():", "    print(name, tuple(value.shape))"]
    if not built.lines:
        lines = _for_any(lines)
    grad_cam = _grad_cam(found)
    return "\n".join((*_head(trace, found), *lines, *grad_cam)) + "\n"


def nodes(trace: Trace, found: Taps) -> dict[str, str]:
    """What `create_feature_extractor` calls the maps, with the name of each tap."""
    return {_node(trace, tap): tap.path for tap in found.all}


def _node(trace: Trace, tap: Tap) -> str:
    place = places.output_of(trace, tap.activation)
    if place is not None and place.alone:
        return place.path + (f"_{place.nth - 1}" if place.nth > 1 else "")
    maker = trace.calls[trace.producer[tap.activation]]
    module, _, function = maker.path.rpartition(":")
    return (f"{module}.{function}" if module else function) + (
        f"_{maker.nth - 1}" if maker.nth > 1 else ""
    )


def _head(trace: Trace, found: Taps) -> list[str]:
    lines = [
        f'"""The feature maps of {text.visible(trace.model_name)}, by the layers that give them.'
    ]
    lines += ["", "Its weights are fresh: load yours into `model`.", ""]
    for tap in found.all:
        stride = text.sizes(tap.stride)
        lines.append(f"    {text.visible(tap.path)}: stride {stride}, {text.shape(tap.shape)}")
    return [line.replace('"""', "'''") if n else line for n, line in enumerate(lines)] + ['"""', ""]


def _timm(trace: Trace, found: Taps, built: Network, given: str, call: str) -> list[str]:
    lines = [
        line.replace("pretrained=False", "pretrained=False, features_only=True")
        for line in built.lines
    ]
    return [
        *importing(*built.imports),
        "",
        *lines,
        f"maps = dict(zip({_list(tap.path for tap in found.down)}, model({given})))",
    ]


def _fx(trace: Trace, found: Taps, built: Network, given: str, call: str) -> list[str]:
    wanted = [
        f"        {quoted(node)}: {quoted(name)}," for node, name in nodes(trace, found).items()
    ]
    return [
        *importing(
            *built.imports,
            "from torchvision.models.feature_extraction import create_feature_extractor",
        ),
        "",
        *built.lines,
        "features = create_feature_extractor(",
        "    model,",
        "    return_nodes={",
        *wanted,
        "    },",
        ")",
        f"maps = features({given})",
    ]


def _for_any(lines: Sequence[str]) -> list[str]:
    """The same where the network is the reader's to put in: what uses it is a comment."""
    start = next(i for i, line in enumerate(lines) if line.startswith("maps = "))
    return [*lines[:start], *(f"# {line}" for line in lines[start:])]


def _grad_cam(found: Taps) -> list[str]:
    if not found.last_layer or found.tokens or found.unplaced:
        return []
    return [f"# Grad-CAM: target_layers=[model.get_submodule({quoted(found.last_layer)})]"]


def _list(names: Iterable[str]) -> str:
    return "[" + ", ".join(map(quoted, names)) + "]"
