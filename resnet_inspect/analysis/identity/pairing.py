"""The weights of a file compared with a network: names first, then order and shapes.

A file often has its own prefix for the network (`module.`, `model.`, `backbone.`): it is found from
the names that both have, whatever it is. The counters of batch norms are not missed where a file
has none of them: before PyTorch 0.4.1 there were none, and no output depends on them. A network
whose norms were folded into its convolutions, as quantization does, is compared as if its own were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace

from resnet_inspect.analysis.identity.alignment import COUNTER, OF_QUANTIZATION, aligned, units
from resnet_inspect.analysis.identity.match import Match, Pair, Status
from resnet_inspect.traces.tensors import Shape, TensorSpec


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


def parameters(found: Mapping[str, TensorSpec]) -> int:
    """Numbers in the tensors that are no statistics of norms."""
    statistics = (COUNTER, "running_mean", "running_var")
    return sum(spec.elements for name, spec in found.items() if not name.endswith(statistics))
