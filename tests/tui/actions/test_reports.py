"""The reports over the panes."""

from __future__ import annotations

from unittest import mock

from driving import KeptOpen, Keys, fill, settle, text_of, until
from proofs import Proofs, actions_of, of_each

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.keys import Action
from resnet_inspect.tui.screens.command_report import CommandReport

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


@PROOFS.of("verify", "check", "identify")
async def asks_the_command_line(app: Explorer, pilot: Keys, key: str) -> None:
    asked: list[tuple[str, ...]] = []

    def run(self: CommandReport, *more: str) -> tuple[str, str]:
        asked.append(self.arguments)
        return "an answer", ""

    with mock.patch.object(CommandReport, "_run", run):
        await pilot.press(key)
        if key != "V":
            await fill(app, pilot, "a.file")
        await until(
            pilot, lambda: isinstance(app.screen, CommandReport) and app.screen.page is not None
        )
        assert "an answer" in text_of(app.screen, "#report-text")  # type: ignore[arg-type]
    commands = {
        "V": ("verify", "resnet18", "--input", "1,3,224,224"),
        "K": ("check", "resnet18", "--lock", "a.file"),
        "I": ("identify", "a.file"),
    }
    assert asked[0] == commands[key]
    await pilot.press("escape")
    await settle(pilot)
    assert len(app.screen_stack) == 1


@of_each(actions_of("reports"))
def test_an_action_does_what_it_says(kept_open: KeptOpen, action: Action) -> None:
    PROOFS.prove(kept_open, action)


def test_no_proof_is_of_an_action_that_is_gone() -> None:
    assert set(PROOFS) == {action.name for action in actions_of("reports")}
