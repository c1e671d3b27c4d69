"""What is shown of an attribution: panels, where positions lie on them, and rows of gates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_inspect.traces.attribution import (
    Attributed,
    Attribution,
    Box,
    Gate,
    Grid,
    Heat,
    Layer,
    Seen,
    Settings,
)
from resnet_inspect.views.attribution import Lattice, Panel, Sheet, scaled, shown

LAYER = Layer("layer4", (2, 2), 512, (3.0, 3.0), (2.0, 4.0), (4.0, 8.0))
IMAGE = Attributed("a.png", 8, 16, b"", 1, 2.0, 0.5, 1, (), None, ())


def sheet(layer: Layer | None = LAYER, **more: object) -> Sheet:
    image = replace(IMAGE, **more)  # type: ignore[arg-type]
    found = shown(Attribution("net", (image,), layer, Settings(), ("read as\x1b RGB",)))
    assert found.notes == ("read as␛ RGB",)
    return found.sheets[0]


def panels(layer: Layer | None = LAYER, **more: object) -> dict[str, Panel]:
    return {panel.key: panel for panel in sheet(layer, **more).panels}


def test_the_image_alone_is_a_panel_with_its_size() -> None:
    found = panels()
    assert list(found) == ["image"]
    assert found["image"].captions == ("8×16",)
    assert found["image"].heat == ()


def test_positions_of_a_map_lie_in_the_middle_of_what_they_see() -> None:
    heat = Heat("gradcam", ((1.0, 2.0), (0.0, 4.0)))
    found = panels(heats=(heat,))["gradcam"]
    assert found.heat == ((0.25, 0.5), (0.0, 1.0))
    assert found.lattice == Lattice((2 / 8, 4 / 16), (4 / 8, 8 / 16))
    assert found.lattice is not None
    assert found.lattice.at((1, 1)) == (6 / 8, 12 / 16)
    even = panels(replace(LAYER, centre=()), heats=(heat,))["gradcam"].lattice
    assert even == Lattice((0.25, 0.25), (0.5, 0.5))


def test_what_is_of_pixels_has_no_lattice_and_regions_are_given_to_their_pixels() -> None:
    regions = Heat("shapley", ((1.0, -2.0),))
    found = panels(heats=(regions, Heat("occlusion", ((1.0,),))))
    assert found["occlusion"].lattice is None
    grid = found["shapley"].heat
    assert (len(grid), {len(row) for row in grid}) == (8, {16})
    assert set(grid) == {(0.5,) * 8 + (-1.0,) * 8}


@pytest.mark.parametrize("columns", [3, 5])
def test_regions_that_do_not_divide_the_image_cover_it_all_the_same(columns: int) -> None:
    heat = Heat("shapley", (tuple(float(n + 1) for n in range(columns)),))
    row = panels(heats=(heat,))["shapley"].heat[0]
    assert len(row) == 16
    assert list(row) == sorted(row)
    counts = [row.count(value) for value in sorted(set(row))]
    assert len(counts) == columns
    assert max(counts) - min(counts) <= 1


def test_what_a_position_sees_is_a_panel_with_its_box() -> None:
    seen = Seen((1, 0), Box(4, 2, 8, 7), ((0.0, 1.0), (3.0, 4.0)), 0.5)
    found = panels(seen=seen)["field"]
    assert found.box == Box(4, 2, 8, 7)
    assert found.position == (6 / 8, 4 / 16)
    assert found.heat[1] == (0.75, 1.0)
    assert "field" not in panels(None, seen=seen)


def test_gates_of_channels_are_rows_and_those_of_positions_are_panels() -> None:
    channels = Gate("se", "channels", ((0.5, -0.25, 1.0),))
    positions = Gate("sa", "positions", ((0.5, 2.0), (1.0, 0.0)))
    found = sheet(gates=(channels, positions))
    (strip,) = found.strips
    assert (strip.title, strip.values) == ("se", (0.5, 0.0, 1.0))
    (gate,) = (panel for panel in found.panels if panel.key == "gate-1")
    assert gate.title == "gate sa"
    assert gate.heat == ((0.25, 1.0), (0.5, 0.0))
    assert gate.lattice == Lattice((0.25, 0.25), (0.5, 0.5))


def test_numbers_are_parts_of_the_largest_magnitude() -> None:
    assert scaled(((1.0, -4.0), (2.0, 0.0))) == ((0.25, -1.0), (0.5, 0.0))
    nothing: Grid = ((0.0, 0.0),)
    assert scaled(nothing) == nothing


def test_of_many_numbers_outliers_are_as_much_as_the_others_largest() -> None:
    many = (*(float(n) for n in range(1, 1001)), 10.0**6)
    (row,) = scaled((many,))
    assert row[-1] == 1.0
    # Five of a thousand are outliers: the scale is that of the largest but for them.
    assert row[0] == pytest.approx(1 / 996)
    (few,) = scaled((many[-1000:],))
    assert few[0] == pytest.approx(2e-6)
    # Where all but outliers are nothing, they are what there is.
    (alone,) = scaled(((0.0,) * 2000 + (8.0,),))
    assert alone[-1] == 1.0
