"""The Python that loads weights into the network that they are of, as it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resnet_inspect.analysis.identity import Candidate, Identity, Match, Pair
from resnet_inspect.views.words import text
from resnet_inspect.views.words.identity import said

_WIDTH = 96


def program(identity: Identity, file: str | None = None) -> str:
    """Python that builds the nearest network and loads the weights into it.

    Prefixes are taken off and names changed; what the network has no place for is left out, and
    what is not in the file is named. `file` is a safetensors file in which the weights already have
    the network's names.
    """
    best = identity.candidates[0]
    match = best.match
    imports, build = _network(best)
    if file is None:
        reading, load = _reading(identity)
        naming = list(_naming(match))
    else:
        reading, load = ["from safetensors.torch import load_file"], [_loaded(file)]
        naming = ["state = dict(weights)"]
    lines = [
        *_comment(said(identity)),
        *sorted({*imports, *reading}, key=lambda line: (line.startswith("from"), line)),
        "",
        *build,
        "",
        *load,
        *naming,
        "",
        *_filling(match, file is not None),
    ]
    return "\n".join(lines) + "\n"


def _network(best: Candidate) -> tuple[list[str], list[str]]:
    """Imports, and what builds the network with fresh weights."""
    prefix, _, name = best.name.partition(":")
    arguments = dict(best.arguments)
    if best.name.isidentifier():
        name = best.name
        channels = arguments.pop("channels", None)
        untrained = {"weights": None} | ({"weights_backbone": None} if _has_backbone(name) else {})
        build = [f"model = get_model({_call(name, untrained | arguments)})"]
        imports = ["from torchvision.models import get_model"]
        if channels is not None:
            imports.append("from torch import nn")
            build += _stem(best.match, channels)
        return imports, build
    if prefix == "timm":
        return ["import timm"], [f"model = timm.create_model({_call(name, arguments)})"]
    return (
        ["import torch", "from resnet_inspect.sources import source, subject, surroundings"],
        [
            f"network = subject({_quoted(best.name)})",
            "with surroundings(network):",
            "    built = source(network.source)",
            f"    model = built.build(network.name, {arguments!r}, torch.device('cpu'))",
        ],
    )


def _has_backbone(name: str) -> bool:
    return name.endswith("_fpn") or "_fpn_" in name or name.startswith(("fcn_", "deeplabv3_"))


def _call(name: str, arguments: dict[str, object]) -> str:
    given = (f"{argument}={value!r}" for argument, value in arguments.items())
    return ", ".join([_quoted(name), *given])


def _stem(match: Match, channels: object) -> Iterator[str]:
    """What gives a network its first convolution anew, for other images."""
    first = next(pair for pair in match.pairs if pair.wanted and len(pair.wanted) > 2)
    assert first.wanted is not None
    path = (first.wanted_name or "").removesuffix(".weight")
    place = "model" + "".join(f"[{p}]" if p.isdecimal() else f".{p}" for p in path.split("."))
    yield f"stem = {place}"
    yield f"{place} = nn.Conv{len(first.wanted) - 2}d("
    yield f"    {channels},"
    yield "    stem.out_channels,"
    yield "    stem.kernel_size,"
    yield "    stem.stride,"
    yield "    stem.padding,"
    yield "    bias=stem.bias is not None,"
    yield ")"


def _reading(identity: Identity) -> tuple[list[str], list[str]]:
    """Imports, and what reads the file."""
    tensors = ["from safetensors.torch import load_file"]
    if identity.kind == "safetensors":
        return tensors, [_loaded(identity.file)]
    if identity.kind == "index":
        return ["import json", "import torch", "from pathlib import Path", *tensors], [
            f"index = Path({_quoted(identity.file)})",
            "weights = {}",
            'for name in sorted(set(json.loads(index.read_text())["weight_map"].values())):',
            "    shard = index.with_name(name)",
            '    if shard.suffix == ".safetensors":',
            "        weights |= load_file(shard)",
            "    else:",
            '        weights |= torch.load(shard, map_location="cpu", weights_only=True)',
        ]
    keys = "".join(f"[{_quoted(key)}]" for key in identity.place.split(".") if key)
    return ["import torch"], [
        f"saved = torch.load({_quoted(identity.file)}, map_location='cpu', weights_only=True)",
        "weights = {",
        "    name: tensor",
        f"    for name, tensor in saved{keys}.items()",
        "    if isinstance(tensor, torch.Tensor)",
        "}",
    ]


def _loaded(file: str) -> str:
    return f"weights = load_file({_quoted(file)})"


def _naming(match: Match) -> Iterator[str]:
    """What makes a state dict with the network's own names."""
    prefix = match.prefix
    taken = match.having("matches", "renamed")
    names = {p.name.removeprefix(prefix): p.wanted_name or "" for p in taken if p.name}
    if prefix:
        yield "state = {"
        yield f"    name.removeprefix({_quoted(prefix)}): tensor"
        yield "    for name, tensor in weights.items()"
        yield f"    if name.startswith({_quoted(prefix)})"
        yield "}"
    else:
        yield "state = weights"
    if all(name == own for name, own in names.items()):
        return
    others = match.having("differs", "extra", "tied")
    rest = {p.name.removeprefix(prefix) for p in others if p.name and p.name.startswith(prefix)}
    begins = _begins(names, rest)
    if not begins:
        yield "# The names of the file, and those of the network."
        yield from _table("names", names)
        yield "state = {own: state[name] for name, own in names.items()}"
        return
    yield "# How names of the file begin, and what the network has there."
    yield from _table("begins", begins)
    yield ""
    yield ""
    yield "def own_name(name):"
    yield "    for old, new in begins.items():"
    yield '        if f"{name}.".startswith(f"{old}."):'
    yield "            return new + name[len(old) :]"
    yield "    return name"
    yield ""
    yield ""
    yield "state = {own_name(name): tensor for name, tensor in state.items()}"


def _table(name: str, entries: dict[str, str]) -> Iterator[str]:
    yield f"{name} = {{"
    yield from (f"    {_quoted(old)}: {_quoted(new)}," for old, new in entries.items())
    yield "}"


def _begins(names: dict[str, str], rest: set[str]) -> dict[str, str]:
    """How names begin and what they begin with instead, the longest first; {} if that cannot be.

    It must be right for all `names`, and give none of the `rest` the name of one of them.
    """
    begins: dict[str, str] = {}
    for name, own in names.items():
        if name == own:
            continue
        old, new = name.split("."), own.split(".")
        while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
        if begins.setdefault(".".join(old), ".".join(new)) != ".".join(new):
            return {}
    begins = dict(sorted(begins.items(), key=lambda item: -len(item[0])))

    def changed(name: str) -> str:
        old = next((one for one in begins if f"{name}.".startswith(f"{one}.")), "")
        return begins[old] + name[len(old) :] if old else name

    right = all(changed(name) == own for name, own in names.items())
    return begins if right and not {changed(name) for name in rest} & {*names.values()} else {}


def _filling(match: Match, is_own: bool) -> Iterator[str]:
    """What loads the state dict, and says what that leaves as it was built."""
    others = () if is_own else match.having("differs", "extra", "tied")
    left_out = [pair for pair in others if (pair.name or "").startswith(match.prefix)]
    missing = [pair.wanted_name or "" for pair in match.having("missing", "differs")]
    if left_out:
        yield from _comment(f"Left out: {_listed(map(_why, left_out))}")
        yield "own = model.state_dict()"
        yield "state = {"
        yield "    name: tensor"
        yield "    for name, tensor in state.items()"
        yield "    if name in own and tensor.shape == own[name].shape"
        yield "}"
    if not missing:
        yield "model.load_state_dict(state)"
        return
    yield from _comment(f"Not in the file, so random, as it was built: {_listed(missing)}")
    yield "result = model.load_state_dict(state, strict=False)"
    yield "assert not result.unexpected_keys, result.unexpected_keys"
    yield f"assert len(result.missing_keys) == {len(missing)}, result.missing_keys"


def _why(pair: Pair) -> str:
    name = pair.name or ""
    if pair.status == "differs" and pair.found and pair.wanted is not None:
        return f"{name} (is {pair.found.shape}, not {pair.wanted})"
    return f"{name} (is {pair.wanted_name})" if pair.status == "tied" else name


_MOST = 24
"""Names that a comment has."""


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {text.integer(len(every) - _MOST)} more" if len(every) > _MOST else ""
    return ", ".join(every[:_MOST]) + more


def _comment(sentence: str) -> list[str]:
    """A sentence as lines of a comment."""
    words = text.visible(sentence).split(" ")
    lines: list[str] = []
    line = "#"
    for word in words:
        if len(line) + 1 + len(word) > _WIDTH and line != "#":
            lines.append(line)
            line = "#"
        line += f" {word}"
    lines.append(line)
    return lines


def _quoted(name: str) -> str:
    """A string of Python that holds any name, in ASCII."""
    return ascii(name)
