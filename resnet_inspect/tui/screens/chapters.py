"""What the help says: the keys of the focused pane, then every key, then the filter language.

It lists what the bindings are, a keymap from config.toml included, so that it cannot be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from resnet_inspect.tui.keys import ACTIONS, GROUPS, identifier, key_names

FILTERS = (
    ("conv 3x3", "words that a row has in path, op, kernel, shapes"),
    ("28×28", "a shape; x is ×, and 28 is not found in 128"),
    ("layer2.*.conv2", "a glob over the whole path"),
    ("stride:2 op:conv", "a column by its key, title or short name"),
    ("op=conv stride!=1", "exactly this; another one than this"),
    ("params>1M memory<8MiB", "numbers, with % k M G T or Ki Mi Gi"),
    ("time>1ms", "what took longer, where it was measured"),
    ('"max pool"', "quotes hold words together"),
    ("shortcut:", "rows that have one"),
    ("-norm !kind:pool", "rows for which the rest does not hold"),
    ("only left", "of two networks: what only one of them has"),
)
"""The filter language by examples: what to type, and what it finds."""

MOUSE = (
    ("click", "a row, a title to sort by, an entry to follow"),
    ("double click", "folds and unfolds a section"),
    ("drag", "the line between two panes to resize them"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the help; without an action, one that is only read."""

    keys: str
    label: str
    meaning: str = ""
    action: str = ""
    """What enter on the line does, in the pane that was focused."""
    also: str = ""
    """Other words by which it is found."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Some lines under a heading."""

    heading: str
    keys: tuple[Key, ...]


def chapters(
    focused: str, panes: Mapping[str, Iterable[BindingType]], keymap: Mapping[str, str]
) -> tuple[Chapter, ...]:
    """All there is to know, the focused pane first.

    Args:
        focused: the name of the focused pane.
        panes: every pane's name and its own bindings.
        keymap: the keys that are not the bindings' own, by the identifiers of the bindings.

    """

    def of_pane(name: str) -> Iterator[Key]:
        for binding in panes[name]:
            assert isinstance(binding, Binding)
            action = binding.action if name == focused else ""
            keys = key_names(keymap.get(binding.id or "", binding.key))
            yield Key(keys, binding.description, binding.tooltip, action)

    def of_group(group: str) -> Iterator[Key]:
        for action in ACTIONS:
            if action.group == group:
                keys = key_names(keymap.get(identifier(action), action.keys))
                yield Key(keys, action.label, action.meaning, f"app.{action.name}", action.also)

    def read(lines: Sequence[tuple[str, str]]) -> tuple[Key, ...]:
        return tuple(Key(written, "", meaning) for written, meaning in lines)

    return (
        Chapter(f"In the {focused}, where you are", tuple(of_pane(focused))),
        *(Chapter(title, tuple(of_group(group))) for group, title in GROUPS.items()),
        *(Chapter(f"In the {name}", tuple(of_pane(name))) for name in panes if name != focused),
        Chapter("What / understands", read(FILTERS)),
        Chapter("The mouse", read(MOUSE)),
    )
