"""Weights compared with a network by names and shapes."""

from __future__ import annotations

import pytest
from weights_by_name import NETWORK, changed, specs

from resnet_inspect.analysis.identity import (
    Candidate,
    Identity,
    match,
    parameters,
)
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views.words.identity import said


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "backbone.", "module.a.0."])
def test_a_prefix_is_found_whatever_it_is(prefix: str) -> None:
    fit = match(specs({prefix + name: shape for name, shape in NETWORK.items()}), NETWORK)
    assert (fit.prefix, fit.fits, fit.share) == (prefix, True, 1.0)
    assert dict(fit.counts) == {"matches": len(NETWORK)}


def test_what_differs_is_missing_or_extra_is_told_apart() -> None:
    fit = match(changed(fc__weight=(10, 8), fc__bias=None, neck__weight=(4, 4, 1, 1)), NETWORK)
    assert not fit.fits
    assert [pair.name for pair in fit.having("differs")] == ["fc.weight"]
    assert [pair.wanted_name for pair in fit.having("missing")] == ["fc.bias"]
    assert [pair.name for pair in fit.having("extra")] == ["neck.weight"]
    assert fit.share == 6 / 9


def test_what_lies_outside_the_prefix_is_of_what_wraps_the_network() -> None:
    wrapped = {f"module.{name}": shape for name, shape in NETWORK.items()}
    fit = match(specs({"n_averaged": (), **wrapped}), NETWORK)
    assert fit.fits
    assert [pair.name for pair in fit.having("outside")] == ["n_averaged"]


def test_other_names_with_the_same_shapes_in_order_are_renamed() -> None:
    fit = match(changed(fc__weight=None, fc__bias=None, linear__weight=(1000, 8),
                        linear__bias=(1000,)), NETWORK)  # fmt: skip
    assert fit.fits
    assert [(pair.name, pair.wanted_name) for pair in fit.having("renamed")] == [
        ("linear.weight", "fc.weight"),
        ("linear.bias", "fc.bias"),
    ]
    other = changed(fc__weight=None, fc__bias=None, linear__weight=(1000, 8))
    assert not match(other, NETWORK).having("renamed")


def test_counters_of_norms_are_missed_only_where_there_are_others() -> None:
    assert match(changed(bn1__num_batches_tracked=None), NETWORK).fits
    network = {**NETWORK, "bn2.num_batches_tracked": ()}
    assert not match(specs(NETWORK), network).fits


def test_nothing_in_common_fits_nothing() -> None:
    fit = match(specs({"a": (1,), "b": (2, 2)}), NETWORK)
    assert (fit.fits, fit.share, fit.prefix) == (False, 0.0, "")
    assert not match({}, {}).fits


def test_statistics_are_no_parameters() -> None:
    assert parameters(specs(NETWORK)) == 8 * 147 + 8 + 2 * 8 * 72 + 8000 + 1000


def test_norms_that_are_folded_are_neither_missing_nor_extra() -> None:
    network: dict[str, Shape] = {
        "conv1.weight": (8, 3, 7, 7), "bn1.weight": (8,), "bn1.bias": (8,),
        "bn1.running_mean": (8,), "bn1.running_var": (8,), "fc.weight": (5, 8),
    }  # fmt: skip
    fit = match(
        specs({"c.weight": (8, 3, 7, 7), "c.bias": (8,), "c.scale": (), "f.w": (5, 8)}), network
    )
    assert dict(fit.counts) == {"renamed": 2, "folded": 6}
    assert (fit.fits, fit.leaves_nothing, fit.share) == (False, True, 1.0)
    one = Identity("net.pth", "torch", "", (), {}, None, (Candidate("net", (), fit),))
    assert "is net with its norms folded into its convolutions" in said(one)
