"""A figure of boxes as a value: what is written in each box, on each link and above each frame."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """What a node is drawn as."""

    role: str
    """What its colour tells: an op's kind, "stage", "module", "end" or "other"."""
    rows: tuple[str, ...]
    title: str = ""
    """Where it is in the network; "" where the rows say it."""
    tip: str = ""
    """All that it stands for, in full."""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge with what is written on it."""

    source: int
    target: int
    rows: tuple[str, ...]
    shortcut: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What is drawn around a group."""

    title: str
    boxes: tuple[int, ...]
    inner: bool = False
    """Whether it is a block, within a stage."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Boxes, links between them, frames around them."""

    title: str
    caption: str
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    frames: tuple[Frame, ...] = ()
