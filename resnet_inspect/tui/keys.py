"""Every action of the explorer: its name, keys and words, once for bindings, help and palette."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from resnet_inspect.tui.panels import PANELS
from resnet_inspect.tui.panels.keys_line import Hint


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does."""

    name: str
    """Its name in config.toml and the method that does it."""
    keys: str
    """Keys with commas, as Textual names them."""
    label: str
    """A word or two for the footer."""
    meaning: str
    """One line for help and palette."""
    group: str

    @property
    def also(self) -> str:
        """Other words for it, by which help and palette find it."""
        return ALSO.get(self.name, "")


ACTIONS: tuple[Action, ...] = (
    Action("filter", "slash", "filter", "only rows that match, as you type", "find"),
    Action("next_match", "n", "next", "the next row that matches", "find"),
    Action("previous_match", "N", "previous", "the previous row that matches", "find"),
    Action("sort", "s", "sort", "sort by a column; the same again reverses", "find"),
    Action("heat", "H", "heat", "a column's numbers as heat bars", "find"),
    Action("columns", "c", "columns", "choose and order the columns", "look"),
    Action("view", "v", "view", "layers, blocks, stages or modules", "look"),
    Action("everything", "a", "all", "norms and activations too", "look"),
    Action("fold_blocks", "x", "×N", "identical blocks as one row", "look"),
    Action("differing", "z", "differing", "of two networks, only what differs", "look"),
    Action("flat", "t", "flat", "tree or flat list", "look"),
    Action("explain", "E", "explain", "what the card's subject teaches, in sentences", "ask"),
    Action("taps", "W", "taps", "what a decoder takes: a map for each stride", "ask"),
    Action("cost", "C", "cost", "memory to run and to train", "ask"),
    Action("verify", "V", "verify", "ask other tools for the same figures", "ask"),
    Action("check", "K", "check", "whether it is what a lock file says", "ask"),
    Action("identify", "I", "identify", "which network a file of weights is of", "ask"),
    Action("model", "m", "model", "look at another network", "network"),
    Action("inputs", "i", "input", "input, batch, dtype, builder arguments", "network"),
    Action("device", "D", "device", "run it on a real device", "network"),
    Action("measure", "M", "measure", "time every call on a real device, as it runs", "network"),
    Action("signals", "S", "signals", "run it forward and back: what flows", "network"),
    Action("step(-1)", "comma", "step before", "of a run: the recorded step before", "network"),
    Action("step(1)", "full_stop", "next step", "of a run: the next recorded step", "network"),
    Action("curves", "L", "curves", "of a training: loss and accuracy by epoch", "network"),
    Action("open_trace", "O", "open", "open a saved trace", "network"),
    Action("compare", "d", "diff", "set a second network beside this one", "network"),
    Action("undo", "ctrl+z,U", "undo", "back to the network before", "network"),
    Action("redo", "ctrl+y,ctrl+r", "redo", "forward again", "network"),
    Action("partial", "F", "failed", "the trace up to where the forward pass raised", "network"),
    Action("retry", "R", "retry", "run it again; changed code is read anew", "network"),
    Action("go_back", "backspace,alt+left", "back", "the place visited before", "place"),
    Action("go_forward", "alt+right", "forward", "the place visited after", "place"),
    *(
        Action(f"pane({n})", f"{n}", name, f"the{panel.BORDER_TITLE.lower().rstrip()}", "pane")
        for n, (name, panel) in enumerate(PANELS.items(), 1)
    ),
    Action("full", "f", "full", "one pane over the whole screen", "pane"),
    Action("resize(-2)", "less_than_sign", "narrower", "the focused pane narrower", "pane"),
    Action("resize(2)", "greater_than_sign", "wider", "the focused pane wider", "pane"),
    Action("copy_row", "y", "copy row", "the row to the clipboard, also over ssh", "take"),
    Action("copy_table", "Y", "copy table", "the table as markdown to the clipboard", "take"),
    Action("export", "e", "export", "write the view or a figure to a file", "take"),
    Action("open_source", "o", "source", "open the layer's source in $EDITOR", "take"),
    Action("picture", "P", "picture", "write the screen to an SVG file", "take"),
    Action("theme", "T", "theme", "choose a theme, with a preview", "habits"),
    Action("help", "question_mark", "help", "keys of this pane and of all", "habits"),
    Action("command_palette", "ctrl+p", "palette", "every action, variant and layer", "habits"),
    Action("quit", "q", "quit", "leave", "habits"),
)
"""In the order of the help screen."""

ALSO = {
    "verify": "second opinion torchinfo agree",
    "check": "lock changed ci",
    "identify": "checkpoint weights pth safetensors",
    "compare": "compare versus against two networks side by side",
    "taps": "unet u-net decoder detector segmentation pyramid features",
    "cost": "memory training batch optimizer gradient vram",
    "measure": "time speed latency profile benchmark",
    "signals": "gradient gradients activations vanishing exploding dead nan flow",
    "step(-1)": "run training",
    "step(1)": "run training",
    "curves": "run training epochs loss accuracy learning",
    "explain": "teach learn why lesson",
    "inputs": "size resolution batch arguments classes",
    "model": "network open change",
    "filter": "search find grep",
    "heat": "colour bars hot",
    "columns": "receptive field share flops",
    "export": "save file csv json markdown svg",
    "fold_blocks": "group repeat identical",
    "everything": "norm relu activation hidden",
    "copy_table": "clipboard yank",
    "copy_row": "clipboard yank",
    "partial": "error raised broken failure",
    "undo": "previous network",
    "view": "modules blocks stages parameters",
    "theme": "dark light colours",
    "open_source": "code editor python",
    "go_back": "jump history",
    "sort": "order largest top",
    "device": "cuda gpu cpu meta",
}
"""Other words for what an action does."""
FOOTER = (
    "filter", "model", "inputs", "explain", "compare", "cost", "taps", "measure", "signals", "sort",
    "view", "export", "columns", "heat", "go_back", "fold_blocks", "everything", "theme",
)  # fmt: skip
"""Actions at the bottom of the screen, as many as there is room for, the most wanted first."""
OF_TRAINING: tuple[str, ...] = ("curves",)
"""Actions that come before these where a training is shown."""
OF_STEPS = ("step(-1)", "step(1)")
"""Actions that come before these where there are several steps."""
ALWAYS = ("help", "quit", "command_palette")
"""Actions that are always there; the last stands on the right."""

GROUPS = {
    "find": "Find",
    "look": "Look",
    "ask": "Ask",
    "network": "Network",
    "place": "Places",
    "pane": "Panes",
    "take": "Take along",
    "habits": "Habits",
}


def identifier(action: Action) -> str:
    """Its name in a keymap: "next-match", "pane-1"."""
    return action.name.replace("(", "-").replace(")", "").replace("_", "-").replace("--", "-less-")


def bindings() -> list[BindingType]:
    """A binding for each action, as the app declares them."""
    return [
        Binding(
            action.keys,
            action.name,
            action.label,
            show=False,
            id=identifier(action),
            tooltip=action.meaning,
            # Done before the key behind it is given to a pane: that one is of the filter.
            priority=action.name == "filter",
        )
        for action in ACTIONS
    ]


_SIGNS = {
    "slash": "/", "question_mark": "?", "less_than_sign": "<", "greater_than_sign": ">",
    "minus": "-", "equals_sign": "=", "right_square_bracket": "]", "left_square_bracket": "[",
    "right_curly_bracket": "}", "left_curly_bracket": "{", "pagedown": "pgdn", "pageup": "pgup",
    "backspace": "bksp", "comma": ",", "full_stop": ".",
    "down": "↓", "up": "↑", "left": "←", "right": "→",
}  # fmt: skip


def hints(keymap: Mapping[str, str]) -> dict[str, Hint]:
    """What the line of keys says of each action, by its name."""
    return {
        action.name: Hint(
            key_names(keymap.get(identifier(action), action.keys).partition(",")[0]),
            action.label,
            f"app.{action.name}",
        )
        for action in ACTIONS
    }


def hints_of(pane: Iterable[BindingType], keymap: Mapping[str, str]) -> tuple[Hint, ...]:
    """What the line of keys says of a pane's own bindings."""
    return tuple(
        Hint(
            key_names(keymap.get(b.id or "", b.key).partition(",")[0]),
            b.description,
            f"pane.{b.action}",
        )
        for b in pane
        if isinstance(b, Binding) and b.show
    )


def key_names(keys: str) -> str:
    """Keys as a person writes them: "/", "pgdn ^d"."""
    return " ".join(_key_name(key) for key in keys.split(","))


def _key_name(key: str) -> str:
    modifiers, _, last = key.rpartition("+")
    written = _SIGNS.get(last, last)
    return f"^{written}" if modifiers == "ctrl" else f"{modifiers}+{written}".removeprefix("+")
