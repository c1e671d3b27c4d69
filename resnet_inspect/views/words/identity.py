"""Which network a file of weights is of, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from resnet_inspect.analysis.identity import Candidate, Identity, Match, Other, Pair
from resnet_inspect.views.words import text

_NAMED = 4
"""Tensors that a sentence names."""


def said(identity: Identity) -> str:
    """What the file is, in one sentence."""
    file = text.visible(identity.file)
    best = identity.candidates[0] if identity.candidates else None
    flat = identity.likeness is None or identity.likeness.dimensions == 2
    if best is None or best.match.share < (0.001 if flat else 0.9):
        count = text.count(len(identity.tensors), "tensor")
        nearest = looks(identity)
        return (
            f"{file} is of no network that is known: it has {count}, and "
            f"{nearest or 'none is alike'}"
        )
    if best.match.fits:
        return f"{file} is {full_name(best)}: {matches(best.match)}"
    if best.match.lacks_head:
        return f"{file} is {full_name(best)} without its head: {mismatches(best.match)}"
    if best.match.leaves_nothing and best.match.counts["folded"]:
        return (
            f"{file} is {full_name(best)} with its norms folded into its convolutions: "
            f"{mismatches(best.match)}"
        )
    return f"{file} is nearest to {full_name(best)}: {mismatches(best.match)}"


def matches(match: Match) -> str:
    """How many tensors match: "all 320 tensors match, under the prefix module."."""
    counts = match.counts
    both = counts["matches"] + counts["renamed"]
    wanted = both + counts["missing"] + counts["differs"]
    whole = "all" if both == wanted else f"{text.integer(both)} of"
    parts = [f"{whole} {text.count(wanted, 'tensor')} match"]
    if match.prefix:
        parts.append(f"under the prefix {text.visible(match.prefix)}")
    if counts["renamed"]:
        parts.append(f"{text.integer(counts['renamed'])} by other names")
    return ", ".join(parts)


def mismatches(match: Match) -> str:
    """How many tensors match, then which do not: "318 of 320 tensors match; 2 differ: ..."."""
    parts = [matches(match)]
    for status in ("differs", "missing", "extra"):
        pairs = match.having(status)
        if pairs:
            verb = {"differs": "differ" if len(pairs) > 1 else "differs"}.get(
                status, f"are {status}" if len(pairs) > 1 else f"is {status}"
            )
            parts.append(f"{text.integer(len(pairs))} {verb}: {_named(pairs)}")
    return "; ".join(parts)


def remarks(identity: Identity) -> Iterable[str]:
    """What else a reader must know of the file."""
    if identity.place:
        yield f"the weights lie under {text.visible(identity.place)}"
    for other in identity.others:
        yield f"the file has other weights: {_other(other)}"
    if identity.beside:
        named = [text.visible(name) for name in identity.beside[:_NAMED]]
        yield (
            f"beside weights the file names {_and_more(named, len(identity.beside))}, for which "
            "torch.load(weights_only=True) refuses it; nothing of that was looked up or run"
        )
    types = Counter(
        spec.dtype for spec in identity.tensors.values() if spec.shape and spec.dtype != "int64"
    )
    if types and set(types) != {"float32"}:
        yield f"stored as {', '.join(types)}"
    if not identity.candidates:
        return
    best = identity.candidates[0]
    others = told_from(identity)
    if others:
        yield others
    renamed, outside = best.match.having("renamed"), best.match.having("outside")
    tied = best.match.having("tied")
    if renamed:
        pairs = [f"{text.visible(p.name or '')} for {p.wanted_name}" for p in renamed[:_NAMED]]
        yield f"other names: {_and_more(pairs, len(renamed))}"
    if tied:
        pairs = [f"{text.visible(p.name or '')} is {p.wanted_name}" for p in tied[:_NAMED]]
        yield f"second names of the same numbers: {_and_more(pairs, len(tied))}"
    told = tuple(f"{other.place}." for other in identity.others)
    start = f"{identity.place}." if identity.place else ""
    untold = [pair for pair in outside if not f"{start}{pair.name}".startswith(told)]
    if untold:
        yield f"not of the network itself: {_named(untold)}"
    nearest = "" if best.match.fits or best.match.leaves_nothing else looks(identity)
    if nearest and nearest not in said(identity):
        yield nearest


def told_from(identity: Identity) -> str:
    """Which other networks the weights fit as well; "" for none."""
    equals = [full_name(one) for one in identity.equals]
    if not equals:
        return ""
    return f"names and shapes cannot tell it from {_and_more(equals[:_NAMED], len(equals))}"


def looks(identity: Identity) -> str:
    """What its shapes look like; "" for nothing that is known."""
    found = identity.likeness
    if found is None:
        return ""
    if found.design:
        return f"by its shapes it looks like resnet:{found.design}"
    depths = ", ".join(map(str, found.depths))
    return (
        f"by its shapes it is a {'' if found.has_shortcuts else 'plain or '}residual network with "
        f"{found.dimensions}-D convolutions, "
        f"{found.block} blocks, {depths} a stage"
    )


def _other(other: Other) -> str:
    place = text.visible(other.place) or "beside these"
    count = text.count(other.tensors, "tensor")
    if other.is_alike:
        return f"{place}, {count} with the same names and shapes"
    if other.best is None:
        return f"{place}, {count} of no network that is known"
    verb = "of" if other.best.match.leaves_nothing else "nearest to"
    return f"{place}, {count} {verb} {full_name(other.best)}"


def _named(pairs: Sequence[Pair]) -> str:
    """The first of them: "fc.weight 10×512, not 1000×512, fc.bias and 3 more"."""
    named = []
    for pair in pairs[:_NAMED]:
        name = text.visible(pair.name or pair.wanted_name or "")
        if pair.status == "differs" and pair.found is not None and pair.wanted is not None:
            name += f" is {text.shape(pair.found.shape)}, not {text.shape(pair.wanted)}"
        named.append(name)
    return _and_more(named, len(pairs))


def _and_more(named: Sequence[str], count: int) -> str:
    more = f" and {text.integer(count - len(named))} more" if count > len(named) else ""
    return ", ".join(named) + more


def full_name(candidate: Candidate) -> str:
    """A network's name with the arguments that it was given."""
    arguments = ", ".join(f"{name}={value}" for name, value in candidate.arguments)
    return f"{candidate.name}({arguments})" if arguments else candidate.name


def best_name(identity: Identity) -> str:
    """The name of the nearest network; "" for none."""
    return full_name(identity.candidates[0]) if identity.candidates else ""
