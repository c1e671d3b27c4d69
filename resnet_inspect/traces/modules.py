"""What a module is, once for each module however often it is called."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_inspect.traces.ops import Op
from resnet_inspect.traces.tensors import TensorSpec


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """A parameter or buffer that sits on a module."""

    name: str
    """Its name on that module: "weight"."""
    tensor: TensorSpec
    trainable: bool
    """`requires_grad`; False for a buffer."""
    same_as: str | None = None
    """Full name of the first parameter that is the very same tensor (tied weights)."""


@dataclass(frozen=True, slots=True)
class ModuleSpec:
    """One `nn.Module` of the network."""

    path: str
    """Dotted name from the network; "" for the network itself. The first, if it has several."""
    class_name: str
    op: Op
    parameters: tuple[ParameterSpec, ...]
    """Those that sit on this very module, not on its children."""
    buffers: tuple[ParameterSpec, ...]
    children: tuple[str, ...]
    """Paths of its direct children, as the children's own `path` gives them."""
    aliases: tuple[str, ...] = ()
    """Its other dotted names, where several parents share it."""
    training: bool = False


def join(path: str, name: str) -> str:
    """The dotted name of `name` inside `path`; the network itself has the path ""."""
    return f"{path}.{name}" if path else name
