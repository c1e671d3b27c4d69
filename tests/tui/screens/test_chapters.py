"""What the help says of the filter is so."""

from __future__ import annotations

from pathlib import Path

from by_hand import measured
from saved import survey_of

import resnet_inspect as ri
from resnet_inspect.analysis.comparison.networks import compare
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.analysis.timing import Timing
from resnet_inspect.tui.screens.chapters import FILTERS
from resnet_inspect.views.tables.comparison import networks
from resnet_inspect.views.tables.filter import query_of
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.timing import beside


def test_the_filters_that_the_help_shows_are_understood_and_find_something() -> None:
    steps = Selection(everything=True)
    trace, found = measured("resnet50")
    speed = Timing(Survey(trace), found)
    table = beside(speed, ri.tabulate(trace, "layers", steps))
    both = networks.view(compare(survey_of("resnet50"), survey_of("resnet34")), steps, unfold=True)
    for written, _ in FILTERS:
        of = both if written.startswith("only") else table
        query = query_of(written, of)
        assert not query.problems, written
        assert 0 < len(query.places(of)) < len(of.rows), written


def test_the_recipes_say_what_the_help_says_of_the_filter() -> None:
    page = (Path(__file__).parents[3] / "docs" / "recipes.md").read_text(encoding="utf-8")
    for written, _ in FILTERS:
        assert f"`{written}`" in page or f"`{written} " in page or f"`{written}`," in page, written
