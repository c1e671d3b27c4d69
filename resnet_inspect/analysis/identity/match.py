"""The weights of a file compared with a network: names first, then order and shapes.

A file often has its own prefix for the network (`module.`, `model.`, `backbone.`): it is found from
the names that both have, whatever it is. The counters of batch norms are not missed where a file
has none of them: before PyTorch 0.4.1 there were none, and no output depends on them. A network
whose norms were folded into its convolutions, as quantization does, is compared as if its own were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from typing import Literal

from resnet_inspect.analysis.identity.alignment import COUNTER, OF_QUANTIZATION, aligned, units
from resnet_inspect.traces.tensors import Shape, TensorSpec

Status = Literal["matches", "renamed", "differs", "missing", "extra", "folded", "tied", "outside"]
"""How one tensor of a file stands to a network.

"renamed" has the shape of one that is missing, in the same order; "folded" is of a norm that was
folded into its convolution, or of a quantization; "tied" is a second name for the numbers of a
tensor that matches; "outside" does not lie under the network's prefix, so belongs to what wraps it.
"""

FITTING: tuple[Status, ...] = ("matches", "renamed", "tied", "outside")
"""What does not keep the weights from being those of the network."""

_ASIDE: tuple[Status, ...] = ("folded", "tied", "outside")
"""What is neither for a network nor against it."""


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
    def explains(self) -> bool:
        """Whether all convolutions, of file and network, match, and nearly all else."""
        others = self.having("missing", "differs", "extra")
        shapes = (one for p in others for one in (p.found and p.found.shape, p.wanted) if one)
        return self.share > 0.95 and all(len(shape) < 3 for shape in shapes)

    @property
    def lacks_head(self) -> bool:
        """Whether nothing is amiss but that the file has not the network's last layer."""
        missing = self.having("missing")
        if not missing or not self.leaves_nothing:
            return False
        last = next(pair for pair in reversed(self.pairs) if pair.wanted_name).wanted_name or ""
        layer = last.rpartition(".")[0]
        return all((pair.wanted_name or "").rpartition(".")[0] == layer for pair in missing)

    @property
    def share(self) -> float:
        """The part of all tensors, of file and network, that both have with one shape; 0 to 1."""
        both = self.counts["matches"] + self.counts["renamed"]
        every = len(self.pairs) - sum(self.counts[status] for status in _ASIDE)
        return both / every if every else 0.0

    @property
    def rank(self) -> tuple[float, int, int]:
        """Sorts better matches first; of equals, the one with fewer names that differ."""
        return -self.share, self.counts["outside"], self.counts["renamed"]

    def having(self, *statuses: Status) -> tuple[Pair, ...]:
        """The pairs of these statuses."""
        return tuple(pair for pair in self.pairs if pair.status in statuses)


def match(
    found: Mapping[str, TensorSpec],
    wanted: Mapping[str, Shape],
    numbers: Mapping[str, Hashable] | None = None,
) -> Match:
    """Compare the weights of a file with those of a network.

    `numbers` says of each tensor where its numbers lie, so that those of two names are known.
    """
    best = _best(found, wanted)
    if not best.fits and not any(name.endswith("running_mean") for name in found):
        small, norms = _folded(wanted)
        if norms:
            without = _without_norms(_best(found, small), wanted, norms)
            best = min(best, without, key=lambda one: one.rank)
    return _tied(best, numbers) if numbers else best


def _best(found: Mapping[str, TensorSpec], wanted: Mapping[str, Shape]) -> Match:
    named = _under(_prefix(found, wanted), found, wanted)
    if not named.prefix or named.share > 0.5:
        return named
    # A few names may agree by chance behind what is no prefix.
    return min(named, _under("", found, wanted), key=lambda one: one.rank)


def _under(prefix: str, found: Mapping[str, TensorSpec], wanted: Mapping[str, Shape]) -> Match:
    """The match of what lies under a prefix."""
    within = {name: spec for name, spec in found.items() if name.startswith(prefix)}
    names = {
        name: prefix + name
        for name, shape in wanted.items()
        if prefix + name in within and within[prefix + name].shape == shape
    }
    for name in [name for name in names if name.endswith(COUNTER)]:
        mean = name.removesuffix(COUNTER) + "running_mean"
        if mean in wanted and mean not in names:  # the counter of another norm
            del names[name]
    if len(names) < len(wanted):
        names |= aligned({name: spec.shape for name, spec in within.items()}, wanted, names)
    taken = set(names.values())
    counted = any(name.endswith(COUNTER) for name in within)
    pairs = []
    for name, shape in wanted.items():
        own = prefix + name
        if name in names:
            status: Status = "matches" if names[name] == own else "renamed"
            pairs.append(Pair(status, names[name], within[names[name]], name, shape))
        elif own in within and own not in taken:
            pairs.append(Pair("differs", own, within[own], name, shape))
            taken.add(own)
        elif counted or not name.endswith(COUNTER):
            pairs.append(Pair("missing", None, None, name, shape))
    others = (
        Pair("extra" if name in within else "outside", name, spec, None, None)
        for name, spec in found.items()
        if name not in taken
    )
    return Match(prefix, (*pairs, *others))


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


def _folded(wanted: Mapping[str, Shape]) -> tuple[dict[str, Shape], set[str]]:
    """A network whose norms are folded into the convolutions before them; the names that go."""
    small: dict[str, Shape] = {}
    norms: set[str] = set()
    for unit in units(wanted):
        first, shape = unit.names[0], unit.shapes[0]
        behind = unit.names[1:]
        if len(shape) > 2 and any(name.endswith("running_mean") for name in behind):
            small |= {first: shape, f"{first.rpartition('.')[0]}.bias": shape[:1]}
            norms.update(behind, unit.counters)
        else:
            small |= {name: wanted[name] for name in (*unit.names, *unit.counters)}
    return small, norms


def _without_norms(match: Match, wanted: Mapping[str, Shape], norms: set[str]) -> Match:
    """A match with a folded network as one with the network itself."""
    pairs: list[Pair] = []
    for pair in match.pairs:
        folded = pair.wanted_name is not None and pair.wanted_name not in wanted
        if folded and pair.found is None:
            continue  # a bias that only the folded network would have
        leaf = (pair.name or "").rpartition(".")[2]
        of_quantization = pair.status == "extra" and leaf in OF_QUANTIZATION
        if folded or of_quantization:
            pair = Pair("folded", pair.name, pair.found, None, None)
        pairs.append(pair)
    pairs += (Pair("folded", None, None, n, shape) for n, shape in wanted.items() if n in norms)
    return Match(match.prefix, tuple(pairs))


def _tied(match: Match, numbers: Mapping[str, Hashable]) -> Match:
    """The same with those tensors told that are second names of numbers that match."""
    known: dict[Hashable, str | None] = {
        numbers[pair.name]: pair.wanted_name
        for pair in match.having("matches", "renamed")
        if pair.name and pair.name in numbers
    }
    pairs = []
    for pair in match.pairs:
        place = numbers.get(pair.name) if pair.name else None
        if pair.status in ("extra", "outside") and place is not None and place in known:
            pair = replace(pair, status="tied", wanted_name=known[place])
        pairs.append(pair)
    return Match(match.prefix, tuple(pairs))


_TRIED = 40


def resized(match: Match, names: Sequence[str]) -> tuple[int | None, int | None]:
    """The classes and the image channels that would make tensors of the network fit the file.

    The first tensor that differs in its first size alone is taken for the head, the first that
    differs in its second alone, and has 3 there in the network, for the stem; so are, under other
    names, those that are extra and missing, but for a stem behind layers that match. `names` are
    those of the file, in its order. None: nothing is so.
    """
    classes = channels = None
    missing = [p.wanted for p in match.having("missing") if p.wanted and len(p.wanted) > 1][:_TRIED]
    extra = [p for p in match.having("extra") if p.found and len(p.found.shape) > 1][:_TRIED]
    in_front = _in_front(match, names)
    differing = [(p.found.shape, p.wanted) for p in match.having("differs") if p.found and p.wanted]
    others = [(p.found.shape, wanted) for wanted in missing for p in extra if p.found]
    stems = [True] * len(differing) + [p.name in in_front for _ in missing for p in extra]
    for number, (given, wanted) in enumerate([*differing, *others]):
        if len(given) != len(wanted) or len(given) < 2 or given == wanted:
            continue
        is_head = number < len(differing) or len(wanted) == 2
        if classes is None and is_head and given[1:] == wanted[1:]:
            classes = given[0]
        is_stem = stems[number] and given[0] == wanted[0] and given[2:] == wanted[2:]
        if channels is None and is_stem:
            channels = given[1] if wanted[1] == 3 else None
    return classes, channels


def _in_front(match: Match, names: Sequence[str]) -> frozenset[str | None]:
    """The tensors of the file before all layers that match; all of them if it has sorted them."""
    if list(names) == sorted(names):
        return frozenset(names)
    known = {p.name for p in match.having("matches", "renamed") if p.wanted and len(p.wanted) > 1}
    return frozenset(takewhile(lambda name: name not in known, names))


def parameters(found: Mapping[str, TensorSpec]) -> int:
    """Numbers in the tensors that are no statistics of norms."""
    statistics = (COUNTER, "running_mean", "running_var")
    return sum(spec.elements for name, spec in found.items() if not name.endswith(statistics))
