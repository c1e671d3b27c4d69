"""What is known of a tensor without holding it: its shape, its dtype and whose memory it uses."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """The shape and element type of one tensor."""

    shape: Shape
    """Sizes in torch's order, batch first: (N, C, H, W) for images; () for a scalar."""
    dtype: str
    """The name torch gives the element type, without its prefix: "float32"."""
    itemsize: int
    """Bytes per element."""
    mapped: int = 1
    """How many tensors of this shape it stands for: the batch of a `vmap`, which the code inside it
    does not see."""

    @property
    def elements(self) -> int:
        """How many numbers the tensor holds, as the code sees it."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of its elements, as if contiguous and not shared; of all that it stands for."""
        return self.elements * self.itemsize * self.mapped


@dataclass(frozen=True, slots=True)
class Activation:
    """One tensor value of a forward pass; its number is its place in `Trace.activations`.

    An in-place operation gives a new activation on the storage of the old one.
    """

    tensor: TensorSpec
    storage: int
    """Number of the memory block: activations with equal numbers share memory."""


@dataclass(frozen=True, slots=True)
class Port:
    """One tensor that goes into or comes out of a call."""

    label: str
    """Where it stood in the arguments or the result: "" for the only one, "0", "out", "boxes.1"."""
    activation: int
    """Its number in `Trace.activations`."""
