"""Bars for parts of the whole."""

from __future__ import annotations

from resnet_inspect.formats.text.cells import bar


def test_a_bar_shows_every_part_above_nothing() -> None:
    assert bar(None) == bar(0.0) == " " * 6
    assert bar(1.0) == bar(2.0) == "█" * 6
    assert bar(0.5) == "███   "
    assert bar(1e-9) == "▏     "
    lengths = [len(bar(part / 100).rstrip()) for part in range(101)]
    assert lengths == sorted(lengths)
