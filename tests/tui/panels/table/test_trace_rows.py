"""How the rows of the shape trace are drawn."""

from __future__ import annotations

import pytest
from driving import Keys, drive, explorer_of, line_of, settle, table_of
from saved import survey_of

from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.panels.contents import lay_out
from resnet_inspect.tui.panels.table.trace_rows import FLAT, TraceRows
from resnet_inspect.views.tables.rows.selection import Selection


class Drawn(TraceRows):
    """Rows in so much room, without a screen."""

    cells = 400

    @property
    def room(self) -> int:
        """As wanted."""
        return self.cells


def rows_of(name: str, cells: int = 400, view: str = "layers", **how: object) -> Drawn:
    """The rows of a saved trace in so many cells."""
    rows = Drawn()
    contents = lay_out(survey_of(name), None, view, Selection(), lambda step: None)
    rows.outline, rows.table = contents.rows, contents.rows.table
    rows.every = rows.table.rows
    rows.cells, rows.samples = cells, contents.batch
    for key, value in how.items():
        setattr(rows, key, value)
    rows.measure()
    return rows


def text(rows: Drawn, place: int) -> str:
    """A row as it is drawn."""
    return "".join(written for written, _ in rows.pieces(place, rows.every[place]))


def place_of(rows: Drawn, path: str) -> int:
    """The place of the row of that path."""
    assert rows.outline is not None
    place = rows.outline.place_with(path)
    assert place is not None
    return place


@pytest.mark.parametrize("view", ["layers", "blocks", "stages", "modules"])
@pytest.mark.parametrize("name", ["resnet50", "names", "broken", "r3d_18"])
@pytest.mark.parametrize("cells", [60, 90, 140, 400])
def test_every_row_is_as_wide_as_its_columns(name: str, view: str, cells: int) -> None:
    from resnet_inspect.formats.text.cells import cells as cells_of

    rows = rows_of(name, cells, view)
    wide = rows.content_width + rows.gap
    assert cells_of("".join(written for written, _ in rows.header())) == wide
    for place in range(len(rows.every)):
        assert cells_of(text(rows, place)) == wide, place


def test_a_section_says_in_its_empty_columns_what_it_is() -> None:
    rows = rows_of("resnet50", 140)
    block = text(rows, place_of(rows, "layer2.0"))
    assert "projection" in block


def test_the_frame_says_what_is_left_out_and_the_way_back() -> None:
    wide = rows_of("resnet50")
    assert (str(wide.border_title), str(wide.border_subtitle or "")) == (" Shape trace ", "")
    narrow = rows_of("resnet50", 60)
    hidden = narrow.fit.hidden
    assert f"· {hidden} more columns with f" in str(narrow.border_title)
    flat = rows_of("resnet50", sorted_by=FLAT)
    assert str(flat.border_subtitle) == " flat · t tree "
    both = rows_of("resnet50", sorted_by="parameters", heat="macs")
    assert str(both.border_subtitle) == " by params · esc trace order   heat of MACs · H other "
    assert both.pinned == ["parameters", "macs"]
    assert rows_of("resnet50", sorted_by="gone", heat="gone").pinned == []


def test_the_sorted_column_has_an_arrow_the_way_it_is_sorted() -> None:
    for reverse, ascii, arrow in (
        (True, False, "▼"), (False, False, "▲"), (True, True, "v"), (False, True, "^"),
    ):  # fmt: skip
        rows = rows_of("resnet50", sorted_by="parameters", reverse=reverse, ascii=ascii)
        assert f"params{arrow}" in "".join(written for written, _ in rows.header())


def test_heat_is_a_bar_in_front_of_the_rows_that_nothing_breaks_down() -> None:
    rows = rows_of("resnet18", heat="parameters", hottest=512.0 * 512 * 9)
    assert text(rows, place_of(rows, "layer4.1.conv2")).startswith("██████ ")
    assert text(rows, place_of(rows, "layer4.0.conv1")).startswith("███    "), "half as many"
    assert text(rows, place_of(rows, "layer4")).startswith("       ")


def marked(rows: Drawn, place: int) -> list[str]:
    """The cells of a row that are marked as changed."""
    pieces = rows.pieces(place, rows.every[place])
    return [written.strip() for written, style in pieces if style == "changed"]


def test_what_changed_is_marked_in_its_cell_alone() -> None:
    rows = rows_of("resnet18")
    assert rows.table is not None
    place = place_of(rows, "conv1")
    rows.changed = {("layer", "conv1", "output_shape")}
    marked = [
        written for written, style in rows.pieces(place, rows.every[place]) if style == "changed"
    ]
    assert [written.strip() for written in marked] == ["64×112×112*"]
    assert len(text(rows, place)) == rows.content_width + rows.gap, "nothing moves"
    rows.changed = {("layer", "conv1", "parameters"), ("block", "conv1", "path")}
    marked = [
        written for written, style in rows.pieces(place, rows.every[place]) if style == "changed"
    ]
    assert [written.strip() for written in marked] == ["9,408*"]


def test_where_it_raised_there_is_a_sign() -> None:
    rows = rows_of("broken", 140)
    raised = [place for place, row in enumerate(rows.every) if row.raised]
    assert raised
    for place in raised:
        (first, style), *_ = rows.pieces(place, rows.every[place])
        assert (first[:2], style) == ("✗ ", "failed")
    assert not any("✗" in text(rows, p) for p in set(range(len(rows.every))) - {*raised})


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
