"""How the weights of a file fit a network, of pairs made by hand."""

from __future__ import annotations

import pytest

from resnet_inspect.analysis.identity.match import Match, Pair, Status
from resnet_inspect.traces.tensors import Shape, TensorSpec

VECTOR: Shape = (8,)
KERNEL: Shape = (8, 3, 3, 3)


def pair(status: Status, name: str = "layer.weight", shape: Shape = VECTOR) -> Pair:
    """One of both, of the file alone, or of the network alone, as its status has it."""
    found = None if status == "missing" else TensorSpec(shape, "float32", 4)
    alone = status in ("extra", "outside")
    return Pair(
        status, None if found is None else name, found, None if alone else name,
        None if alone else shape,
    )  # fmt: skip


def match(**counts: int) -> Match:
    pairs = [pair(status) for status, count in counts.items() for _ in range(count)]  # type: ignore[arg-type]
    return Match("", tuple(pairs))


@pytest.mark.parametrize(
    ("found", "fits", "leaves_nothing", "share"),
    [
        (match(matches=3, renamed=1), True, True, 1.0),
        (match(matches=3, outside=9, tied=2), True, True, 1.0),
        (match(matches=19, missing=1), False, True, 0.95),
        (match(matches=9, missing=1), False, False, 0.9),  # more than nine in ten must be there
        (match(matches=19, extra=1), False, False, 0.95),
        (match(matches=19, differs=1), False, False, 0.95),
        (match(matches=19, folded=5), False, True, 1.0),
        (match(outside=3), False, False, 0.0),  # nothing in common
        (match(), False, False, 0.0),
    ],
)
def test_what_fits_and_what_is_explained(
    found: Match, fits: bool, leaves_nothing: bool, share: float
) -> None:
    assert (found.fits, found.leaves_nothing, found.share) == (fits, leaves_nothing, share)


def test_a_convolution_that_is_not_matched_is_not_explained() -> None:
    many = match(matches=99).pairs
    assert Match("", (*many, pair("extra"))).explains
    assert not Match("", (*many, pair("extra", shape=KERNEL))).explains
    assert not Match("", (*many, pair("missing", shape=KERNEL))).explains
    assert not match(matches=19, missing=1).explains  # not nearly all


def test_a_file_lacks_the_head_if_all_that_is_missing_is_of_the_last_layer() -> None:
    body = tuple(pair("matches", f"layer{n}.weight") for n in range(30))
    head = pair("missing", "fc.weight"), pair("missing", "fc.bias")
    assert Match("", (*body, *head)).lacks_head
    assert not Match("", (*body, *head[:1], pair("missing", "layer3.bias"), *head[1:])).lacks_head
    assert not Match("", (pair("missing", "conv1.weight"), *body)).lacks_head
    assert not Match("", body).lacks_head
    assert not Match("", (*body, *head, pair("extra", "x"))).lacks_head
    # What the file alone has stands behind the network's own.
    assert Match("", (*body, *head, pair("outside", "n_averaged"))).lacks_head


def test_of_equal_shares_fewer_other_names_are_better() -> None:
    best, renamed, wrapped = (
        match(matches=4),
        match(matches=3, renamed=1),
        match(matches=4, outside=1),
    )
    worse = match(matches=3, missing=1)
    assert sorted([worse, wrapped, renamed, best], key=lambda one: one.rank) == [
        best, renamed, wrapped, worse,
    ]  # fmt: skip
