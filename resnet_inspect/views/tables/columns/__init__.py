"""Every column, defined once: its key, title, meaning, value and text.

A column reads one value from a line and writes it as text; what no column defines cannot be
shown anywhere.
"""

from __future__ import annotations

from resnet_inspect.views.tables.columns import (
    counts,
    geometry,
    naming,
    rows,
    settings,
    structure,
    tensors,
)
from resnet_inspect.views.tables.columns.column import Column
from resnet_inspect.views.tables.table import check_columns

__all__ = ["COLUMNS", "Column", "check_keys", "define"]

COLUMNS: dict[str, Column] = {}
"""Every column by key, in the order of `--columns help` and JSON."""


def define(*columns: Column) -> None:
    """Add columns behind those that there are; raises `ValueError` for a key that is taken."""
    for column in columns:
        if column.key in COLUMNS:
            raise ValueError(f"column {column.key} is there already")
        COLUMNS[column.key] = column


define(
    naming.PATH,
    naming.KIND,
    naming.OP,
    naming.OPERATION,
    naming.CLASS_NAME,
    settings.KERNEL_SIZE,
    settings.STRIDE,
    settings.PADDING,
    settings.WINDOW,
    settings.DILATION,
    settings.CEIL_MODE,
    settings.GROUPS,
    settings.IN_CHANNELS,
    settings.OUT_CHANNELS,
    settings.BIAS,
    tensors.INPUT_SHAPE,
    tensors.OUTPUT_SHAPE,
    tensors.INPUTS,
    tensors.OUTPUTS,
    tensors.DTYPE,
    counts.PARAMETERS,
    counts.TRAINABLE,
    counts.ZEROS,
    counts.PARAMETER_BYTES,
    counts.BUFFERS,
    counts.MACS,
    counts.FLOPS,
    counts.SHARE,
    counts.MACS_SHARE,
    counts.ACTIVATION_BYTES,
    counts.ACTIVATION_BYTES_DISTINCT,
    geometry.RECEPTIVE_FIELD,
    geometry.JUMP,
    geometry.START,
    structure.STAGE,
    structure.SHORTCUT,
    tensors.PRODUCER,
    tensors.IN_PLACE,
    rows.NTH,
    rows.CALLS,
    rows.REPEAT,
    rows.LEVEL,
    rows.RAISED,
    rows.SUBTOTAL,
    structure.NOTE,
)


def check_keys(keys: tuple[str, ...]) -> None:
    """Raise `UnknownName` for a key that no column has."""
    check_columns(keys, COLUMNS)
