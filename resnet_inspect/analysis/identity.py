"""Which network some weights belong to: names and shapes compared, and what they look like.

A file often has its own prefix for the network (`module.`, `model.`, `backbone.`): it is found from
the names that both have, whatever it is. The counters of batch norms are not missed where a file
has none of them: before PyTorch 0.4.1 there were none, and no output depends on them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from resnet_inspect.traces.tensors import Shape, TensorSpec

Status = Literal["matches", "renamed", "differs", "missing", "extra", "outside"]
"""How one tensor of a file stands to a network: "renamed" has the shape of one that is missing, in
the same order; "outside" does not lie under the network's prefix, so belongs to what wraps it."""

FITTING: tuple[Status, ...] = ("matches", "renamed", "outside")
"""What does not keep the weights from being those of the network."""

_COUNTER = "num_batches_tracked"


@dataclass(frozen=True, slots=True)
class Pair:
    """One tensor of a file, one of a network, or both."""

    status: Status
    name: str | None
    """What the file calls it."""
    found: TensorSpec | None
    wanted_name: str | None
    """What the network calls it."""
    wanted: Shape | None


@dataclass(frozen=True)
class Match:
    """How the weights of a file fit a network."""

    prefix: str
    """What stands before the network's own names in the file: "", "module.", "model.encoder."."""
    pairs: tuple[Pair, ...]
    """In the order of the network, then what only the file has."""

    @cached_property
    def counts(self) -> Counter[Status]:
        """How many pairs have each status."""
        return Counter(pair.status for pair in self.pairs)

    @property
    def fits(self) -> bool:
        """Whether every tensor of the network is in the file with its shape, and no other is."""
        return self.counts.keys() <= set(FITTING) and self.share > 0

    @property
    def leaves_nothing(self) -> bool:
        """Whether every tensor of the file is explained, though the network has a few more."""
        return not self.counts["differs"] and not self.counts["extra"] and self.share > 0.9

    @property
    def share(self) -> float:
        """The part of all tensors, of file and network, that both have with one shape; 0 to 1."""
        both = self.counts["matches"] + self.counts["renamed"]
        return both / len(self.pairs) if self.pairs else 0.0

    @property
    def rank(self) -> tuple[float, int]:
        """Sorts better matches first; of equals, the one with fewer names that differ."""
        return -self.share, self.counts["renamed"]

    def having(self, status: Status) -> tuple[Pair, ...]:
        """The pairs of that status."""
        return tuple(pair for pair in self.pairs if pair.status == status)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network that the weights may belong to."""

    name: str
    """As a user names it: "resnet50", "timm:resnet50d"."""
    arguments: tuple[tuple[str, object], ...]
    """For its builder, so that head and stem are those of the file: (("num_classes", 10),)."""
    match: Match


@dataclass(frozen=True, slots=True)
class Looks:
    """What names and shapes alone tell of a residual network."""

    block: Literal["basic", "bottleneck"]
    depths: tuple[int, ...]
    """Blocks of each stage."""
    layers: int
    """What names like ResNet-50 count: convolutions on the way through, and the head."""
    design: str
    """The line of `resnet:` that comes nearest: "bottleneck:3,4,6,3:classes=10"; "" for none."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file of weights is, as far as names and shapes tell."""

    file: str
    kind: str
    """Its format: "torch", "safetensors", "index"."""
    place: str
    """Keys under which the weights lie in the file, with dots; "" at the top."""
    others: tuple[str, ...]
    """Places of other weights in the same file."""
    tensors: Mapping[str, TensorSpec]
    looks: Looks | None
    candidates: tuple[Candidate, ...]
    """The best first."""

    @property
    def equals(self) -> tuple[Candidate, ...]:
        """Those that the best cannot be told from: every shape fits them as well."""
        best = self.candidates[0]
        return tuple(
            one
            for one in self.candidates[1:]
            if one.match.rank == best.match.rank and one.match.counts == best.match.counts
        )


def match(found: Mapping[str, TensorSpec], wanted: Mapping[str, Shape]) -> Match:
    """Compare the weights of a file with those of a network."""
    prefix = _prefix(found, wanted)
    rest = dict(found)
    counted = any(name.endswith(_COUNTER) for name in found)
    common: list[Pair] = []
    for name, shape in wanted.items():
        spec = rest.pop(prefix + name, None)
        if spec is not None:
            status: Status = "matches" if spec.shape == shape else "differs"
            common.append(Pair(status, prefix + name, spec, name, shape))
        elif counted or not name.endswith(_COUNTER):
            common.append(Pair("missing", None, None, name, shape))
    within = {name: spec for name, spec in rest.items() if name.startswith(prefix)}
    others = [
        Pair("extra" if name in within else "outside", name, spec, None, None)
        for name, spec in rest.items()
    ]
    missing = [pair for pair in common if pair.status == "missing"]
    if [pair.wanted for pair in missing] != [spec.shape for spec in within.values()]:
        return Match(prefix, (*common, *others))
    unclaimed = iter(within.items())
    renamed = [
        Pair("renamed", *next(unclaimed), pair.wanted_name, pair.wanted)
        if pair.status == "missing"
        else pair
        for pair in common
    ]
    return Match(prefix, (*renamed, *(pair for pair in others if pair.status == "outside")))


def _prefix(found: Iterable[str], wanted: Mapping[str, Shape]) -> str:
    """What stands before the network's names in the file, by the names that agree behind it."""
    counts: Counter[str] = Counter()
    for name in found:
        parts = name.split(".")
        for cut in range(len(parts)):
            if ".".join(parts[cut:]) in wanted:
                counts[".".join([*parts[:cut], ""]) if cut else ""] += 1
    # Of equals the shortest: a backbone within a backbone is not looked for.
    return min(counts, key=lambda prefix: (-counts[prefix], len(prefix)), default="")


def resized(match: Match) -> tuple[int | None, int | None]:
    """The classes and the image channels that would make tensors of the network fit the file.

    The first tensor that differs in its first size alone is taken for the head, the first that
    differs in its second alone, and has 3 there in the network, for the stem. None: nothing is so.
    """
    classes = channels = None
    for pair in match.having("differs"):
        assert pair.found is not None
        assert pair.wanted is not None
        given, wanted = pair.found.shape, pair.wanted
        if len(given) != len(wanted) or len(given) < 2:
            continue
        if classes is None and given[1:] == wanted[1:]:
            classes = given[0]
        if channels is None and given[0] == wanted[0] and given[2:] == wanted[2:]:
            channels = given[1] if wanted[1] == 3 else None
    return classes, channels


def parameters(found: Mapping[str, TensorSpec]) -> int:
    """Numbers in the tensors that are no statistics of norms."""
    statistics = (_COUNTER, "running_mean", "running_var")
    return sum(spec.elements for name, spec in found.items() if not name.endswith(statistics))


_BLOCK = re.compile(r"(?:^|.*\.)(?:layer|stages\.)(\d+)\.(?:blocks\.)?(\d+)\.")


def looks_of(found: Mapping[str, TensorSpec]) -> Looks | None:
    """What residual network the weights look like; None where no stages of blocks are named."""
    prefixes: Counter[str] = Counter()
    blocks: dict[tuple[str, int, int], dict[str, Shape]] = {}
    for name, spec in found.items():
        place = _BLOCK.match(name)
        if place is not None:
            prefix = name[: place.start(1)]
            key = (prefix, int(place[1]), int(place[2]))
            blocks.setdefault(key, {})[name[place.end() :]] = spec.shape
            prefixes[prefix] += 1
    if not prefixes:
        return None
    prefix = prefixes.most_common(1)[0][0]
    stages: dict[int, list[dict[str, Shape]]] = {}
    for (before, stage, _), block in sorted(blocks.items(), key=lambda item: item[0]):
        if before == prefix:
            stages.setdefault(stage, []).append(block)
    depths = tuple(len(blocks) for blocks in stages.values())
    bottleneck = any(part.startswith("conv3") for part in next(iter(stages.values()))[0])
    network = re.sub(r"(layer|stages\.)$", "", prefix)
    outer = {
        name.removeprefix(network): spec.shape
        for name, spec in found.items()
        if name.startswith(network) and not name.startswith(prefix)
    }
    return Looks(
        "bottleneck" if bottleneck else "basic",
        depths,
        sum(depths) * (3 if bottleneck else 2) + 2,
        _design(outer, list(stages.values()), bottleneck, depths),
    )


def _design(
    outer: Mapping[str, Shape],
    stages: list[list[dict[str, Shape]]],
    bottleneck: bool,
    depths: tuple[int, ...],
) -> str:
    """The line of the grammar of `resnet:`; "" where the shapes are of another kind."""
    first = stages[0][0]
    stem = outer.get("conv1.weight", ())
    inner, last = first.get("conv2.weight", ()), first.get(f"conv{3 if bottleneck else 2}.weight")
    if len(stem) != 4 or len(inner) != 4 or not last or not inner[1]:
        return ""
    width = last[0] // (4 if bottleneck else 1)
    groups = inner[0] // inner[1]
    heads = [shape for shape in outer.values() if len(shape) == 2]
    classes = heads[-1][0] if heads else None
    cifar = stem[2] == 3
    usual = 10 if cifar else 1000
    options = {
        "width": (width, 64),
        "groups": (groups, 1),
        "width_per_group": (inner[0] * 64 // (width * groups) if width * groups else 64, 64),
        "stem": ("cifar" if cifar else "imagenet", "imagenet"),
        "classes": (usual if classes is None else classes, usual),
        "channels": (stem[1], 3),
        "shortcut": (_shortcut(stages), "B"),
        "preact": ("true" if "bn.weight" in outer else "false", "false"),
    }
    written = ",".join(f"{name}={is_}" for name, (is_, usual) in options.items() if is_ != usual)
    kind = "bottleneck" if bottleneck else "basic"
    line = f"{kind}:{','.join(map(str, depths))}"
    return f"{line}:{written}" if written else line


def _shortcut(stages: list[list[dict[str, Shape]]]) -> str:
    """The papers' option of the shortcuts: a projection has a weight from a block's in to its out.

    "C" only where one stands at a block that changes nothing; "B" where no block could have one.
    """
    projected: dict[bool, list[bool]] = {False: [], True: []}
    for number, blocks in enumerate(stages):
        for nth, block in enumerate(blocks):
            weights = (one for name, one in block.items() if re.fullmatch(r"conv\d\.weight", name))
            branch = [shape for shape in weights if len(shape) == 4]
            if not branch:
                continue
            ends = (branch[-1][0], branch[0][1])
            beside = (shape for name, shape in block.items() if not name.startswith("conv"))
            changes = ends[0] != ends[1] or (number > 0 and nth == 0)
            projected[changes].append(any(len(one) == 4 and one[:2] == ends for one in beside))
    if any(projected[False]):
        return "C"
    return "A" if projected[True] and not any(projected[True]) else "B"
