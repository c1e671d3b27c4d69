"""The items of two networks in pairs: stages by number, blocks in order, layers by lane."""

from __future__ import annotations

import pytest
from comparisons import plain
from saved import survey_of

from resnet_inspect.analysis.comparison.pairing import Pairing


def pairs_of(pairing: Pairing) -> dict[str, str]:
    left, right = pairing.left.trace.calls, pairing.right.trace.calls
    return {left[mine].path: right[theirs].path for mine, theirs in pairing.partner.items()}


def test_a_network_is_paired_with_itself_step_by_step() -> None:
    for name in ("resnet50", "functional", "plain", "oddities"):
        pairing = Pairing(survey_of(name), survey_of(name))
        steps = survey_of(name).trace.steps
        assert pairing.partner == {step: step for step in steps}
        assert pairing.paired == set(steps)


def test_stages_are_paired_by_number_and_what_only_one_has_alone() -> None:
    found = Pairing(survey_of("resnet18"), survey_of("resnet34"))
    outline = [(draft.role, draft.number, len(draft.inner)) for draft in found.drafts]
    assert outline == [
        ("stem", 0, 0), ("stage", 1, 3), ("stage", 2, 4), ("stage", 3, 6), ("stage", 4, 3),
        ("head", 0, 0),
    ]  # fmt: skip
    alone = [(block.left, block.right.path) for draft in found.drafts for block in draft.inner
             if block.left is None]  # fmt: skip
    assert len(alone) == 16 - 8
    # Every step of the smaller one has its counterpart, in a stage of the same number.
    assert len(found.partner) == len(survey_of("resnet18").trace.steps)
    for mine, theirs in pairs_of(found).items():
        assert mine.partition(".")[0] == theirs.partition(".")[0]


def test_layers_of_blocks_are_paired_within_their_lane() -> None:
    found = pairs_of(Pairing(survey_of("resnet34"), survey_of("resnet50")))
    assert found["layer2.0.downsample.0"] == "layer2.0.downsample.0"
    assert found["layer2.0.conv1"] == "layer2.0.conv1"
    assert found["layer2.0:add"] == "layer2.0:add"


def test_where_one_has_no_block_all_steps_are_aligned_in_order() -> None:
    found = Pairing(survey_of("plain"), survey_of("resnet18"))
    (draft,) = found.drafts
    assert draft.role == "steps"
    lefts = [mine.of.index for _, mine, _ in draft.every_row() if mine]
    rights = [theirs.of.index for _, _, theirs in draft.every_row() if theirs]
    assert lefts == list(survey_of("plain").trace.steps)
    assert rights == list(survey_of("resnet18").trace.steps)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_layer_more_stands_between_pairs_that_keep_their_order(place: int) -> None:
    layers = [(4, 1), (4, 3), (4, 5)]
    more = [*layers[:place], (4, 9), *layers[place:]]
    found = Pairing(plain(layers), plain(more))
    assert list(found.partner.values()) == [n + 1 for n in range(4) if n != place]
    turned = Pairing(plain(more), plain(layers))
    assert {theirs: mine for mine, theirs in turned.partner.items()} == found.partner
