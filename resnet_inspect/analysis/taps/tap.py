"""Feature maps worth taking, as values: one tap, and those of a network."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_inspect.analysis.geometry.receptive_field import Number, ReceptiveField
from resnet_inspect.analysis.taps.maps import Map
from resnet_inspect.traces.tensors import Shape


@dataclass(frozen=True, slots=True)
class Tap:
    """A feature map worth taking."""

    path: str
    """A name that no other tap has: the outermost module whose output it is ("layer1"), with its
    place there if that gives several ("backbone[pool]"); the call's path where a function makes
    it."""
    call: int
    """Index of that call."""
    map: Map

    @property
    def activation(self) -> int:
        """Its number in `Trace.activations`."""
        return self.map.activation

    @property
    def shape(self) -> Shape:
        """As the network makes it: batch, channels, then sizes; or the channels last."""
        return self.map.shape

    @property
    def size(self) -> Shape:
        """Positions along each spatial dimension."""
        return self.map.size

    @property
    def field(self) -> ReceptiveField | None:
        """What an element of it sees; None where that is not known."""
        return self.map.field

    @property
    def stride(self) -> tuple[Number, ...]:
        """Input pixels per element, for each spatial dimension."""
        return self.map.stride

    @property
    def channels(self) -> int:
        """Planes of the map."""
        return self.map.planes


@dataclass(frozen=True, slots=True)
class Taps:
    """The maps of a network that are worth taking."""

    down: tuple[Tap, ...]
    """On the way to the deepest map, one of each stride, the shallowest first."""
    up: tuple[Tap, ...] = ()
    """What a decoder or an FPN inside the network gives, the shallowest first."""
    image: Shape = ()
    """Spatial sizes of the image that strides are counted from."""
    origin: str = ""
    """Where that image is, if it is no input of the network: "transform gives", "conv1 takes"."""
    last: Tap | None = None
    """The last map before the head or the decoder: what Grad-CAM looks at."""
    last_layer: str = ""
    """The module that gives it; "" where none does."""
    unplaced: tuple[str, ...] = ()
    """Layers that give maps of which no stride is known, since positions were lost before them."""
    tokens: str = ""
    """The first block, where all stand behind the last map and work on tokens."""

    @property
    def all(self) -> tuple[Tap, ...]:
        """Both, those on the way down first."""
        return (*self.down, *self.up)
