"""Small things that a reader relies on: what folds behind, what is said while there is nothing."""

from __future__ import annotations

from driving import (
    Keys,
    drawn,
    drive,
    explorer_of,
    explorer_with_child,
    line_of,
    settle,
    table_of,
    text_of,
)

from resnet_inspect.tui.app import Explorer


def test_a_click_on_a_title_moves_no_column_and_marks_it() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        before = line_of(table_of(app), 0)
        at = before.index("params") + 2
        await pilot.click("#table", offset=(1 + at, 1))
        await settle(pilot)
        after = line_of(table_of(app), 0)
        assert "params▼" in after
        assert after.index("MACs") == before.index("MACs")
        assert after.index("operation") == before.index("operation")
        assert "esc trace order" in str(table_of(app).border_subtitle)

    drive(explorer_of("resnet50"), steps)


def test_a_filter_without_a_hit_says_what_is_written_much_like_it() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        await pilot.press("slash", *"dwnsample")
        await settle(pilot)
        said = text_of(app, "#filter-count")
        assert "like it: downsample" in said
        assert said.endswith("0 of 45"), said

    drive(explorer_of("resnet18"), steps)


def test_what_is_being_done_is_said_where_the_rows_will_be() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        table = table_of(app)
        table.table = None
        app.title_line("resnet18", "importing torch")
        assert "importing torch …" in line_of(table, table.size.height // 2).strip()

    drive(explorer_with_child("resnet18")[0], steps)


def test_the_failed_layer_is_where_one_looks() -> None:
    async def steps(app: Explorer, pilot: Keys) -> None:
        trace = app.shown.survey.trace  # type: ignore[union-attr]
        assert trace.failure is not None
        app.failed = (app.request, trace)
        await pilot.press("F")
        await settle(pilot)
        row = table_of(app).row
        assert row is not None
        assert row.raised
        assert any(first <= trace.failure.call <= last for first, last in row.spans)
        assert "✗" in drawn(table_of(app))

    drive(explorer_of("broken"), steps)
