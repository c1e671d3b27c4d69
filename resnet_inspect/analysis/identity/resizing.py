"""The head and the stem that would make a network fit the weights of a file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from resnet_inspect.analysis.identity.match import Match

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
