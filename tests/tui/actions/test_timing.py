"""A network that is timed while one looks at it."""

from __future__ import annotations

from driving import (
    KeptOpen,
    Keys,
    child_of,
    settle,
    text_of,
    until,
)
from proofs import Proofs, actions_of, of_each

from resnet_inspect.tui.actions.networks import look_at_named
from resnet_inspect.tui.actions.timing import under_way
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.form import Form

PROOFS = Proofs()


@PROOFS.of("measure")
async def measures(app: Explorer, pilot: Keys, key: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    assert isinstance(app.screen, Form)
    await pilot.press("enter")
    await settle(pilot)
    for _ in range(4):
        child_of(app).go_on.release()
    await until(pilot, lambda: under_way(app) is None)
    await settle(pilot)
    assert "ms forward" in text_of(app, "#totals")
    look_at_named(app, "resnet18")
    await until(pilot, lambda: "forward" not in text_of(app, "#totals"))


@of_each(actions_of("timing"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("timing")}
