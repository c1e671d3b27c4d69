"""What the explorer asks its user: each question gives the answer, or None for none.

They are asked with `await`, from a worker of the app.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from textual.app import App
from textual.binding import BindingType

from resnet_inspect.capture.backends import BACKENDS, written
from resnet_inspect.errors import InspectError
from resnet_inspect.sources.catalogue import VARIANTS
from resnet_inspect.tui.screens.chapters import chapters
from resnet_inspect.tui.screens.chooser import Choice, Chooser, choices_of
from resnet_inspect.tui.screens.form import Field, Form
from resnet_inspect.tui.screens.help import Help
from resnet_inspect.tui.screens.ticks import Ticks
from resnet_inspect.tui.session.request import Request
from resnet_inspect.tui.session.signals import Step
from resnet_inspect.tui.session.timing import Plan
from resnet_inspect.views.tables import VIEWS, variants
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.table import Heading

FACTS = ("block", "parameters", "gmacs", "depths", "family", "input")
"""What is shown of each variant; the first are seen at 80 columns."""

_INPUT_HINTS = {
    "input": "batch, channels, height, width; or 32, or 32x48; empty for the default",
    "dtype": "float32, bf16, fp16, float64; empty for the network's own",
    "mode": "eval or train",
    "arguments": "num_classes=10 width_per_group=128",
}


_RUN_HINTS = {
    "device": ", ".join(name for name in written() if name != "meta"),
    "batch": "samples in the input",
    "repeats": "runs that count",
    "warm_up": "runs before them",
    "threads": "of the CPU; empty for torch's own choice",
}


_STEP_HINTS = {
    "device": _RUN_HINTS["device"],
    "batch": _RUN_HINTS["batch"],
    "mode": _INPUT_HINTS["mode"],
    "loss": "cross-entropy, mean-square; empty: as the outputs ask for",
    "seed": "of fresh weights, noise, labels, dropout",
}


async def network(app: App[Any], title: str, current: str | None = None) -> str | None:
    """A network or a saved trace, as `Request.of` takes it: a variant, or what is typed."""
    header, choices = choices_of(variants.table(tuple(VARIANTS.values())), *FACTS)
    free = "name it: model.py:Net  timm:resnet50d  resnet:basic:2,2  trace.json"
    dialog = Chooser(title, choices, current=current, free=free, header=header)
    return await app.push_screen_wait(dialog)


def _wrong(before: Request | Plan | Step) -> Callable[[Mapping[str, str]], str]:
    """What tells why fields cannot be read; "" if they can."""

    def wrong(values: Mapping[str, str]) -> str:
        try:
            before.with_fields(values)
        except InspectError as error:
            return error.message
        return ""

    return wrong


async def input_of(
    app: App[Any],
    before: Request,
    offered: Callable[[], Awaitable[Mapping[str, str]]],
    follow: Callable[[Request], object],
    where: str = "",
) -> Request | None:
    """The request with another input; `follow` is called with what can be read while one types.

    `offered` gives the arguments of the builder with their defaults, however long that takes.
    """

    def changed(values: Mapping[str, str]) -> None:
        try:
            request = before.with_fields(values)
        except InspectError as error:
            dialog.problem(error.message)
        else:
            follow(request)

    async def offer() -> None:
        with suppress(InspectError):  # the network cannot be built: the trace says why
            found = await offered()
            await dialog.until_it_takes_keys()
            if found and not dialog.is_left:
                dialog.offer("arguments", found)

    fields = [Field(key, key, value, _INPUT_HINTS[key]) for key, value in before.fields.items()]
    dialog = Form(
        f"Input of {before.model}{where}",
        fields,
        changed=changed,
        check=_wrong(before),
        replaces=True,
    )
    asking = app.run_worker(offer(), group="offered", exclusive=True)
    values = await app.push_screen_wait(dialog)
    asking.cancel()
    return None if values is None else before.with_fields(values)


async def device(app: App[Any], current: str) -> str | None:
    """The device to run on."""
    choices = [Choice(kind, kind, backend.about) for kind, backend in BACKENDS.items()]
    return await app.push_screen_wait(
        Chooser("Device", choices, current=current, free="name it: cuda:1")
    )


async def measurement(app: App[Any], before: Plan) -> Plan | None:
    """What to run against the clock, and how often."""
    fields = [
        Field(key, key.replace("_", " "), value, _RUN_HINTS[key])
        for key, value in before.fields.items()
    ]
    values = await app.push_screen_wait(
        Form("Measure: time every call", fields, check=_wrong(before))
    )
    return None if values is None else before.with_fields(values)


async def step(app: App[Any], before: Step) -> Step | None:
    """What to run forward and back once."""
    fields = [Field(key, key, value, _STEP_HINTS[key]) for key, value in before.fields.items()]
    dialog = Form("Signals: what flows, forward and back", fields, check=_wrong(before))
    values = await app.push_screen_wait(dialog)
    return None if values is None else before.with_fields(values)


async def saved_trace(app: App[Any]) -> str | None:
    """The path of a saved trace."""
    return await file(app, "Open a saved trace", "trace.json")


async def file(app: App[Any], title: str, hint: str) -> str | None:
    """The path of a file."""
    values = await app.push_screen_wait(Form(title, [Field("file", "file", "", hint)]))
    return values["file"] or None if values else None


def _columns(headings: Iterable[Heading]) -> list[Choice]:
    """Columns by their titles, with what each means."""
    from resnet_inspect.views.tables.signals import SIGNALS
    from resnet_inspect.views.tables.timing import TIMES

    known: dict[str, Any] = COLUMNS | TIMES | SIGNALS
    meanings = {key: column.meaning for key, column in known.items()}
    return [Choice(c.key, c.title, meanings.get(c.key, "")) for c in headings]


async def column_to_sort_by(
    app: App[Any], columns: Sequence[Heading], current: str | None
) -> str | None:
    """The key of a column; "" for the order of the trace."""
    choices = [Choice("", "trace order"), *_columns(columns)]
    dialog = Chooser("Sort by (again reverses)", choices, current=current or "")
    return await app.push_screen_wait(dialog)


async def column_to_heat(
    app: App[Any], columns: Sequence[Heading], current: str | None
) -> str | None:
    """The key of a column with numbers; "" for none."""
    choices = [Choice("", "none"), *_columns(c for c in columns if c.align == "right")]
    return await app.push_screen_wait(Chooser("Heat", choices, current=current or ""))


async def columns(
    app: App[Any], shown: Sequence[str], known: Sequence[Heading], usual: Sequence[str]
) -> tuple[str, ...] | None:
    """The keys of the columns to show, in order; `usual` are those of the view itself."""
    return await app.push_screen_wait(Ticks("Columns", _columns(known), shown, usual))


async def view(app: App[Any], current: str) -> str | None:
    """The name of a view."""
    choices = [Choice(name, name) for name in VIEWS if name != "totals"]
    return await app.push_screen_wait(Chooser("View", choices, current=current))


async def theme(app: App[Any]) -> str | None:
    """A theme; each is shown while it is highlighted."""
    choices = [
        Choice(name, name, "dark" if theme.dark else "light")
        for name, theme in sorted(app.available_themes.items())
    ]

    def preview(name: str) -> None:
        app.theme = name

    return await app.push_screen_wait(Chooser("Theme", choices, current=app.theme, preview=preview))


async def action(
    app: App[Any],
    pane: str,
    panes: Mapping[str, Iterable[BindingType]],
    keymap: Mapping[str, str],
) -> str | None:
    """An action, from the help on all keys; the keys of this pane come first."""
    return await app.push_screen_wait(Help(chapters(pane, panes, keymap)))
