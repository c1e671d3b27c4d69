"""The columns of two networks side by side: of both in one cell, and of each alone."""

from __future__ import annotations

from dataclasses import replace

from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.table import Align, Heading

SHOWN = (
    "path", "change", "op", "window", "output_shape", "left_parameters", "right_parameters",
    "parameters_difference", "left_macs", "right_macs", "macs_difference", "note",
)  # fmt: skip


_PAIRED = (
    "path", "op", "class_name", "kernel_size", "stride", "padding", "dilation", "groups",
    "in_channels", "out_channels", "bias", "input_shape", "output_shape", "dtype", "parameters",
    "trainable", "macs", "receptive_field", "jump", "shortcut", "nth",
)  # fmt: skip
"""Columns that there are once for each side, with the cells of the other views."""


_MEANINGS = {
    "path": "the layer, by the name it has where it is on both sides",
    "change": "= the same, ~ changed, - only left, + only right",
    "lane": "where in its block: branch, shortcut, before or behind the add",
    "itself": "whether the layer changed, and not only what it takes",
    "parameters_difference": "parameters, right minus left",
    "macs_difference": "MACs, right minus left",
    "note": "what changed, in words",
}
"""What those columns say that other views do not have, or have otherwise."""


def _heading(key: str, title: str, worth: int, align: Align = "left") -> Heading:
    meaning = _MEANINGS.get(key) or COLUMNS[key].meaning
    return Heading(key, title, align, worth, meaning=meaning)


def of_side(side: str, heading: Heading, worth: int) -> Heading:
    """The column of one side alone."""
    return replace(
        heading,
        key=f"{side}_{heading.key}",
        title=f"{side} {heading.title}",
        worth=worth,
        meaning=f"{side}: {heading.meaning}",
    )


_SIDED = tuple(
    of_side(side, COLUMNS[key].heading, 6) for key in _PAIRED for side in ("left", "right")
)


HEADINGS: dict[str, Heading] = {
    heading.key: heading
    for heading in (
        _heading("path", "layer", 0),
        _heading("change", "±", 0),
        _heading("kind", "kind", 70),
        _heading("stage", "stage", 50, "right"),
        _heading("lane", "lane", 50),
        _heading("itself", "itself", 50),
        _heading("op", "op", 3),
        _heading("window", "window", 4),
        _heading("input_shape", "input", 8),
        _heading("output_shape", "output", 7),
        *_SIDED,
        _heading("parameters_difference", "params ±", 2, "right"),
        _heading("macs_difference", "MACs ±", 5, "right"),
        _heading("repeat", "repeat", 50, "right"),
        _heading("level", "level", 50, "right"),
        _heading("subtotal", "subtotal", 50),
        _heading("note", "what changed", 1),
    )
}
"""Every column of this view by key."""


KEYS = tuple(HEADINGS)


SIDES = {f"{side}_{key}": (i, key) for key in _PAIRED for i, side in enumerate(("left", "right"))}
"""The columns of one side: which, and the column of the other views."""
