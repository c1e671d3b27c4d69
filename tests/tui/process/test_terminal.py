"""What a terminal sends becomes messages; what is no message is left out."""

from __future__ import annotations

import pytest
from textual.events import Key, MouseDown, Paste, Resize

from resnet_inspect.tui.process.terminal import Typed


def keys(typed: Typed, *sent: bytes) -> list[str]:
    """The keys of what is sent, piece by piece, and of nothing more behind it."""
    pieces = [list(typed.messages(piece)) for piece in sent]
    return [m.key for found in pieces for m in found if isinstance(m, Key)]


def test_a_letter_may_come_in_pieces() -> None:
    assert keys(Typed(), "a層é".encode()) == ["a", "層", "é"]
    assert keys(Typed(), b"\xe5", b"\xb1", b"\xa4", b"b") == ["層", "b"]


def test_a_sequence_may_come_in_pieces() -> None:
    assert keys(Typed(), b"\x1b[", b"5~j") == ["pageup", "j"]


@pytest.mark.parametrize("sent", [
    b"\xe9", b"\xff\xfe", b"\xc3(", b"\xf5", b"\x1b[<0;1M", b"\x1b[1:2:3;4u", b"\x1b[99999999u",
    b"\x1b[48;0;0;0;0t",
])  # fmt: skip
def test_behind_what_cannot_be_read_all_is_read_again(sent: bytes) -> None:
    typed = Typed()
    found = [*keys(typed, sent), *keys(typed, b"q\x1b[A")]
    assert found[-2:] == ["q", "up"]


def test_what_is_pasted_is_one_message_whatever_is_in_it() -> None:
    (pasted,) = [
        m for m in Typed().messages(b"\x1b[200~/conv\xe9 q\x1b[201~") if isinstance(m, Paste)
    ]
    assert pasted.text == "/conv q"


def test_the_mouse_is_told_by_cell_and_a_size_only_where_there_is_one() -> None:
    (down,) = Typed().messages(b"\x1b[<0;5;7M")
    assert isinstance(down, MouseDown)
    assert (down.x, down.y) == (4, 6), "the terminal counts from 1"
    assert not list(Typed().messages(b"\x1b[48;0;0;0;0t"))
    (size,) = Typed().messages(b"\x1b[48;24;80;480;800t")
    assert isinstance(size, Resize)
    assert tuple(size.size) == (80, 24)
