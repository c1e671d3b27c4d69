"""The reports over the panes."""

from __future__ import annotations

from driving import (
    KeptOpen,
    Keys,
    settle,
    text_of,
)
from proofs import Proofs, actions_of, of_each

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action

PROOFS = Proofs()


@PROOFS.of("explain", "taps", "cost")
async def answers_a_question(app: Explorer, pilot: Keys, key: str) -> None:
    said = {"E": "conv1", "W": "layer4", "C": "training"}[key]
    await pilot.press("j", key)
    await settle(pilot)
    assert said in text_of(app.screen, "#report-text")  # type: ignore[arg-type]
    await pilot.press("escape")
    await settle(pilot)
    assert len(app.screen_stack) == 1


@of_each(actions_of("reports"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("reports")}
