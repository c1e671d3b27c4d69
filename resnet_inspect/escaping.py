"""Text from outside as it is shown: it moves no cursor, changes no colour, hides nothing.

Everything that comes from a file, a file name, an exception or a network's own code passes here on
its way to a terminal. The letters of all scripts stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unicodedata import category

LONGEST = 2000
"""Characters of a message; what is longer is cut."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, marks of direction and of no width, half a surrogate pair, line separators."""
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show nothing."""
_VARIANTS = (range(0x180B, 0x1810), range(0xFE00, 0xFE0E), range(0xE0100, 0xE01F0))
"""Selectors of variants, which show nothing either, but those of emoji."""
_UPON = frozenset({"Mn", "Me"})
"""Marks upon the letter before them."""
_MOST_UPON = 8
"""Marks upon one letter; more would cover the lines around it."""


class _Shown(dict[int, str]):
    """What stands for each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code < 0x20:
            shown = chr(0x2400 + code)
        elif code == 0x7F:
            shown = "\u2421"
        else:
            kind = category(character)
            is_hidden = (
                kind in _HIDDEN or character in _BLANK or any(code in few for few in _VARIANTS)
            )
            shown = "\ufffd" if is_hidden else character
            if kind in _UPON:
                _marks.add(shown)
        self[code] = shown
        return shown


class _Escaped(dict[int, str]):
    """How JSON writes each character that would not be shown as it is."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        is_shown = code == 0x0A or _SHOWN[code] == character
        self[code] = character if is_shown else _escaped(character)
        return self[code]


def _escaped(character: str) -> str:
    halves = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{halves[at : at + 4]}" for at in range(0, len(halves), 4))


class _ShownInLines(_Shown):
    """Likewise, of a text with lines and tabs of its own."""

    def __missing__(self, code: int) -> str:
        return chr(code) if code in (0x09, 0x0A) else _SHOWN[code]


_SHOWN, _ESCAPED, _SHOWN_IN_LINES = _Shown(), _Escaped(), _ShownInLines()
_marks: set[str] = set()
"""Those upon letters that were met."""


def _translated(written: str, table: dict[int, str], flood: Callable[[str], str]) -> str:
    """The text by the table; what `flood` gives for a mark above so many others upon a letter."""
    shown = written.translate(table)
    if _marks.isdisjoint(shown):
        return shown
    upon, parts = 0, []
    for character in shown:
        upon = upon + 1 if character in _marks else 0
        parts.append(character if upon <= _MOST_UPON else flood(character))
    return "".join(parts)


def _replaced(_: str) -> str:
    return "\ufffd"


def visible(written: str) -> str:
    """A name as one line that moves no cursor: ␛ for an escape, ␊ for a new line, � for others."""
    is_plain = written.isascii() and written.isprintable()
    return written if is_plain else _translated(written, _SHOWN, _replaced)


def visible_lines(written: str) -> str:
    """A text likewise, which keeps its lines and tabs."""
    return _translated(written, _SHOWN_IN_LINES, _replaced)


def message(written: str) -> str:
    """A message as one visible line, cut where it is very long."""
    line = " ".join(written[: 4 * LONGEST].split())
    over = len(line) > LONGEST or len(written) > 4 * LONGEST
    return visible(f"{line[:LONGEST]}… (cut)" if over else line)


def json_text(document: Any, **layout: Any) -> str:
    """A value as JSON in which every character is one that is shown."""
    written = json.dumps(document, ensure_ascii=False, **layout)
    is_plain = written.isascii() and "\x7f" not in written
    return written if is_plain else _translated(written, _ESCAPED, _escaped)


def said(error: BaseException) -> str:
    """What an exception says; nothing where saying it raises."""
    return _asked(str, error, "")


def first_line(error: BaseException) -> str:
    """The first line of what an exception says; its type where it says nothing."""
    return _first_line(error) or type(error).__name__


def named_first_line(error: BaseException) -> str:
    """An exception's type, and the first line of what it says."""
    return f"{type(error).__name__}: {_first_line(error)}".removesuffix(": ")


def named_line(error: BaseException) -> str:
    """An exception's type, and all that it says in one line."""
    return f"{type(error).__name__}: {' '.join(said(error).split())}".removesuffix(": ")


def _first_line(error: BaseException) -> str:
    return next(filter(None, map(str.strip, said(error).splitlines())), "")


def represented(value: object) -> str:
    """A value as Python writes it; its type where it cannot."""
    return _asked(repr, value, f"<{type(value).__name__}>")


def _asked(ask: Callable[[Any], str], value: object, otherwise: str) -> str:
    """What a class that is not ours makes of a value; something else, where that raises."""
    try:
        return ask(value)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return otherwise
