"""Any keys in any order at any size: nothing ends the explorer.

A failure names the seed, and the steps up to it.
"""

from __future__ import annotations

import random
import string

import pytest
from driving import SAVED, Keys, drive, explorer_with_child, settle, table_of

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.process.terminal import Typed

STEPS = 60
SMALLEST, LARGEST = (10, 3), (200, 60)
SEEDS = range(3)

NAMED = (
    "escape", "enter", "tab", "shift+tab", "backspace", "delete", "up", "down", "left", "right",
    "home", "end", "pageup", "pagedown", "space", "ctrl+d", "ctrl+u", "ctrl+p", "ctrl+z", "ctrl+y",
    "ctrl+r", "alt+left", "alt+right", "f1",
)  # fmt: skip
PRINTABLE = tuple(sorted(set(string.printable) - set(string.whitespace) - {"q", "e", "P"}))
"""Every key but those that end the explorer or write files; "O" finds no file to open."""


def resized(chance: random.Random) -> tuple[int, int]:
    """A size between the smallest and the largest, both ends often."""
    if chance.random() < 0.3:
        return chance.choice((SMALLEST, LARGEST))
    return chance.randint(SMALLEST[0], LARGEST[0]), chance.randint(SMALLEST[1], LARGEST[1])


def storm(seed: int, *, keys: tuple[str, ...], resizing: float) -> None:
    """Press keys and resize, at random; fail with the steps taken if the explorer ends."""
    chance = random.Random(seed)
    model = chance.choice([name for name in ("resnet18", "resnet50") if name in SAVED])
    taken: list[object] = []

    async def steps(app: Explorer, pilot: Keys) -> None:
        for _ in range(STEPS):
            if chance.random() < resizing:
                taken.append(resized(chance))
                await pilot.resize_terminal(*taken[-1])  # type: ignore[misc]
            else:
                taken.append(chance.choice(keys))
                await pilot.press(str(taken[-1]))
            # A dialog takes every printable key: half of them are left at once.
            if len(app.screen_stack) > 1 and chance.random() < 0.3:
                taken.append("escape")
                await pilot.press("escape")
            assert app.return_value is None
            assert app.return_code is None
        while len(app.screen_stack) > 1:
            await pilot.press("escape")
        await pilot.resize_terminal(120, 40)
        await pilot.press("escape", "2", "G")
        await settle(pilot)
        assert table_of(app).row is not None

    try:
        drive(explorer_with_child(model)[0], steps, (80, 24))
    except BaseException as error:
        error.add_note(f"seed {seed}, {model}, after {taken}")
        raise


@pytest.mark.parametrize("seed", SEEDS)
def test_any_keys_in_any_order(seed: int) -> None:
    storm(seed, keys=PRINTABLE + NAMED, resizing=0)


PIECES = (
    *(bytes([byte]) for byte in range(128, 256)),
    *(key.encode() for key in PRINTABLE),
    *b"\r \t \x7f \x1b \x00 \r\r \x04 \x15 \x1a \x19".split(b" "),
    b"\x1b[A", b"\x1b[B", b"\x1b[5~", b"\x1b[", b"\x1b[<", b"\x1b[<0;5;5M", b"\x1b[<0;5;5m",
    b"\x1b[<64;9999;9999M", b"\x1b[<0;1M", b"\x1b[M\xff\xff\xff",
    b"\x1b[48;0;0;0;0t", b"\x1b[1:2:3;4u", b"\x1b[99999999u", b"\x1b[;;u", b"\x1b[200~",
    b"\x1b[201~", b"\x1bO", b"\x1b]11;", b"\x1bP\x1b\\",
)  # fmt: skip
"""What a terminal may send: keys, the mouse, halves of sequences, and bytes that are no UTF-8."""
END = b"\x1b[201~"
"""Ends what is pasted, which would else be all that follows."""
READ = 40
"""Pieces that come in one read."""


def test_three_thousand_keys_and_bytes_at_once() -> None:
    chance = random.Random(3000)
    typed = Typed()

    async def steps(app: Explorer, pilot: Keys) -> None:
        driver = app._driver
        assert driver is not None
        for _ in range(3000 // READ):
            for message in typed.messages(b"".join(chance.choices(PIECES, k=READ)) + END):
                driver.process_message(message)
            await pilot.pause()
            assert app.return_value is None
            assert app.return_code is None
        while len(app.screen_stack) > 1:
            await pilot.press("escape")
        await pilot.press("escape", "2", "G")
        await settle(pilot)
        assert table_of(app).row is not None

    drive(explorer_with_child("resnet18")[0], steps, (80, 24))


@pytest.mark.parametrize("seed", SEEDS)
def test_any_size_at_any_moment(seed: int) -> None:
    storm(seed, keys=(*"jkgGhlHLntvaxmdics123f<>[]{}/-=?", *NAMED), resizing=0.5)
