"""Small networks whose parts can be run under `torch.utils.checkpoint`, of either kind."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

Kind = bool | None
"""Whether reentrant; None for no checkpoints."""


def again(part: Callable[..., Tensor], kind: Kind, *taken: Tensor) -> Tensor:
    """Run a part, under a checkpoint of that kind."""
    if kind is None:
        return part(*taken)
    return checkpoint(part, *taken, use_reentrant=kind)  # type: ignore[no-any-return]


class Unit(nn.Module):
    def __init__(self, given: int, made: int, stride: int) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(given, made, 3, stride, 1), nn.Conv2d(made, made, 3, 1, 1)
        self.na, self.nb = nn.BatchNorm2d(made), nn.BatchNorm2d(made)
        self.side = nn.Conv2d(given, made, 1, stride) if given != made else nn.Identity()

    def forward(self, x):
        return torch.relu(self.nb(self.b(torch.relu(self.na(self.a(x))))) + self.side(x))


class Blocks(nn.Module):
    """Four residual blocks, a checkpoint for each."""

    def __init__(self, kind: Kind = None) -> None:
        super().__init__()
        self.kind = kind
        self.enter = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1), nn.BatchNorm2d(16), nn.ReLU())
        self.units = nn.ModuleList(
            [Unit(16, 16, 1), Unit(16, 16, 1), Unit(16, 32, 2), Unit(32, 32, 1)]
        )
        self.leave = nn.Linear(32, 10)

    def forward(self, x):
        return self.leave(self.middle(self.enter(x)).mean((2, 3)))

    def middle(self, x):
        for unit in self.units:
            x = again(unit, self.kind, x)
        return x


class Stages(Blocks):
    """A checkpoint for two blocks."""

    def middle(self, x):
        x = again(lambda x: self.units[1](self.units[0](x)), self.kind, x)
        return again(lambda x: self.units[3](self.units[2](x)), self.kind, x)


class Nested(Blocks):
    """A checkpoint for two blocks, and one for each of them in it."""

    def middle(self, x):
        for first in (0, 2):
            x = again(lambda x, i=first: self.two(x, i), self.kind, x)
        return x

    def two(self, x, first):
        x = again(self.units[first], self.kind, x)
        return again(self.units[first + 1], self.kind, x)


class PreActivation(nn.Sequential):
    def __init__(self, planes: int) -> None:
        super().__init__(
            nn.BatchNorm2d(planes), nn.ReLU(), nn.Conv2d(planes, planes, 3, padding=1),
            nn.BatchNorm2d(planes), nn.ReLU(True), nn.Conv2d(planes, planes, 3, padding=1),
        )  # fmt: skip

    def forward(self, x):
        return x + super().forward(x)


class Segments(Blocks):
    """`checkpoint_sequential` over pre-activation blocks; the last segment is run plainly."""

    def __init__(self, kind: Kind = None) -> None:
        super().__init__(kind)
        self.units = nn.Sequential(*(PreActivation(16) for _ in range(4)))
        self.leave = nn.Linear(16, 10)

    def middle(self, x):
        if self.kind is None:
            return self.units(x)
        return checkpoint_sequential(self.units, 2, x, use_reentrant=self.kind)


class UNet(nn.Module):
    """Checkpoints on the way down and at full size, beside a skip that is not in any."""

    def __init__(self, kind: Kind = None) -> None:
        super().__init__()
        self.kind = kind
        self.enter, self.down = nn.Conv2d(3, 16, 3, 1, 1), nn.Conv2d(16, 32, 3, 2, 1)
        self.deep, self.up = PreActivation(32), nn.ConvTranspose2d(32, 16, 2, 2)
        self.joined = nn.Sequential(
            nn.Conv2d(32, 16, 3, 1, 1), nn.ReLU(), nn.Conv2d(16, 16, 3, 1, 1), nn.ReLU()
        )
        self.leave = nn.Conv2d(16, 2, 1)

    def forward(self, x):
        skip = self.enter(x)
        deep = again(self.deep, self.kind, torch.relu(self.down(skip)))
        return self.leave(again(self.joined, self.kind, torch.cat([skip, self.up(deep)], 1)))


class Dense(nn.Module):
    """Every layer takes all before it, and is a checkpoint."""

    def __init__(self, kind: Kind = None) -> None:
        super().__init__()
        self.kind, self.enter, self.leave = kind, nn.Conv2d(3, 16, 3, 1, 1), nn.Linear(48, 10)
        planes = range(16, 48, 8)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(n), nn.ReLU(), nn.Conv2d(n, 8, 3, padding=1))
            for n in planes
        )

    def forward(self, x):
        maps = [self.enter(x)]
        for layer in self.layers:
            joined = lambda *maps, layer=layer: layer(torch.cat(maps, 1))  # noqa: E731
            maps.append(again(joined, self.kind, *maps))
        return self.leave(torch.cat(maps, 1).mean((2, 3)))


class Tokens(nn.Module):
    """Attention of its own making, a checkpoint for each block."""

    def __init__(self, kind: Kind = None) -> None:
        super().__init__()
        self.kind, self.enter, self.leave = kind, nn.Conv2d(3, 48, 8, 8), nn.Linear(48, 10)
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {
                    "n": nn.LayerNorm(48), "qkv": nn.Linear(48, 144), "o": nn.Linear(48, 48),
                    "m": nn.Sequential(
                        nn.LayerNorm(48), nn.Linear(48, 96), nn.GELU(), nn.Linear(96, 48)
                    ),
                }
            )
            for _ in range(3)
        )  # fmt: skip

    def forward(self, x):
        x = self.enter(x).flatten(2).transpose(1, 2)
        for block in self.blocks:
            x = again(lambda x, block=block: self.attend(block, x), self.kind, x)
        return self.leave(x.mean(1))

    def attend(self, block, x):
        b, n, c = x.shape
        q, k, v = block["qkv"](block["n"](x)).view(b, n, 3, 4, 12).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-1, -2) * 0.3).softmax(-1)
        x = x + block["o"]((weights @ v).transpose(1, 2).reshape(b, n, c))
        return x + block["m"](x)


NETWORKS = (Blocks, Stages, Nested, Segments, UNet, Dense, Tokens)
