"""Fields read from JSON: each as the type that it declares, and no other is taken for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from saved import PROVENANCE, ops, steady

from resnet_inspect.traces.json.fields import (
    plain,
    read_count,
    read_count_or_none,
    read_counts,
    read_dataclass,
    read_flag,
    read_list,
    read_op,
    read_ports,
    read_text,
)
from resnet_inspect.traces.model import Provenance
from resnet_inspect.traces.ops import Conv, Op, Window
from resnet_inspect.traces.tensors import Port

TOO_LARGE = 2**63
"""What no integer of 64 bits holds."""


@steady
@given(ops)
def test_an_op_comes_back_from_its_fields(op: Op) -> None:
    assert read_op({"op": type(op).__name__, **plain(op)}) == op


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (read_count, -1),
        (read_count, TOO_LARGE),
        (read_count, True),
        (read_count, 1.0),
        (read_count, "1"),
        (read_counts, 7),
        (read_counts, [1, -1]),
        (read_count_or_none, False),
        (read_text, 7),
        (read_text, "\ud800"),  # half of a pair, which no file could hold
        (read_flag, 1),
        (read_flag, None),
        (read_list, "ab"),
        (read_list, {}),
        (read_ports, [["x"]]),
        (read_ports, [["x", -1]]),
    ],
)
def test_what_is_of_another_type_is_refused(read: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read(value)


def test_what_is_of_its_type_is_taken_as_it_is() -> None:
    assert read_count(TOO_LARGE - 1) == TOO_LARGE - 1
    assert read_count_or_none(None) is None
    assert read_text("é層\n") == "é層\n"
    assert read_counts([]) == ()
    assert read_ports([["x", 3], ["", 0]]) == (Port("x", 3), Port("", 0))


def test_a_refusal_says_what_was_expected_and_is_short() -> None:
    with pytest.raises(ValueError, match="expected a count, found") as caught:
        read_count("9" * 100_000)
    assert len(str(caught.value)) < 100


def test_what_is_not_compared_is_no_part_of_a_file_nor_what_came_later_and_says_nothing() -> None:
    usual = plain(PROVENANCE)
    assert "cached" not in usual
    assert "call" not in usual
    other = replace(PROVENANCE, call="encode", cached=True)
    assert plain(other) == {**usual, "call": "encode"}
    assert read_dataclass(Provenance, plain(other)) == other


def test_a_field_that_is_not_known_is_named() -> None:
    with pytest.raises(ValueError, match="Provenance has no field 'colour'"):
        read_dataclass(Provenance, {**plain(PROVENANCE), "colour": "red"})
    with pytest.raises(TypeError, match="device"):
        read_dataclass(Provenance, {k: v for k, v in plain(PROVENANCE).items() if k != "device"})


WINDOW = Window((3, 3), (1, 1), (1, 1), (1, 1))
CONV = {"op": "Conv", **plain(Conv(WINDOW, 3, 8, 1, False))}


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({"kernel_size": [], "stride": [], "padding": [], "dilation": []}, "each spatial"),
        ({"stride": [1]}, "each spatial"),
        ({"padding_after": [1, 1, 1]}, "each spatial"),
        ({"kernel_size": [0, 3]}, "at least 1"),
        ({"dilation": [1, 0]}, "at least 1"),
    ],
)
def test_a_window_that_cannot_slide_is_refused(window: dict[str, Any], said: str) -> None:
    assert read_op(CONV) == Conv(WINDOW, 3, 8, 1, False)
    with pytest.raises(ValueError, match=said):
        read_op({**CONV, "window": {**CONV["window"], **window}})


def test_a_convolution_has_a_group() -> None:
    with pytest.raises(ValueError, match="at least one group"):
        read_op({**CONV, "groups": 0})
    with pytest.raises(KeyError):
        read_op({**CONV, "op": "Telepathy"})
