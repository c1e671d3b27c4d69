"""How a key is spelled, and which known name was meant by one that is not known."""

from __future__ import annotations

import difflib
import string
import unicodedata
from collections.abc import Iterable

_MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
_NAMED_KEYS = (
    "up", "down", "left", "right", "home", "end", "pageup", "pagedown", "enter", "escape", "tab",
    "space", "backspace", "delete", "insert", *(f"f{number}" for number in range(1, 25)),
)  # fmt: skip
_SIGN_NAMES = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at",
    "hyphen_minus": "minus", "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
"""Where Textual's name for a key is not the character's Unicode name."""


def _sign_name(character: str) -> str:
    """The name of a key with a sign on it, as Textual spells it: slash, question_mark."""
    name = unicodedata.name(character).lower().replace("-", "_").replace(" ", "_")
    return _SIGN_NAMES.get(name, name)


SIGNS = {sign: _sign_name(sign) for sign in string.punctuation}
_KEYS = {*_NAMED_KEYS, *SIGNS.values()}


def key_of(written: str) -> tuple[str, str]:
    """A key as Textual spells it, and what is wrong with it: "ctrl+/" is ctrl+slash."""
    if not written:
        return "", "a key without a name"
    if written == " ":
        return "space", ""
    head, _, last = written.rpartition("+")
    if not last:  # the plus itself
        head, last = head.removesuffix("+"), "+"
    for modifier in filter(None, head.split("+")):
        if modifier not in _MODIFIERS:
            return "", f"unknown key '{written}'{nearest(modifier, _MODIFIERS)}"
    if len(last) == 1:
        last = SIGNS.get(last, last)
    elif last not in _KEYS:
        return "", f"unknown key '{written}'{nearest(last, _KEYS)}"
    return (f"{head}+{last}" if head else last), ""


def nearest(name: str, known: Iterable[str]) -> str:
    """A question behind an unknown name: ": did you mean 'enter'?"; "" if none is near."""
    close = difflib.get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.5)
    return f": did you mean '{close[0]}'?" if close else ""
