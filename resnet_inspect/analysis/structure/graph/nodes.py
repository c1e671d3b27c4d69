"""A network as a graph: nodes that stand for steps, and the tensors that run between them.

Every step is in exactly one node; an edge is there where a step takes what a step of another node
made. `construction` makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_inspect.analysis.structure.anatomy import Block, ShortcutKind, Stage
from resnet_inspect.traces.ops import Activate, Elementwise, Norm, Op, Reshape

Level = Literal["stage", "block", "layer"]
NodeKind = Literal[
    "input", "outside", "layer", "branch", "bypass", "add", "stage", "module", "output"
]


@dataclass(frozen=True, slots=True)
class Node:
    """What is drawn as one."""

    kind: NodeKind
    """"branch", "bypass" and "add" are the parts of a block; "layer" is any step with what follows
    on its map, "module" a call that holds several; "outside" is a tensor that no call made."""
    steps: tuple[int, ...] = ()
    """The steps that it stands for, in order; those of the first where blocks are folded."""
    activation: int | None = None
    """The tensor of an input, an output or what comes from outside."""
    label: str = ""
    """The name of that tensor among the network's inputs or outputs."""
    call: int | None = None
    """The call of a "module"."""
    stage: Stage | None = None
    block: Block | None = None
    """The block that its steps are of."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Tensors that run from one node to another."""

    source: int
    target: int
    """Places in `Graph.nodes`."""
    activations: tuple[int, ...]
    shortcut: ShortcutKind | None = None
    """Set where it is part of a block's shortcut."""


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes that belong together: a stage, or a block within it."""

    stage: Stage
    block: Block | None
    """None for the stage itself."""
    nodes: tuple[int, ...]
    times: int = 1
    """How many blocks in a row are like this one, itself included."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order of execution, edges, and groups with an outer one before those in it."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()


def follows(op: Op) -> bool:
    """Whether an op only works on a map as it is, and so is drawn with the layer before it."""
    return isinstance(op, Norm | Activate | Elementwise | Reshape)
