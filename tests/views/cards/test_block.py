"""The card of a block: its two paths, and why its shortcut is what it is."""

from __future__ import annotations

from card_texts import entries, said
from saved import survey_of

from resnet_inspect.views.cards import card_of
from resnet_inspect.views.figures import drawings


def test_a_block_and_why_its_shortcut_is_what_it_is() -> None:
    survey = survey_of("resnet50")
    first, second, fourth = (survey.anatomy.blocks[i] for i in (0, 1, 3))
    reasons = [said(card_of(survey, b), "what it is")["why"] for b in (first, second, fourth)]
    assert reasons == [
        "channels 64 → 256: the shortcut changes them too, with weights",
        "the branch keeps the shape 1×256×56×56: the input can be added as it is",
        "channels 256 → 512, dimensions 56×56 → 28×28: the shortcut changes them too, with weights",
    ]
    of_block = card_of(survey, fourth, width=50)
    assert (of_block.title, of_block.subtitle) == (
        "layer2.0", "bottleneck block, projection shortcut",
    )  # fmt: skip
    assert of_block.sections[0].drawing == tuple(drawings.block(survey, fourth, 50))
    assert said(of_block, "what it is")["class"] == "torchvision.models.resnet.Bottleneck"
    assert said(of_block, "what it is")["stage"] == "stage 2 (layer2), 1st of 4 blocks"
    assert [e.target for e in entries(of_block, "branch")] == list(fourth.branch)
    assert [e.target for e in entries(of_block, "shortcut")] == list(fourth.bypass)
    assert said(of_block, "receptive field") == {
        "receptive field": "35×35 → 43×43", "jump": "4×4 → 8×8",
    }  # fmt: skip
