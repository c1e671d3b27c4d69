"""How two networks differ, in sentences: a fact a line, the large ones first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_inspect.analysis.comparison.difference import Difference, Role
from resnet_inspect.views.words import text
from resnet_inspect.views.words.comparison.changes import change_text
from resnet_inspect.views.words.comparison.edits import edited
from resnet_inspect.views.words.comparison.sides import listed
from resnet_inspect.views.words.comparison.structure import (
    depths,
    effects,
    kinds,
    kinds_of,
    numbers_of_blocks,
    planes,
    shortcuts,
    stages_of,
)
from resnet_inspect.views.words.comparison.totals import figure_texts, ratio
from resnet_inspect.views.words.comparison.tuning import frozen
from resnet_inspect.views.words.ops import uniform

_ENDS: tuple[Role, ...] = ("stem", "head")


def summary(difference: Difference, where: str = "") -> tuple[str, ...]:
    """How two networks differ, a fact a line; "no difference", and where, if they do not."""
    if difference.equal:
        names = sum(
            difference.path_of(e, 0) != difference.path_of(e, 1) for e in difference.entries
        )
        alike = f"no difference{where}"
        if names:
            alike += f" but the names of {text.count(names, 'step')}"
        return (alike,)
    found: list[str] = [
        *(change_text(change) for change in difference.changes if not change.follows),
        *depths(difference),
        *kinds(difference),
        *effects(difference),
        *planes(difference),
        *shortcuts(difference),
        *frozen(difference),
        *edited(difference),
        *_figures(difference, _TOLD),
    ]
    if not found:
        found.extend(_figures(difference, tuple(difference.figure)))
    if not found:
        changed = sum(entry.kind != "same" for entry in difference.entries)
        found.append(f"other tensors in {text.count(changed, 'step')}")
    found.extend(_alike(difference))
    return tuple(text.visible(line) for line in found)


_TOLD = (
    "convolutions", "parameters", "trainable", "macs", "activation_bytes_distinct",
    "receptive_field", "jump",
)  # fmt: skip


def _figures(difference: Difference, keys: Sequence[str]) -> Iterator[str]:
    """The totals that differ and that people compare."""
    written = figure_texts(difference)
    told = [key for key in keys if key != "trainable" or not _is_all_trainable(difference)]
    for key in told:
        figure = difference.figure[key]
        if figure.left == figure.right:
            continue
        label, left, right = written[key]
        if key in {"receptive_field", "jump"}:
            label = "receptive field" if key == "receptive_field" else "stride of the last map"
            left, right = (
                text.NOT_KNOWN if value is None else uniform(value)
                for value in (figure.left, figure.right)
            )
        elif key == "activation_bytes_distinct":
            label = "activation memory"
        yield f"{label} {left} against {right}{ratio(figure)}"


def _is_all_trainable(difference: Difference) -> bool:
    frozen = difference.figure["frozen"]
    return not frozen.left and not frozen.right


def _alike(difference: Difference) -> Iterator[str]:
    """One line for what is the same."""
    named = {section.role: section for section in difference.sections}
    figure = difference.figure
    found: list[str] = [end for end in _ENDS[:1] if end in named and named[end].kind == "same"]
    stages = stages_of(difference)
    if stages:
        depths = numbers_of_blocks(difference.left)
        if depths == numbers_of_blocks(difference.right):
            found.append(f"blocks per stage ({', '.join(depths)})")
        kinds = list(kinds_of(difference.left))
        if set(kinds) == set(kinds_of(difference.right)):
            found.append(f"kinds of block ({listed(dict.fromkeys(k for k, *_ in kinds))})")
        if not any(
            c.part == "shortcut" for s in stages for b in s.sections for c in b.changes
        ) and (depths == numbers_of_blocks(difference.right)):
            found.append("shortcuts")
    found.extend(end for end in _ENDS[1:] if end in named and named[end].kind == "same")
    for key, label in (("parameters", "parameters"), ("macs", "MACs")):
        if figure[key].left == figure[key].right:
            found.append(label)
    if figure["receptive_field"].left == figure["receptive_field"].right is not None:
        found.append("receptive field")
    if found:
        single = len(found) == 1 and found[0] in {*_ENDS, "receptive field"}
        yield f"{listed(found)} {'is' if single else 'are'} the same"
