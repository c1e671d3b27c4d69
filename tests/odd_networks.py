"""One network in many odd classes: what they override is none of the trace's business."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

SIZE = (1, 3, 8, 8)
PARAMETERS = (4 * 27 + 4) + 2 * 4 + 2 * (4 * 36 + 4) + (4 * 5 + 5)
MACS = 64 * (4 * 27 + 2 * 4 * 36) + 4 * 5
"""By formula: three convolutions at 8×8, and a linear layer."""
PATHS = ("", "conv", "bn", "block", "block.0", "block.1", "block.2", "fc")


class Plain(nn.Module):
    """A residual block between a stem and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        first, second = (nn.Conv2d(4, 4, 3, padding=1) for _ in range(2))
        self.block = nn.Sequential(first, nn.ReLU(), second)
        self.fc = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv(x))
        return self.fc(functional.relu(x + self.block(x)).mean((2, 3)))


def overriding(*names: str, raises: bool) -> type[Plain]:
    def overridden(self: Plain, *args: Any, **kwargs: Any) -> None:
        if raises:
            raise RuntimeError("overridden")

    title = f"{'Raises' if raises else 'Nothing'}_{names[0]}"
    return type(title, (Plain,), dict.fromkeys(names, overridden))


OVERRIDDEN = (
    ("modules", "named_modules"), ("children", "named_children"),
    ("parameters", "named_parameters"), ("buffers", "named_buffers"),
    ("train", "eval"), ("apply", "_apply", "to"), ("state_dict", "zero_grad"),
    ("__len__", "__bool__", "__iter__", "__contains__"), ("__repr__", "extra_repr", "_get_name"),
    ("register_forward_hook", "register_forward_pre_hook"), ("get_submodule",), ("__dir__",),
    ("__eq__", "__hash__"),
)  # fmt: skip


class AttributesRaise(Plain):
    """Raises for what it has not, which is not what `hasattr` expects."""

    def __getattr__(self, name: str) -> Any:
        held = vars(self).get("_modules", {})
        if name in held:
            return held[name]
        raise RuntimeError(f"no {name}")


class AttributesAnswer(Plain):
    """Has whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return lambda *args, **kwargs: 7


class Unhashable(Plain):
    """Equal to everything, and so without a hash."""

    def __eq__(self, other: object) -> bool:
        return True


class Inside(Plain):
    """Holds unhashable modules."""

    def __init__(self) -> None:
        super().__init__()
        block = type("Block", (nn.Sequential,), {"__eq__": lambda self, other: 1 / 0})
        self.block = block(*self.block)


class Cycle(Plain):
    """Holds itself, and a block that holds it."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self
        self.conv.network = self


class TrainTakesNothing(Plain):
    """Its `train` has no mode."""

    def train(self) -> Any:
        return self


class CallsForward(Plain):
    """Calling it runs no hooks."""

    def __call__(self, x: Tensor) -> Tensor:
        return self.forward(x)


class CallsNoForward(Plain):
    """Calling it runs neither hooks nor its forward."""

    def __call__(self, x: Tensor) -> Tensor:
        return Plain.forward(self, x)

    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("nobody calls it")


class CallsWithMore(Plain):
    """Calling it is what calling a module is, and more."""

    def __call__(self, x: Tensor, *more: Any) -> Tensor:
        return super().__call__(x)


class Settings(dict):  # type: ignore[type-arg]
    """The commonest way to write settings.x for settings["x"]; it raises KeyError."""

    __getattr__ = dict.__getitem__


class WithSettings(Plain):
    """Has settings in its class, and calls a forward past hooks."""

    settings = Settings(depth=3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv.forward(x))
        return self.fc(functional.relu(x + self.block(x)).mean((2, 3)))


class Deletes(Plain):
    """Deletes what it has while it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.x = torch.ones(3)

    def forward(self, x: Tensor) -> Tensor:
        made = super().forward(x)
        del self.x, self.bn, self.fc.weight, self.fc.in_features, self.block._modules, self._buffers
        return made


class Replaces(Plain):
    """Puts other modules in the place of its own when they have run."""

    def forward(self, x: Tensor) -> Tensor:
        made = super().forward(x)
        self.conv, self.block[0], self.new = nn.ReLU(), nn.Identity(), nn.Linear(2, 2)
        return made


class TakesHooksOff(Plain):
    """Has no hooks when it has run."""

    def forward(self, x: Tensor) -> Tensor:
        made = super().forward(x)
        self._forward_hooks = OrderedDict()
        return made


class GivesOddities(Plain):
    """Gives a tensor, and objects that nothing can be asked of."""

    def forward(self, x: Tensor) -> Any:
        def refuse(self: Any, *args: Any) -> Any:
            raise RuntimeError("nothing can be asked")

        names = ("__getattr__", "__iter__", "__len__", "__str__", "__eq__")
        odd = type("Odd", (dict,), dict.fromkeys((*names, "items"), refuse))
        return [super().forward(x), odd(), type("Slots", (), {"__slots__": (), **vars(odd)})]


ODD: tuple[type[nn.Module], ...] = (
    *(overriding(*names, raises=raises) for names in OVERRIDDEN for raises in (True, False)),
    AttributesRaise, AttributesAnswer, Unhashable, Inside, Cycle, TrainTakesNothing, CallsForward,
    CallsNoForward, CallsWithMore, WithSettings, Deletes, Replaces, TakesHooksOff,
    GivesOddities,
)  # fmt: skip


class NotMade(nn.Module):
    """Forgets to call its parent's `__init__`."""

    def __init__(self) -> None:
        self.__dict__["scale"] = 2

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


class HoldsNotMade(nn.Module):
    """Holds such a module."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = NotMade()

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)
