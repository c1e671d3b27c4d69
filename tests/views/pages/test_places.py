"""The places of a network: each has a name of its own, and is found from rows and boxes."""

from __future__ import annotations

import pytest
from saved import NAMES, ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.graph import construction
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.ops import Activate
from resnet_inspect.views.cards.subjects import first_of
from resnet_inspect.views.pages.places import Places
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.rows.selection import Selection


@pytest.mark.parametrize("name", NAMES)
def test_every_call_has_a_place_of_its_own(name: str) -> None:
    places = Places(survey_of(name))
    assert next(iter(places.places)) == "network"
    assert all(places.names[subject] == key for key, subject in places.places.items())
    for call in places.survey.trace.calls:
        assert places.name_of(call.index)
    firsts = [first_of(places.survey, subject) for subject in places.places.values()]
    assert firsts == sorted(firsts)


def test_stages_blocks_and_ends_are_called_as_they_are_elsewhere() -> None:
    places = Places(survey_of("resnet50"))
    survey = places.survey
    assert places.places["layer2"] == survey.anatomy.stages[1]
    assert places.places["layer2.0"] == survey.anatomy.blocks[3]
    assert {"stem", "head", "layer1.0.relu", "layer1.0.relu #2"} <= set(places.places)
    assert places.spans("network") == ((0, len(survey.trace.calls) - 1),)
    block = survey.anatomy.blocks[3]
    assert places.spans("layer2.0") == ((block.first, block.last),)
    conv1 = survey.trace.calls_at["conv1"][0]
    assert places.spans("conv1") == ((conv1, conv1),)
    assert places.spans("stem")[0][0] == conv1
    unnamed = Places(survey_of("functional"))
    assert {"stage 1", "stage 2"} <= set(unnamed.places)


def test_a_module_that_is_called_as_a_place_keeps_its_name() -> None:
    net = ByHand()
    x = net.step("stem", conv(3, 4, window(3, 1, 1)), net.input(1, 3, 8, 8), (1, 4, 8, 8))
    x = net.step("network", Activate("relu"), x)
    places = Places(Survey(net.trace(x)))
    assert places.places["stem"] == 1
    assert places.places["network"] == 2
    assert places.places["the network"] == "network"


@pytest.mark.parametrize("view", ["layers", "blocks", "stages"])
@pytest.mark.parametrize("name", ["resnet50", "functional", "plain"])
def test_every_row_but_what_is_left_over_has_a_place(name: str, view: str) -> None:
    places = Places(survey_of(name))
    table = VIEWS[view](places.survey, Selection(everything=True))
    for row in table.rows:
        place = places.place_of(row)
        assert (place is None) == (row.kind == "rest")
        if place is not None:
            assert places.spans(place)[0][0] == row.span[0]


@pytest.mark.parametrize("level", ["stage", "block", "layer"])
@pytest.mark.parametrize("name", ["resnet50", "functional"])
def test_every_box_of_the_figure_has_a_place(name: str, level: construction.Level) -> None:
    places = Places(survey_of(name))
    graph = construction.of_network(places.survey.trace, places.survey.anatomy, level)
    found = [places.place_of_node(node) for node in graph.nodes]
    assert None not in found
    assert found[0] == found[-1] == "network"


def test_identical_blocks_have_the_lesson_of_the_first() -> None:
    places = Places(survey_of("resnet50"))
    assert places.like("layer3.4") == "layer3.1"
    assert places.like("layer3.4.conv2") == "layer3.1.conv2"
    assert places.like("layer3.4.relu #2") == "layer3.1.relu #2"
    for name in ("layer3.0", "layer3.1", "layer3", "conv1", "nothing"):
        assert places.like(name) == name
