"""One change of a step or a section, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_inspect.analysis.comparison.difference import Change, Entry, Section
from resnet_inspect.analysis.structure.anatomy import Block, Stage
from resnet_inspect.views.words import text
from resnet_inspect.views.words.net_effect import effect, factor, factors
from resnet_inspect.views.words.ops import op_name, op_pieces, uniform

PART_NAMES = {
    "kernel_size": "kernel",
    "padding_after": "padding after",
    "ceil_mode": "rounding up",
    "in_channels": "in channels",
    "out_channels": "out channels",
    "output_padding": "output padding",
    "output_size": "output size",
    "num_features": "features",
    "in_features": "in features",
    "out_features": "out features",
    "embed_dim": "width",
    "key_dim": "key width",
    "value_dim": "value width",
    "batch_first": "batch first",
    "dim": "dimension",
    "in_place": "in place",
    "input_shape": "input",
    "output_shape": "output",
    "input_dtype": "input dtype",
    "output_dtype": "output dtype",
    "macs": "MACs",
    "failure": "forward pass:",
}
"""What parts are called where their own names would not do."""
_FACTORS: dict[str, Callable[[Any], str]] = {"planes": factor, "dimensions": factors}
_WRITTEN: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "yes" if value else "no",
    int: text.integer,
    str: lambda value: value or "none",
    type(None): lambda value: "none",
}


def value_text(part: str, value: Any) -> str:
    """One side of a change as text."""
    if part == "op":
        return op_name(value)
    if part in {"planes", "dimensions"}:
        return text.NOT_KNOWN if value is None else _FACTORS[part](value)
    if part == "failure":
        return "complete" if value is None else str(value)
    if part == "kernel_size":
        return text.sizes(value)
    if part in {"input_shape", "output_shape"}:
        return " + ".join(map(text.shape, dict.fromkeys(value))) or "nothing"
    if isinstance(value, tuple):
        if all(isinstance(item, str) for item in value):
            return ", ".join(dict.fromkeys(value)) or "nothing"
        return (
            uniform(tuple("any" if i is None else i for i in value))
            if _whole(value)
            else ("×".join("any" if i is None else str(i) for i in value) or "none")
        )
    return _WRITTEN.get(type(value), str)(value)


def _whole(value: tuple[Any, ...]) -> bool:
    return bool(value) and all(isinstance(item, int) for item in value)


def change_text(change: Change, between: str = "against") -> str:
    """What changed from what to what: "stride 2 against 1", or with an arrow between."""
    word = "" if change.part == "op" else f"{PART_NAMES.get(change.part, change.part)} "
    sides: tuple[Any, Any] = (change.left, change.right)
    left, right = (value_text(change.part, side) for side in sides)
    if change.part == "op" and left == right:
        left, right = (" ".join(op_pieces(op)) for op in sides)
    return f"{word}{left} {between} {right}"


def entry_note(entry: Entry) -> str:
    """What changed of a step itself, from what to what."""
    if entry.kind in {"only left", "only right"}:
        return f"{entry.kind}"
    own = [change for change in entry.changes if not change.follows]
    if own:
        return ", ".join(change_text(change, "→") for change in own)
    return "follows what it takes" if entry.changes else ""


def section_note(section: Section) -> str:
    """What a section is, or how its two sides differ as a whole."""
    if section.left is None or section.right is None:
        part = section.left or section.right
        assert part is not None
        of = part.of
        if isinstance(of, Block):
            return f"{section.kind}: {of.shortcut_name} shortcut"
        if isinstance(of, Stage):
            return f"{section.kind}: {text.count(len(of.blocks), 'block')}"
        return section.kind
    mine, theirs = section.left.of, section.right.of
    if isinstance(mine, Block) and isinstance(theirs, Block):
        kinds = "" if mine.kind == theirs.kind else f"{mine.kind} → {theirs.kind}, "
        return f"{kinds}{_arrow(mine.shortcut_name, theirs.shortcut_name)} shortcut"
    if isinstance(mine, Stage) and isinstance(theirs, Stage):
        did = (section.left.effect, section.right.effect)
        words = [effect(did[0])] if did[0] == did[1] is not None else []
        for of_what in ("planes", "dimensions") if did[0] != did[1] else ():
            sides = [value_text(of_what, found and getattr(found, of_what)) for found in did]
            if set(sides) != {"unchanged"}:
                words.append(f"{of_what} {_arrow(*sides)}")
        count = _arrow(str(len(mine.blocks)), str(len(theirs.blocks)))
        return ", ".join((f"{count} {'block' if count == '1' else 'blocks'}", *words))
    return ""


def _arrow(left: str, right: str) -> str:
    return left if left == right else f"{left or '?'} → {right or '?'}"
