"""The themes."""

from __future__ import annotations

from driving import explore
from textual.color import Color
from textual.pilot import Pilot

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.trace_table import TraceTable


def test_every_theme_can_be_read() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        for name, theme in app.available_themes.items():
            if name.startswith("ansi"):
                continue
            app.theme = name
            await pilot.pause()
            table = app.query_one(TraceTable)
            behind = Color.parse(theme.to_color_system().generate()["background"])
            for part in TraceTable.COMPONENT_CLASSES:
                style = table.get_component_rich_style(part, partial=True)
                if style.color is None or "cursor" in part or "changed" in part:
                    continue
                color = Color.from_rich_color(style.color)
                assert abs(behind.brightness - color.brightness) > 0.2, (name, part, color)

    explore(drive)
