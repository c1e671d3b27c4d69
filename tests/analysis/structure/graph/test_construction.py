"""The graph of a network: every step is in one node, edges are the data flow, blocks fold."""

from __future__ import annotations

import pytest
from figures_of_traces import (
    ADD,
    LEVELS,
    RELU,
    THREE,
)
from saved import NAMES, ByHand, conv, survey_of, window

from resnet_inspect.analysis.structure.graph import construction, nodes
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.model import Trace


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", LEVELS)
def test_every_step_is_in_one_node(name: str, level: nodes.Level) -> None:
    survey = survey_of(name)
    found = construction.of_network(survey.trace, survey.anatomy, level, fold=False)
    held = [step for node in found.nodes for step in node.steps]
    assert sorted(held) == list(survey.trace.steps)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", LEVELS)
def test_edges_are_the_data_flow(name: str, level: nodes.Level) -> None:
    """Second opinion: an edge for every tensor that a step takes from a step of another node."""
    trace = survey_of(name).trace
    found = construction.of_network(trace, survey_of(name).anatomy, level, fold=False)
    node_of = {step: number for number, node in enumerate(found.nodes) for step in node.steps}
    flow = {
        (node_of[maker], node_of[taker], port.activation)
        for maker in trace.steps
        for port in trace.calls[maker].outputs
        for taker in trace.consumers.get(port.activation, ())
        if maker < taker and node_of[maker] != node_of[taker]
    }
    drawn = {
        (edge.source, edge.target, activation)
        for edge in found.edges
        for activation in edge.activations
        if found.nodes[edge.source].steps and found.nodes[edge.target].steps
    }
    assert drawn == flow


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet101", "r3d_18", "names"])
def test_folded_blocks_add_up(name: str) -> None:
    survey = survey_of(name)
    found = construction.of_network(survey.trace, survey.anatomy)
    times = {group.block.add: group.times for group in found.groups if group.block}
    adds = {node.block.add for node in found.nodes if node.kind == "add" and node.block}
    assert sum(times.get(add, 1) for add in adds) == len(survey.anatomy.blocks)
    shortcuts = {
        edge.target: edge.shortcut for edge in found.edges
        if edge.shortcut and found.nodes[edge.target].kind == "add"
    }  # fmt: skip
    assert len(shortcuts) == len(adds)
    for target, kind in shortcuts.items():
        block = found.nodes[target].block
        assert block is not None
        assert kind == block.shortcut


def test_resnet50_folds_to_its_eight_kinds_of_block() -> None:
    survey = survey_of("resnet50")
    found = construction.of_network(survey.trace, survey.anatomy)
    repeated = [g.times for g in found.groups if g.block is not None]
    assert repeated == [2, 3, 5, 2]
    assert sum(node.kind == "branch" for node in found.nodes) == 8
    assert sum(node.kind == "bypass" for node in found.nodes) == 4


def tapped(extra: bool) -> Trace:
    """Three equal identity blocks; with `extra`, what the second gives is an output too."""
    net = ByHand()
    now = net.input(1, 4, 8, 8)
    given = [now]
    for number in range(3):
        before = now
        now = net.step(f"b{number}.conv1", conv(4, 4, THREE), now)
        now = net.step(f"b{number}.relu", RELU, now)
        now = net.step(f"b{number}.conv2", conv(4, 4, THREE), now)
        now = net.step(f"b{number}:add", ADD, (now, before))
        given.append(now)
    if extra:
        aside = net.step("side", conv(4, 2, window(1)), given[2], (1, 2, 8, 8))
        return net.trace(now, aside)
    return net.trace(now)


def test_a_block_that_something_else_takes_is_not_folded_away() -> None:
    for extra, expected in ((False, [3]), (True, [2])):
        survey = Survey(tapped(extra))
        found = construction.of_network(survey.trace, survey.anatomy)
        assert [group.times for group in found.groups if group.block] == expected
    side = next(i for i, n in enumerate(found.nodes) if n.steps and len(n.steps) == 1
                and survey.trace.calls[n.steps[0]].path == "side")  # fmt: skip
    source = next(edge.source for edge in found.edges if edge.target == side)
    assert found.nodes[source].kind == "add"
