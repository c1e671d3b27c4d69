"""Which item of one network stands for which of the other.

Items are aligned by what they are for, not by where they stand in the list: the cheapest way to
pair them in order, where a pair costs what its ops have not in common. Names only decide where the
ops leave a choice. Long networks are first anchored at what is the very same on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resnet_inspect.analysis.comparison.items import Item, identical
from resnet_inspect.traces.ops import (
    AdaptivePool,
    Pool,
    Reduce,
    window_of,
)

_GAP = 10_000
_CELLS = 4_096
_EDITS = 200
Cost = Callable[[Item, Item], int | None]
Pairs = list[tuple[int, int]]


def step_cost(a: Item, b: Item) -> int | None:
    """How unlike two steps are; None if they have nothing to do with each other.

    In thousands: the same op on other shapes 1, another width 2, another window 4, another op 12
    and more, where two gaps cost 20. Names weigh 1.5 between steps that are unlike as it is; a
    last unit for another path decides between equals.
    """
    own = a.tail != b.tail
    if a.keys[0] == b.keys[0]:
        return own
    if a.keys[1] == b.keys[1]:
        return 1_000 + own
    named = 1_500 if a.name and b.name and a.name != b.name else 0
    if a.keys[2] == b.keys[2]:
        alike = window_of(a.of.op) == window_of(b.of.op)
        return (2_000 if alike else 4_000) + own + named
    if a.name and a.name == b.name:
        return 12_000 + own
    pools = Pool | AdaptivePool | Reduce
    if isinstance(a.of.op, pools) and isinstance(b.of.op, pools):
        return 15_000 + own + named
    return None


def block_cost(a: Item, b: Item) -> int:
    """How unlike two blocks are; any two can be paired, since each holds a way and a shortcut."""
    own = a.tail != b.tail
    if a.keys[0] == b.keys[0]:
        return own
    if a.keys[1] == b.keys[1]:
        return 2_000 + own
    left, right = a.of.block, b.of.block
    kinds = 8_000 if left.kind != right.kind else 0
    shortcuts = 4_000 if left.shortcut != right.shortcut else 0
    return 4_000 + kinds + shortcuts + own


def align(left: Sequence[Item], right: Sequence[Item], cost: Cost) -> Pairs:
    """Pairs of places in two sequences, ascending in both; equal sequences pair one to one."""
    if [a.keys[0] for a in left] == [b.keys[0] for b in right]:
        return [(i, i) for i in range(len(left))]
    start, end = 0, 0
    short = min(len(left), len(right))
    while start < short and identical(left[start], right[start]):
        start += 1
    while end < short - start and identical(left[-1 - end], right[-1 - end]):
        end += 1
    middle = _anchored(
        left[start : len(left) - end], right[start : len(right) - end], cost, level=0
    )
    return [
        *((i, i) for i in range(start)),
        *((i + start, j + start) for i, j in middle),
        *((len(left) - i, len(right) - i) for i in range(end, 0, -1)),
    ]


def _anchored(left: Sequence[Item], right: Sequence[Item], cost: Cost, level: int) -> Pairs:
    """The cheapest pairs where that is quickly found; else between anchors that are alike."""
    if not left or not right:
        return []
    if len(left) * len(right) <= _CELLS:
        return _cheapest(left, right, cost)
    if level > 2:
        return _in_pieces(left, right, cost)
    anchors = _common([a.keys[level] for a in left], [b.keys[level] for b in right])
    found: Pairs = []
    i = j = 0
    for x, y in (*anchors, (len(left), len(right))):
        inside = _anchored(left[i:x], right[j:y], cost, level + 1)
        found.extend((i + a, j + b) for a, b in inside)
        if x < len(left):
            found.append((x, y))
        i, j = x + 1, y + 1
    return found


def _in_pieces(left: Sequence[Item], right: Sequence[Item], cost: Cost) -> Pairs:
    """The cheapest pairs of pieces at like places: what is left where nothing is alike."""
    pieces = -(-max(len(left), len(right)) // 48)
    found: Pairs = []
    for k in range(pieces):
        i, x = (len(left) * n // pieces for n in (k, k + 1))
        j, y = (len(right) * n // pieces for n in (k, k + 1))
        found.extend((i + a, j + b) for a, b in _cheapest(left[i:x], right[j:y], cost))
    return found


def _cheapest(left: Sequence[Item], right: Sequence[Item], cost: Cost) -> Pairs:
    """The pairs with the least cost in all (edit distance by dynamic programming)."""
    row = [j * _GAP for j in range(len(right) + 1)]
    ways = []
    for a in left:
        above, row = row, [row[0] + _GAP]
        way = bytearray(len(right) + 1)
        for j, b in enumerate(right, start=1):
            up, back = above[j] + _GAP, row[j - 1] + _GAP
            best, way[j] = (up, 1) if up <= back else (back, 2)
            unlike = cost(a, b)
            if unlike is not None and above[j - 1] + unlike <= best:
                best, way[j] = above[j - 1] + unlike, 0
            row.append(best)
        ways.append(way)
    found: Pairs = []
    i, j = len(left), len(right)
    while i and j:
        step = ways[i - 1][j]
        if step == 0:
            found.append((i - 1, j - 1))
        i -= step != 2
        j -= step != 1
    return found[::-1]


def _common(left: Sequence[int], right: Sequence[int]) -> Pairs:
    """A longest common subsequence, as pairs of places; [] if it takes too many edits to find.

    Source: Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1986.
    """
    mine, theirs = set(left), set(right)
    i_of = [i for i, key in enumerate(left) if key in theirs]
    j_of = [j for j, key in enumerate(right) if key in mine]
    a, b = [left[i] for i in i_of], [right[j] for j in j_of]
    furthest = {1: 0}
    history: list[dict[int, int]] = []
    for edits in range(min(len(a) + len(b), _EDITS) + 1):
        history.append(dict(furthest))
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            while x < len(a) and 0 <= x - k < len(b) and a[x] == b[x - k]:
                x += 1
            furthest[k] = x
            if x >= len(a) and x - k >= len(b):
                return [(i_of[x], j_of[y]) for x, y in _traced(history, len(a), len(b))]
    return []


def _traced(history: Sequence[dict[int, int]], x: int, y: int) -> Pairs:
    found: Pairs = []
    for edits in range(len(history) - 1, -1, -1):
        before, k = history[edits], x - y
        down = k == -edits or (k != edits and before[k - 1] < before[k + 1])
        last = before[k + 1] if down else before[k - 1] + 1
        while x > max(last, 0) and y > 0:
            x, y = x - 1, y - 1
            found.append((x, y))
        x, y = (x, y - 1) if down else (x - 1, y)
    return found[::-1]
