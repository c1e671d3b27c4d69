"""What a module is, once for each module however often it is called."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    packed: bool = False
    """Whether a quantized layer holds it in a form of its own, which torch does not list."""
    zeros: int | None = field(default=None, compare=False)
    """How many of its numbers are exactly zero, those that a mask prunes among them; None where it
    has no values (on meta, in older files). Networks with other weights are the same."""


@dataclass(frozen=True, slots=True)
class PythonClass:
    """What Python calls a class, and the module that it is defined in."""

    module: str
    """"torchvision.models.resnet"; "" where the class cannot be found under its name."""
    qualname: str
    """"Bottleneck"; "Outer.Inner" or "build.<locals>.Net" for a class inside something. Without a
    module, the name that the class goes by."""

    @property
    def name(self) -> str:
        """Its own name, without what it is defined in."""
        return self.qualname.rpartition(".")[2] if self.module else self.qualname

    @property
    def full_name(self) -> str:
        """With its module: "torchvision.models.resnet.Bottleneck"; "" if that is not known."""
        return f"{self.module}.{self.qualname}" if self.module else ""


@dataclass(frozen=True, slots=True)
class ModuleSpec:
    """One `nn.Module` of the network."""

    path: str
    """Dotted name from the network; "" for the network itself. The first, if it has several."""
    python_class: PythonClass
    op: Op
    parameters: tuple[ParameterSpec, ...]
    """Those that sit on this very module, not on its children."""
    buffers: tuple[ParameterSpec, ...]
    children: tuple[str, ...]
    """Paths of its direct children, as the children's own `path` gives them."""
    aliases: tuple[str, ...] = ()
    """Its other dotted names, where several parents share it."""
    training: bool = False

    @property
    def class_name(self) -> str:
        """The name of its class, without where that is defined."""
        return self.python_class.name


def join(path: str, name: str) -> str:
    """The dotted name of `name` inside `path`; the network itself has the path ""."""
    return f"{path}.{name}" if path else name
