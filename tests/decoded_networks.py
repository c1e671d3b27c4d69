"""Networks with a decoder, of the kinds that others publish, for where the way down ends."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.tapped_networks import layer


class Downs(nn.Module):
    """Three layers of strides 2, 4 and 8; all their maps are given, the image first."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = layer(3, 8, 2), layer(8, 16, 2), layer(16, 32, 2)

    def forward(self, x: Tensor) -> list[Tensor]:
        a = self.a(x)
        b = self.b(a)
        return [x, a, b, self.c(b)]


class Joined(nn.Module):
    """A block of a U-Net's decoder: what is below enlarged, beside the skip."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.conv = layer(given, made)

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        x = functional.interpolate(x, scale_factor=2.0)
        return self.conv(x if skip is None else torch.cat([x, skip], 1))


class Centred(nn.Module):
    """A decoder that begins with something of its own at the deepest level."""

    def __init__(self, center: nn.Module) -> None:
        super().__init__()
        self.center = center
        self.blocks = nn.ModuleList([Joined(48, 16), Joined(24, 8), Joined(8, 4)])

    def forward(self, maps: list[Tensor]) -> Tensor:
        x = self.center(maps[3])
        for block, skip in zip(self.blocks, (maps[2], maps[1], None), strict=True):
            x = block(x, skip)
        return x


class Segmenter(nn.Module):
    def __init__(self, decoder: nn.Module, planes: int = 4) -> None:
        super().__init__()
        self.encoder, self.decoder, self.head = Downs(), decoder, nn.Conv2d(planes, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.decoder(self.encoder(x)))


class Everywhere(nn.Module):
    """Attention of all positions, written with reshapes, and a layer: MAnet's center."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.out = nn.Conv2d(32, 32, 1), nn.Conv2d(32, 32, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        rows = self.q(x).flatten(2)
        seen = torch.softmax((rows.transpose(1, 2) @ rows).flatten(1), 1).view(len(x), 64, 64)
        return self.out(x + (rows @ seen).reshape(x.shape))


class Enlarged(nn.Module):
    """LinkNet's block: narrowed, enlarged by a transposed convolution, widened, the skip added."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Sequential(nn.Conv2d(given, given // 4, 1), nn.BatchNorm2d(given // 4), nn.ReLU()),
            nn.ConvTranspose2d(given // 4, given // 4, 4, 2, 1),
            nn.Sequential(nn.Conv2d(given // 4, made, 1), nn.BatchNorm2d(made), nn.ReLU()),
        )

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        x = self.block(x)
        return x if skip is None else x + skip


class Linked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Enlarged(32, 16), Enlarged(16, 8), Enlarged(8, 4)])

    def forward(self, maps: list[Tensor]) -> Tensor:
        x = maps[3]
        for block, skip in zip(self.blocks, (maps[2], maps[1], None), strict=True):
            x = block(x, skip)
        return x


class Nested(nn.Module):
    """U-Net++ of three levels: each node takes all those before it on its level."""

    def __init__(self) -> None:
        super().__init__()
        self.x01, self.x11, self.x02 = Joined(24, 8), Joined(48, 16), Joined(32, 8)
        self.last = Joined(8, 4)

    def forward(self, maps: list[Tensor]) -> Tensor:
        _, a, b, c = maps
        x01, x11 = self.x01(b, a), self.x11(c, b)
        return self.last(self.x02(x11, torch.cat([a, x01], 1)))


class Perceptrons(nn.Module):
    """SegFormer's decoder: a linear layer for each level, all enlarged and put together."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.ModuleList(nn.Linear(planes, 8) for planes in (8, 16, 32))
        self.fuse = layer(24, 4)

    def forward(self, maps: list[Tensor]) -> Tensor:
        made = []
        for linear, one in zip(self.linear, maps[1:], strict=True):
            y = linear(one.flatten(2).transpose(1, 2)).transpose(1, 2)
            y = y.reshape(len(one), 8, *one.shape[2:])
            made.append(functional.interpolate(y, size=maps[1].shape[2:]))
        return self.fuse(torch.cat(made[::-1], 1))


class Gate(nn.Module):
    """Attention U-Net: how much of a skip goes on, by itself and by what is below."""

    def __init__(self, planes: int) -> None:
        super().__init__()
        self.of_below, self.of_skip = nn.Conv2d(planes, 4, 1), nn.Conv2d(planes, 4, 1)
        self.score = nn.Sequential(nn.Conv2d(4, 1, 1), nn.BatchNorm2d(1), nn.Sigmoid())

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        return skip * self.score(torch.relu(self.of_below(below) + self.of_skip(skip)))


class GatedLevel(nn.Module):
    """A level that holds those below it, as MONAI nests them."""

    def __init__(self, planes: int, below: nn.Module) -> None:
        super().__init__()
        self.below, self.up = below, nn.ConvTranspose2d(2 * planes, planes, 2, 2)
        self.gate, self.merge = Gate(planes), layer(2 * planes, planes)

    def forward(self, x: Tensor) -> Tensor:
        below = torch.relu(self.up(self.below(x)))
        return self.merge(torch.cat([self.gate(below, x), below], 1))


def segmenter() -> nn.Module:
    return Segmenter(Centred(Everywhere()))


def gated_skips() -> nn.Module:
    inner = nn.Sequential(layer(8, 16, 2), GatedLevel(16, layer(16, 32, 2)))
    return nn.Sequential(layer(3, 8), GatedLevel(8, inner), nn.Conv2d(8, 2, 1))


class PooledGate(nn.Module):
    """PAN: what is below decides by its pool how much of the skip is added to it."""

    def __init__(self, planes: int) -> None:
        super().__init__()
        self.conv = layer(planes, 32)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(32, 32, 1), nn.Sigmoid())

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        larger = functional.interpolate(x, size=skip.shape[2:])
        return larger + self.conv(skip) * self.gate(x)


class PooledGates(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.narrow = layer(32, 32)
        self.gates = nn.ModuleList([PooledGate(16), PooledGate(8)])

    def forward(self, maps: list[Tensor]) -> Tensor:
        x = self.narrow(maps[3])
        for gate, skip in zip(self.gates, maps[2:0:-1], strict=True):
            x = gate(x, skip)
        return x


class Skip(nn.Module):
    """A skip around whatever is below, as MONAI's UNet has it."""

    def __init__(self, below: nn.Module) -> None:
        super().__init__()
        self.below = below

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.below(x)], 1)


def joined_at_the_deepest() -> nn.Module:
    """Its last layer down keeps the size, so that a skip is joined at the deepest level."""
    inner = nn.Sequential(layer(8, 16, 2), Skip(layer(16, 32)), nn.ConvTranspose2d(48, 8, 2, 2))
    return nn.Sequential(layer(3, 8, 2), Skip(inner), nn.ConvTranspose2d(16, 2, 2, 2))


class Autoencoder(nn.Module):
    """A variational one: its encoder ends with a narrow layer, its decoder begins with a wide."""

    def __init__(self, codes: int = 0) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            layer(3, 8), layer(8, 16, 2), layer(16, 32, 2), nn.Conv2d(32, 8, 3, padding=1)
        )
        self.quant, self.post_quant = nn.Conv2d(8, 8, 1), nn.Conv2d(4, 4, 1)
        self.decoder = nn.Sequential(
            nn.Conv2d(4, 32, 3, padding=1), layer(32, 32), nn.Upsample(scale_factor=2.0),
            layer(32, 16), nn.Upsample(scale_factor=2.0), layer(16, 8),
            nn.Conv2d(8, 3, 3, padding=1),
        )  # fmt: skip
        self.codes = nn.Embedding(codes, 4) if codes else None

    def forward(self, x: Tensor) -> Tensor:
        mean, spread = self.quant(self.encoder(x)).chunk(2, 1)
        z = mean + torch.exp(spread.clamp(-30, 20) / 2) * torch.randn_like(spread)
        if self.codes is not None:
            rows = mean.permute(0, 2, 3, 1).reshape(-1, 4)
            found = torch.cdist(rows, self.codes.weight).argmin(1)
            z = self.codes(found).view(len(x), *mean.shape[2:], 4).permute(0, 3, 1, 2)
        return self.decoder(self.post_quant(z))


class Masks(nn.Module):
    """DETR's head of masks: the projected map for each query, with the body's maps added."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.fit = layer(24 + 1, 8), nn.Conv2d(16, 8, 1)
        self.end = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, x: Tensor, scores: Tensor, skips: list[Tensor]) -> Tensor:
        each = x.unsqueeze(1).repeat(1, scores.shape[1], 1, 1, 1).flatten(0, 1)
        each = self.first(torch.cat([each, scores.flatten(0, 1)], 1))
        added = self.fit(skips[0]).repeat_interleave(scores.shape[1], 0)
        return self.end(functional.interpolate(each, size=skips[0].shape[2:]) + added)


class MaskedQueries(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.project = Downs(), nn.Conv2d(32, 24, 1)
        self.queries, self.attend = nn.Parameter(torch.rand(5, 24)), nn.MultiheadAttention(24, 2)
        self.boxes, self.masks = nn.Linear(24, 4), Masks()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        _, _, small, deep = self.backbone(x)
        maps = self.project(deep)
        tokens = maps.flatten(2).permute(2, 0, 1)
        found = self.attend(self.queries[:, None].expand(-1, len(x), -1), tokens, tokens)[0]
        scores = torch.einsum("qbc,bchw->bqhw", found, maps)[:, :, None]
        return self.boxes(found), self.masks(maps, scores, [small])


class Windowed(nn.Module):
    """Swin's kind as transformers writes it: windows of tokens, so that positions are lost."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.mix = (
            nn.Conv2d(3, 8, 4, 4),
            nn.ModuleList(nn.Linear(c, c) for c in (8, 16)),
        )
        self.reduce, self.norms = nn.Linear(32, 16), nn.ModuleList(nn.LayerNorm(c) for c in (8, 16))

    def forward(self, x: Tensor) -> list[Tensor]:
        size = x.shape[2] // 4
        tokens, maps = self.embed(x).flatten(2).transpose(1, 2), []
        for stage, (mix, norm) in enumerate(zip(self.mix, self.norms, strict=True)):
            if stage:
                square = tokens.view(-1, size, size, tokens.shape[-1])
                corners = [square[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
                size //= 2
                tokens = self.reduce(torch.cat(corners, -1).view(-1, size * size, 32))
            tokens = tokens + self._windows(mix, tokens, size)
            maps.append(norm(tokens).view(-1, size, size, mix.out_features).permute(0, 3, 1, 2))
        return maps

    def _windows(self, mix: nn.Linear, tokens: Tensor, size: int) -> Tensor:
        cut = tokens.view(-1, size // 4, 4, size // 4, 4, mix.in_features).transpose(2, 3)
        rows = torch.roll(mix(cut.reshape(-1, 16, mix.in_features)), 1, 1)
        return (
            rows.view(-1, size // 4, size // 4, 4, 4, mix.in_features)
            .transpose(2, 3)
            .reshape(tokens.shape)
        )


class Level(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.fit, self.out = layer(16, 24), nn.Conv2d(8, 24, 1), layer(24, 24)

    def forward(self, maps: list[Tensor]) -> Tensor:
        x = functional.interpolate(self.stem(maps[1]), scale_factor=2.0)
        return self.out(x + self.fit(maps[0]))


def windowed() -> nn.Module:
    return nn.Sequential(Windowed(), Level(), nn.Conv2d(24, 2, 1))


class Compared(nn.Module):
    """One encoder on two images, and what differs between their maps."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.head = Downs(), nn.Linear(32, 1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        ours, theirs = self.encoder(x), self.encoder(y)
        return self.head((ours[-1] - theirs[-1]).abs().mean((2, 3)))


class Heads(nn.Module):
    """CenterNet's kind: a way up that two heads take, each with layers of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Downs()
        self.up = nn.Sequential(nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.BatchNorm2d(16), nn.ReLU())
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, planes, 1))
            for planes in (4, 2)
        )

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        y = self.up(self.encoder(x)[-1])
        return {"centers": self.heads[0](y).sigmoid(), "sizes": self.heads[1](y)}


class Scores(nn.Module):
    """LR-ASPP's kind: the scores of two levels are added, and enlarged to the image."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.narrow = Downs(), layer(32, 12)
        self.low, self.high = nn.Conv2d(16, 3, 1), nn.Conv2d(12, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        _, _, low, high = self.encoder(x)
        y = functional.interpolate(self.narrow(high), size=low.shape[2:])
        return functional.interpolate(self.low(low) + self.high(y), size=x.shape[2:])


class Lateral(nn.Module):
    """A detector's neck, written into the forward, that narrows with a norm and a nonlinearity."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.joined, self.again = Downs(), layer(32, 16), layer(16, 16, 2)
        self.narrow = nn.Sequential(nn.Conv2d(32, 16, 1), nn.BatchNorm2d(16), nn.SiLU())
        self.heads = nn.ModuleList(nn.Conv2d(planes, 6, 1) for planes in (16, 32))

    def forward(self, x: Tensor) -> list[Tensor]:
        _, _, low, high = self.encoder(x)
        high = self.narrow(high)
        low = self.joined(torch.cat([functional.interpolate(high, scale_factor=2.0), low], 1))
        return [self.heads[0](low), self.heads[1](torch.cat([self.again(low), high], 1))]


class Hourglass(nn.Module):
    """Two hourglasses, one after the other, each with an answer that goes on into the next."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = layer(3, 8, 2)
        self.downs = nn.ModuleList(layer(8, 16, 2) for _ in range(2))
        self.ups = nn.ModuleList(layer(16, 8) for _ in range(2))
        self.answers = nn.ModuleList(nn.Conv2d(8, 3, 1) for _ in range(2))
        self.back = nn.Conv2d(3, 8, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        x, made = self.stem(x), []
        for down, up, answer in zip(self.downs, self.ups, self.answers, strict=True):
            y = x + functional.interpolate(up(down(x)), scale_factor=2.0)
            made.append(answer(y))
            x = y + self.back(made[-1])
        return made


class Tasks(nn.Module):
    """A class, a mask at full size and a depth at half of it, of one trunk."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(layer(3, 8, 2), layer(8, 16, 2))
        self.kind, self.mask = nn.Linear(16, 5), nn.Sequential(layer(16, 8), nn.Conv2d(8, 2, 1))
        self.depth = nn.Sequential(nn.ConvTranspose2d(16, 8, 2, 2), nn.Conv2d(8, 1, 3, padding=1))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        y = self.trunk(x)
        mask = functional.interpolate(self.mask(y), scale_factor=4.0)
        return {"kind": self.kind(y.mean((2, 3))), "mask": mask, "depth": self.depth(y)}
