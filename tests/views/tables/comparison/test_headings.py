"""The columns of two networks side by side."""

from __future__ import annotations

from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.comparison.headings import HEADINGS, KEYS, SHOWN, SIDES, of_side


def test_every_column_has_a_key_a_title_and_a_meaning_of_its_own() -> None:
    assert list(HEADINGS) == list(KEYS)
    assert set(SHOWN) <= set(KEYS)
    assert all(heading.key == key and heading.meaning for key, heading in HEADINGS.items())
    titles = [heading.title for heading in HEADINGS.values()]
    assert len(set(titles)) == len(titles)


def test_a_column_of_one_side_is_that_of_the_other_views_with_the_side_before_it() -> None:
    for key, (side, own) in SIDES.items():
        assert HEADINGS[key] == of_side(("left", "right")[side], COLUMNS[own].heading, 6)
    made = of_side("right", COLUMNS["stride"].heading, 3)
    assert (made.key, made.title, made.worth) == ("right_stride", "right stride", 3)
    assert made.meaning == f"right: {COLUMNS['stride'].meaning}"
    assert len(SIDES) % 2 == 0


def test_where_space_is_short_what_changed_stays() -> None:
    least = sorted(SHOWN, key=lambda key: HEADINGS[key].worth)[:3]
    assert set(least) == {"path", "change", "note"}
