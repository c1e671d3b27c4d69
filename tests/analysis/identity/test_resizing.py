"""The head and the stem that would make a network fit."""

from __future__ import annotations

from weights_by_name import NETWORK, changed, specs

from resnet_inspect.analysis.identity import (
    match,
    resized,
)
from resnet_inspect.traces.tensors import TensorSpec


def sizes(given: dict[str, TensorSpec]) -> tuple[int | None, int | None]:
    return resized(match(given, NETWORK), tuple(given))


def test_a_changed_head_and_stem_are_sizes_for_the_builder() -> None:
    assert sizes(specs(NETWORK)) == (None, None)
    assert sizes(changed(fc__weight=(10, 8), conv1__weight=(8, 1, 7, 7))) == (10, 1)
    # Another kernel is no other number of channels.
    assert sizes(changed(conv1__weight=(8, 1, 3, 3))) == (None, None)


def test_a_layer_behind_those_that_match_is_no_stem() -> None:
    """As in a decoder: its layers come after those of the encoder."""
    decoder = changed(conv1__weight=None, up__weight=(8, 128, 7, 7))
    assert list(decoder)[-1] == "up.weight"
    assert sizes(decoder) == (None, None)
    encoder = {"stem.weight": decoder.pop("up.weight"), **decoder}
    assert sizes(encoder) == (None, 128)
    assert sizes(dict(sorted(encoder.items()))) == (None, 128)
