"""A theme beside those that Textual brings, and colours that can be read in each of them."""

from __future__ import annotations

from collections.abc import Mapping

from textual.color import Color
from textual.theme import Theme

HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#ffff00",
    secondary="#00ffff",
    accent="#00ffff",
    warning="#ffaf00",
    error="#ff5f5f",
    success="#5fff5f",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#303030",
    dark=True,
)

CONTRAST = 4.5
"""How much lighter than what it stands on a letter must be, or darker (WCAG 2, level AA)."""
INKS = {
    "stage": "text-primary",
    "pool": "text-secondary",
    "add": "text-warning",
    "linear": "text-success",
    "error": "text-error",
    "bar": "text-accent",
    "accent": "text-accent",
}
"""What is written in which colour of the theme."""
ON_OTHERS = {
    "cursor": ("block-cursor-foreground", "block-cursor-background"),
    "blurred": ("foreground", "block-cursor-blurred-background"),
    "changed": ("text-warning", "warning-muted"),
    "problem": ("text-error", "error-muted"),
}
"""What is written in which colour on which other colour."""
OWN = (*INKS, *ON_OTHERS, "text", "muted", "frame")
"""All of these colours by name."""
_MIDDLE = 0.18
"""The luminance from which on black is read better than white."""
_GROUNDS = ("background", "surface", "panel")
_STEPS = 20


def inks(variables: Mapping[str, str], dark: bool) -> dict[str, str]:
    """The colours of a theme for what is written, each moved until it can be read anywhere.

    "ink-stage" and so on, by the names that the stylesheet knows. Colours that the terminal
    chooses are as they are.
    """
    if "ansi" in variables["background"]:
        known = {name: of for name, (of, _) in ON_OTHERS.items()} | INKS
        return {f"ink-{name}": variables[known.get(name, "foreground")] for name in OWN}
    grounds = [Color.parse(variables[name]) for name in _GROUNDS]
    front = Color.parse(variables["foreground"])
    wanted = {name: Color.parse(variables[of]) for name, of in INKS.items()}
    wanted["text"] = front
    wanted["muted"] = grounds[0].blend(front, 0.6)
    found = {name: readable(colour, grounds, dark) for name, colour in wanted.items()}
    found["frame"] = grounds[0].blend(front, 0.3)
    for name, (of, on) in ON_OTHERS.items():
        ground = Color.parse(variables[on])
        under = grounds[0] + ground if ground.a < 1 else ground
        below = _luminance(under) < _MIDDLE
        colour = under if variables[of].startswith("auto") else Color.parse(variables[of])
        found[name] = readable(colour, [under], below)
    return {f"ink-{name}": colour.css for name, colour in found.items()}


def readable(colour: Color, grounds: list[Color], dark: bool) -> Color:
    """A colour, lighter or darker until it can be read on each of these."""
    white, black = Color(255, 255, 255), Color(0, 0, 0)
    end, other = (white, black) if dark else (black, white)
    steps = (colour.blend(end, step / _STEPS) for step in range(_STEPS + 1))
    enough = (c for c in steps if all(contrast(c, g) >= CONTRAST for g in grounds))
    return next(enough, other)


def contrast(one: Color, other: Color) -> float:
    """By how much one colour is lighter than the other, from 1 to 21 (WCAG 2)."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    parts = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in colour.normalized)
    return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))
