"""What is written can be read in every theme: contrast by the formula of WCAG 2.2."""

from __future__ import annotations

from driving import explore
from rich.color import Color as RichColor
from textual.color import Color
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.table.trace_table import TraceTable

ENOUGH = 4.5
"""Level AA, for letters of an ordinary size."""


def luminance(colour: Color) -> float:
    total = 0.0
    for part, weight in zip(colour.rgb, (0.2126, 0.7152, 0.0722), strict=True):
        share = part / 255
        linear = share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        total += weight * linear
    return total


def contrast(front: Color | RichColor | None, back: Color | RichColor | None) -> float:
    assert front is not None
    assert back is not None
    pair = [c if isinstance(c, Color) else Color.from_rich_color(c) for c in (front, back)]
    low, high = sorted(map(luminance, pair))
    return (high + 0.05) / (low + 0.05)


def test_every_theme_can_be_read() -> None:
    poor: list[object] = []

    def look(name: str, part: str, front: Color | RichColor | None, back: object) -> None:
        assert isinstance(back, Color | RichColor)
        found = contrast(front, back)
        if found < ENOUGH:
            poor.append((name, part, round(found, 2)))

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        for name in app.available_themes:
            app.theme = name
            await pilot.pause()
            if name.startswith("ansi"):
                continue  # of the terminal, which alone knows its colours
            table = app.query_one(TraceTable)
            for part in sorted(TraceTable.COMPONENT_CLASSES):
                style = table.get_component_rich_style(part)
                assert not style.dim, part
                look(name, part, style.color, style.bgcolor)
            for pane in app.query(".panel"):
                behind = app.screen.background_colors[1]
                look(name, "title", pane.styles.border_title_color, behind)
                look(name, "subtitle", pane.styles.border_subtitle_color, behind)
            for line in ("title", "totals", "keys", "filter-count", "problem", "way"):
                widget = app.query_one(f"#{line}")
                back, front = widget.colors[2], widget.colors[3]
                look(name, line, back + front, back)
        assert not poor, "\n".join(map(str, poor))

    explore(drive)
