"""The weights of a small network by name and shape, as they are and changed."""

from __future__ import annotations

from resnet_inspect.analysis.identity import Candidate, Identity, match
from resnet_inspect.traces.tensors import Shape, TensorSpec

NETWORK: dict[str, Shape] = {
    "conv1.weight": (8, 3, 7, 7),
    "bn1.weight": (8,),
    "bn1.running_mean": (8,),
    "bn1.num_batches_tracked": (),
    "layer1.0.conv1.weight": (8, 8, 3, 3),
    "layer1.0.conv2.weight": (8, 8, 3, 3),
    "fc.weight": (1000, 8),
    "fc.bias": (1000,),
}


def specs(shapes: dict[str, Shape]) -> dict[str, TensorSpec]:
    return {name: TensorSpec(shape, "float32", 4) for name, shape in shapes.items()}


def changed(**shapes: Shape | None) -> dict[str, TensorSpec]:
    """The network's own weights but for these; None leaves one out, __ stands for a dot."""
    made: dict[str, Shape | None] = {
        **NETWORK,
        **{name.replace("__", "."): shape for name, shape in shapes.items()},
    }
    return specs({name: shape for name, shape in made.items() if shape is not None})


def identity(found: dict[str, TensorSpec], *names: str) -> Identity:
    compared = tuple(Candidate(name, (), match(found, NETWORK)) for name in names)
    return Identity("net.pth", "torch", "state_dict", (), found, None, compared)
