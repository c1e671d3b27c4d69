"""The rows of two networks side by side, and what they leave out."""

from __future__ import annotations

from comparisons import of

from resnet_inspect.analysis.comparison.difference import Difference, Entry, Section
from resnet_inspect.views.tables.assembly import unchanged
from resnet_inspect.views.tables.comparison.headings import KEYS
from resnet_inspect.views.tables.comparison.rows import Rows, calls_of
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Row


def rows(
    found: Difference, selection: Selection | None = None, *, unfold: bool = False,
    brief: bool = False, notable: str = "",
) -> list[Row]:  # fmt: skip
    """The rows, where a step or section of that path is notable."""

    def is_notable(part: Section | Entry) -> bool:
        if isinstance(part, Section):
            return bool(notable) and part.left is not None and part.left.path == notable
        return bool(notable) and found.path_of(part, 0) == notable

    made = Rows(found, selection or Selection(), is_notable, unchanged, unfold=unfold, brief=brief)
    return made.found


def texts(made: list[Row], key: str) -> list[str]:
    return [row.cells[KEYS.index(key)].text for row in made]


def test_equal_networks_are_a_row_for_each_section() -> None:
    made = rows(of("resnet18", "resnet18"))
    assert texts(made, "path") == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    assert set(texts(made, "change")) == {"="}
    assert not any(row.subtotal for row in made)
    assert texts(made, "stage") == ["", "1", "2", "3", "4", ""]


def test_unfolded_they_have_all_their_steps_but_those_that_are_not_selected() -> None:
    found = of("resnet18", "resnet18")
    made = rows(found, Selection(everything=True), unfold=True)
    assert len([row for row in made if row.kind in {"layer", "function"}]) == len(found.entries)
    assert "rest" not in {row.kind for row in made}
    some = rows(found, unfold=True)
    assert some[-1].kind == "rest"
    assert len(some) < len(made)


def test_a_section_that_changed_opens_and_is_a_subtotal() -> None:
    made = rows(of("resnet50", "resnet50_v1"))
    by_path = dict(zip(texts(made, "path"), made, strict=True))
    assert by_path["layer2"].subtotal
    assert by_path["layer2.0"].subtotal
    assert not by_path["layer2.1"].subtotal
    assert not by_path["layer1"].subtotal
    assert by_path["layer2.0.conv1"].level == 2


def test_what_is_notable_is_shown_though_it_has_not_changed() -> None:
    found = of("resnet18", "resnet18")
    brief = texts(rows(found, brief=True), "path")
    assert brief == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    noted = texts(rows(found, brief=True, notable="layer3.1.bn2"), "path")
    assert noted == [
        "stem", "layer1", "layer2", "layer3", "layer3.1", "layer3.1.bn2", "layer4", "head",
        "not shown",
    ]  # fmt: skip


def test_what_is_left_out_is_in_the_last_row() -> None:
    made = rows(of("resnet18", "resnet34"), Selection(stage=2))
    assert texts(made, "path")[0] == "layer2"
    assert made[-1].kind == "rest"
    assert texts(made, "change")[-1] == "~"  # another number of blocks is among it
    same = rows(of("resnet18", "resnet18"), Selection(stage=2))
    assert texts(same, "change")[-1] == "="


def test_a_row_knows_its_calls_on_both_sides() -> None:
    found = of("resnet18", "resnet34")
    made = rows(found)
    by_path = dict(zip(texts(made, "path"), made, strict=True))
    both = by_path["layer3"]
    for side, survey in enumerate((found.left, found.right)):
        stage = survey.anatomy.stages[2]
        assert calls_of(both, side) == ((stage.first, stage.last),)
    alone = by_path["layer3.5"]
    assert calls_of(alone, 0) == ()
    assert len(calls_of(alone, 1)) == 1
