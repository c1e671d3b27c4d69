"""How drawings write a shape and a layer, and end a line."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import category, east_asian_width

from resnet_inspect.traces.ops import AdaptivePool, Conv, Linear, Op, Pool
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views import text
from resnet_inspect.views.columns import op_name

_ASCII = str.maketrans(
    {
        **dict.fromkeys("╭╮┌┐┬", "."),
        **dict.fromkeys("╰╯└┘┴", "'"),
        **dict.fromkeys("─", "-"),
        **dict.fromkeys("│├┤", "|"),
        "⊕": "+", "×": "x", "·": ".", "…": "~", "█": "#", "▲": "^", "▶": ">", "◂": "<", "▸": ">",
        "✗": "!", "∝": "~", "←": "<", "□": "?",
        **dict.fromkeys("▁▂▃", "."),
        **dict.fromkeys("▄▅", ":"),
        **dict.fromkeys("▆▇", "#"),
    }
)  # fmt: skip


def map_shape(sizes: Shape, *, ascii: bool = False) -> str:
    """A shape as drawings write it: without its batch dimension, a square or cube as a power.

    256×56², 64×8×56², 1000; in ASCII 256x56x56.
    """
    inner = sizes[1:] if len(sizes) > 1 else sizes
    if ascii:
        return text.shape(inner).replace("×", "x")
    for power, sign in ((3, "³"), (2, "²")):
        if len(inner) > power and len(set(inner[-power:])) == 1:
            return text.shape(inner[: -power + 1]) + sign
    return text.shape(inner)


def op_text(op: Op) -> str:
    """A layer in a few characters: 3×3/2, 128; max pool 3×3/2; avg pool to 1×1; batch norm."""
    return ", ".join(op_pieces(op))


def op_pieces(op: Op) -> list[str]:
    """The parts of `op_text`, between which a line may end."""
    match op:
        case Conv(window=window, out_channels=channels, groups=groups):
            head = f"{text.window(window.kernel_size, window.stride)}, {channels}"
            if op.transposed:
                head = f"transpose {head}"
            pieces = [head]
            if groups > 1:
                alone = groups == op.in_channels
                pieces.append("depthwise" if alone else text.count(groups, "group"))
            if set(window.dilation) != {1}:
                pieces.append(f"dilation {text.alike(window.dilation)}")
            return pieces
        case Pool(window=window):
            return [op_name(op), text.window(window.kernel_size, window.stride)]
        case AdaptivePool(output_size=wanted):
            sizes = "×".join("as is" if size is None else str(size) for size in wanted)
            return [op_name(op), f"to {sizes}"]
        case Linear(out_features=features):
            return [f"linear, {features}"]
        case _:
            return [one_cell_each(op_name(op))]


def one_cell_each(name: str) -> str:
    """A name in which every character takes one cell of a terminal."""
    return "".join(
        "□" if east_asian_width(c) in "WF" or category(c) in {"Mn", "Me", "Cf"} else c
        for c in text.visible(name)
    )


def finished(lines: Iterable[str], width: int, ascii: bool) -> list[str]:
    """A drawing as it is given away: no line wider than `width`, and in ASCII where asked."""
    found = []
    for line in lines:
        if ascii:
            line = line.translate(_ASCII).encode("ascii", "replace").decode("ascii")
        found.append(line[: max(width, 0)].rstrip())
    return found


def clipped(piece: str, limit: int) -> str:
    """A piece of text in at most `limit` cells."""
    return piece if len(piece) <= limit else f"{piece[: max(0, limit - 1)]}…"
