"""The graph of a network, or of a block, from its trace and its anatomy.

What makes up a node is a matter of the level: a whole stage; the two paths and the add of a
residual block; a layer with the norm and the nonlinearity on its map. Blocks that follow each
other and are alike are one, drawn once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from resnet_inspect.analysis.structure.anatomy import Anatomy, Block, ShortcutKind, Stage
from resnet_inspect.analysis.structure.graph.nodes import (
    Edge,
    Graph,
    Group,
    Level,
    Node,
    NodeKind,
    follows,
)
from resnet_inspect.analysis.structure.graph.repeats import roles, runs
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.ops import Container
from resnet_inspect.traces.tensors import Port

_PARTS: tuple[NodeKind, ...] = ("branch", "bypass", "add")
"""The parts of a block, each a node at the level of blocks."""


def of_network(trace: Trace, anatomy: Anatomy, level: Level = "block", fold: bool = True) -> Graph:
    """The graph of a whole network.

    Args:
        trace: what the network did.
        anatomy: its stages and blocks.
        level: "stage" makes a stage one node, and outside of stages a module or a chain of layers;
            "block" makes each path of a block one; "layer" a layer with what follows on its map.
        fold: draw identical blocks in a row once; at the level of stages there are none.

    """
    builder = _Builder(trace, level)
    if level == "stage":
        for call in _modules(trace, anatomy.stages):
            builder.gather("module", range(call, trace.last_descendant[call] + 1), call=call)
        for stage in anatomy.stages:
            builder.gather("stage", range(stage.first, stage.last + 1), stage=stage)
    else:
        for stage in anatomy.stages:
            builder.add_stage(stage, fold)
    return builder.graph(trace.steps, trace.outputs)


def of_block(trace: Trace, stage: Stage, block: Block) -> Graph:
    """The two paths of one block, layer by layer, between what it takes and what it gives."""
    builder = _Builder(trace, "layer")
    members = roles(trace, block)
    builder.add_run(stage, [block])
    return builder.graph(sorted(members), [Port("", block.output)], apart=True)


def _modules(trace: Trace, stages: Sequence[Stage]) -> list[int]:
    """The outermost module calls that hold no part of a stage; a sole one is opened."""
    waiting, found = [0], []
    while waiting:
        call = waiting.pop()
        last = trace.last_descendant[call]
        if not isinstance(trace.calls[call].op, Container) or call == last:
            continue
        if call == 0 or any(s.first <= last and call <= s.last for s in stages):
            waiting += trace.children[call]
        else:
            found.append(call)
        if len(found) == 1 and not waiting and not stages:
            only = [c for c in trace.children[found[0]] if c < trace.last_descendant[c]]
            if only:
                waiting, found = list(trace.children[found[0]]), []
    return found


class _Builder:
    """A graph in the making: which steps are gathered in one node, and which are left out."""

    def __init__(self, trace: Trace, level: Level) -> None:
        self.trace, self.level = trace, level
        self.gathered: dict[int, Node] = {}
        self.scope: dict[int, tuple[Stage, Block | None]] = {}
        """Stage and block that a step belongs to; no layer reaches across their borders."""
        self.part: dict[int, tuple[Block, NodeKind]] = {}
        self.folded: set[int] = set()
        self.stands_for: dict[int, int] = {}
        """The tensor that is drawn, by one that a folded block gives."""
        self.times: dict[int, int] = {}
        """How many blocks a drawn one stands for, by its add."""

    def gather(
        self,
        kind: NodeKind,
        steps: Sequence[int],
        *,
        call: int | None = None,
        stage: Stage | None = None,
        block: Block | None = None,
    ) -> None:
        """Let these steps be one node."""
        node = Node(kind, tuple(steps), call=call, stage=stage, block=block)
        self.gathered.update(dict.fromkeys(steps, node))

    def add_stage(self, stage: Stage, fold: bool) -> None:
        """Take in the blocks of a stage."""
        for step in range(stage.first, stage.last + 1):
            self.scope[step] = (stage, None)
        for run in runs(self.trace, stage) if fold else ([block] for block in stage.blocks):
            self.add_run(stage, run)

    def add_run(self, stage: Stage, run: Sequence[Block]) -> None:
        """Take in identical blocks in a row, of which the first is drawn."""
        block = run[0]
        members = roles(self.trace, block)
        for step, kind in members.items():
            self.scope[step] = (stage, block)
            self.part[step] = (block.part_at(step), kind)
        if self.level == "block":
            for part in block.parts:
                own = [step for step in sorted(members) if self.part[step][0] is part]
                for kind in _PARTS:
                    steps = [step for step in own if members[step] == kind]
                    self.gather(kind, steps, stage=stage, block=block)
        self.times[block.add] = len(run)
        for copy in run[1:]:
            self.folded.update(roles(self.trace, copy))
        self.stands_for[run[-1].output] = block.output

    def graph(self, steps: Sequence[int], results: Sequence[Port], apart: bool = False) -> Graph:
        """The graph of these steps; with `apart`, what others make is an input of it."""
        trace = self.trace
        steps = [step for step in steps if step not in self.folded]
        maker: dict[int, int] = {}
        for step in steps:
            for port in trace.calls[step].outputs:
                maker.setdefault(port.activation, step)
        node_of = self._nodes(steps, maker, {port.activation for port in results})
        # Nodes are told apart by identity: two that look alike are still two.
        nodes: dict[int, Node] = {id(node): node for node in node_of.values()}
        first = {id(node): float(step) for step, node in reversed(node_of.items())}
        ends: dict[int, Node] = {}

        def end(node: Node, place: float) -> Node:
            nodes[id(node)] = node
            first[id(node)] = place
            return node

        if not apart:
            for port in trace.inputs:
                made = Node("input", activation=port.activation, label=port.label)
                ends.setdefault(port.activation, end(made, -1))
        wires: dict[tuple[int, int], list[tuple[int, ShortcutKind | None]]] = {}

        def wire(activation: int, target: Node, shortcut: ShortcutKind | None, place: int) -> None:
            step = maker.get(self.stands_for.get(activation, activation))
            source = node_of[step] if step is not None else ends.get(activation)
            if source is None:
                kind: NodeKind = "input" if apart else "outside"
                source = end(Node(kind, activation=activation), place - 0.5)
                ends[activation] = source
            if source is not target:
                wires.setdefault((id(source), id(target)), []).append((activation, shortcut))

        for step in steps:
            for activation in dict.fromkeys(p.activation for p in trace.calls[step].inputs):
                wire(activation, node_of[step], self._shortcut(step, activation), step)
        for port in results:
            result = Node("output", activation=port.activation, label=port.label)
            wire(port.activation, end(result, len(trace.calls)), None, len(trace.calls))
        return self._assembled(nodes, first, wires)

    def _assembled(
        self,
        nodes: Mapping[int, Node],
        first: Mapping[int, float],
        wires: Mapping[tuple[int, int], Sequence[tuple[int, ShortcutKind | None]]],
    ) -> Graph:
        """Nodes in the order in which they first do anything, and the edges between them."""
        order = sorted(nodes, key=lambda key: first[key])
        number = {key: place for place, key in enumerate(order)}
        edges = (
            Edge(
                number[source],
                number[target],
                tuple(dict.fromkeys(activation for activation, _ in carried)),
                next((shortcut for _, shortcut in carried if shortcut), None),
            )
            for (source, target), carried in wires.items()
        )
        kept = tuple(nodes[key] for key in order)
        edges_in_order = tuple(sorted(edges, key=lambda edge: (edge.source, edge.target)))
        return Graph(kept, edges_in_order, tuple(self._groups(kept)))

    def _nodes(
        self, steps: Sequence[int], maker: dict[int, int], results: set[int]
    ) -> dict[int, Node]:
        """The node of each step, in the order of the steps."""
        drawn = set(steps)
        layers: dict[int, list[int]] = {}
        for step in steps:
            if step in self.gathered:
                continue
            before = self._joins(step, maker, layers, results, drawn)
            layers[step] = layers[before] if before is not None else []
            layers[step].append(step)
        nodes = {
            id(held): Node(
                self._layer_kind(held),
                tuple(held),
                stage=self.scope.get(held[0], (None, None))[0],
                block=self.scope.get(held[0], (None, None))[1],
            )
            for held in layers.values()
        }
        kept = {
            id(node): replace(node, steps=tuple(step for step in node.steps if step in drawn))
            for node in self.gathered.values()
        }
        return {
            step: kept[id(self.gathered[step])]
            if step in self.gathered
            else nodes[id(layers[step])]
            for step in steps
        }

    def _joins(
        self,
        step: int,
        maker: dict[int, int],
        layers: dict[int, list[int]],
        results: set[int],
        drawn: set[int],
    ) -> int | None:
        """The step before this one if both are of one layer.

        A norm or nonlinearity is of the layer whose map it alone takes; a layer is of what comes
        before it where that is no layer (pre-activation). Outside of stages, at their level, a
        whole chain is one.
        """
        given = {port.activation for port in self.trace.calls[step].inputs}
        activation = given.pop() if given else -1
        before = maker.get(activation)
        if given or before is None or before not in layers or activation in results:
            return None
        takers = [taker for taker in self.trace.consumers[activation] if taker in drawn]
        if takers != [step] or layers[before][-1] != before:
            return None
        if self.part.get(before, (None,))[0] is not self.part.get(step, (None,))[0]:
            return None
        if self.scope.get(before) != self.scope.get(step) or self._kind(before) != self._kind(step):
            return None
        held = [self.trace.calls[index] for index in layers[before]]
        no_layer = all(follows(call.op) for call in held) and len(held[0].inputs) == 1
        whole_chain = self.level == "stage"
        fits = whole_chain or no_layer or follows(self.trace.calls[step].op)
        return before if fits else None

    def _kind(self, step: int) -> NodeKind:
        return self.part[step][1] if step in self.part else "layer"

    def _layer_kind(self, steps: Sequence[int]) -> NodeKind:
        return "add" if self._kind(steps[0]) == "add" else "layer"

    def _shortcut(self, step: int, activation: int) -> ShortcutKind | None:
        """Whether a tensor runs along a block's shortcut to this step, and of which kind."""
        block, kind = self.part.get(step, (None, "layer"))
        if block is None or kind not in ("bypass", "add"):
            return None
        if step == block.add:
            maker = self.trace.producer.get(activation)
            return None if maker in block.branch else block.shortcut
        return block.shortcut if kind == "bypass" else None

    def _groups(self, nodes: Sequence[Node]) -> Iterator[Group]:
        if self.level == "stage":
            return
        stages: dict[int, list[int]] = {}
        blocks: dict[int, list[int]] = {}
        owner: dict[int, tuple[Stage, Block | None]] = {}
        for number, node in enumerate(nodes):
            if not node.steps or node.steps[0] not in self.scope:
                continue
            stage, block = self.scope[node.steps[0]]
            stages.setdefault(stage.number, []).append(number)
            owner[number] = (stage, block)
            if block is not None and (self.level == "layer" or self.times[block.add] > 1):
                blocks.setdefault(block.add, []).append(number)
        for held in stages.values():
            stage = owner[held[0]][0]
            yield Group(stage, None, tuple(held))
        for add, held in blocks.items():
            stage, block = owner[held[0]]
            yield Group(stage, block, tuple(held), self.times[add])
