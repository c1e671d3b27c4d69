"""Keys are spelled as Textual spells them."""

from __future__ import annotations

import pytest

from resnet_inspect.tui.settings import spelling


def test_the_names_of_signs_are_those_of_textual() -> None:
    keys = pytest.importorskip("textual.keys")
    for sign, name in spelling.SIGNS.items():
        assert keys._character_to_key(sign) == name
