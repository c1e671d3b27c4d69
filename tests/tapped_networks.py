"""Networks of each kind from which feature maps are taken, as files of one's own have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models, ops


def layer(planes: int, out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(planes, out, 3, stride, 1), nn.BatchNorm2d(out), nn.ReLU(inplace=True)
    )


class Outputs(dict[str, Tensor]):
    """As model outputs of other packages are: a dict."""


@dataclass
class Output:
    last: Tensor
    hidden: list[Tensor]


class Encoder(nn.Module):
    """Its second and third map are made by functions, so that they have no layer of their own."""

    def __init__(self, kind: str = "list") -> None:
        super().__init__()
        self.kind = kind
        self.a, self.b, self.c = layer(3, 8, 2), layer(8, 12, 2), layer(12, 16, 2)

    def forward(self, x: Tensor) -> Any:
        a = self.a(x)
        b = functional.hardtanh(self.b(a))
        c = torch.tanh(self.c(b))
        return {
            "list": [a, b, c],
            "tuple": (a, b, c),
            "dict": {"low": a, "mid.dle": b, "high": c},
            "output": Output(c, [a, b, c]),
            "model output": Outputs(low=a, mid=b, high=c),
        }[self.kind]


class Classifier(nn.Module):
    """An encoder with a head; what it does with its type keeps torch.fx from following it."""

    def __init__(self, kind: str = "list") -> None:
        super().__init__()
        self.encoder, self.head = Encoder(kind), nn.Linear(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        assert float(len(x)) > 0
        maps = self.encoder(x)
        last = maps.last if isinstance(maps, Output) else None
        if last is None:
            last = maps["high"] if isinstance(maps, dict) else maps[-1]
        y: Tensor = self.head(last.mean((2, 3)))
        return y


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([layer(3, 8), layer(8, 16), layer(16, 32)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)])
        self.joined = nn.ModuleList([layer(32, 16), layer(16, 8)])
        self.out = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.down[0](x)
        b = self.down[1](functional.max_pool2d(a, 2))
        c = self.down[2](functional.max_pool2d(b, 2))
        b = self.joined[0](torch.cat([b, self.up[0](c)], 1))
        y: Tensor = self.out(self.joined[1](torch.cat([a, self.up[1](b)], 1)))
        return y


class Pyramid(nn.Module):
    """A feature pyramid and a way down again, written into the forward: PANet with its heads."""

    def __init__(self) -> None:
        super().__init__()
        self.s, self.c3, self.c4, self.c5 = (
            layer(i, o, 2) for i, o in ((3, 8), (8, 16), (16, 32), (32, 64))
        )
        self.lateral = nn.ModuleList(nn.Conv2d(c, 24, 1) for c in (16, 32, 64))
        self.again = nn.ModuleList(layer(24, 24, 2) for _ in range(2))
        self.heads = nn.ModuleList(nn.Conv2d(24, 6, 1) for _ in range(3))

    def forward(self, x: Tensor) -> list[Tensor]:
        c3 = self.c3(self.s(x))
        c4 = self.c4(c3)
        p5 = self.lateral[2](self.c5(c4))
        p4 = self.lateral[1](c4) + functional.interpolate(p5, scale_factor=2.0)
        p3 = self.lateral[0](c3) + functional.interpolate(p4, scale_factor=2.0)
        n4 = p4 + self.again[0](p3)
        n5 = p5 + self.again[1](n4)
        return [head(p) for head, p in zip(self.heads, (p3, n4, n5), strict=True)]


class Branches(nn.Module):
    """Two resolutions side by side, mixed, then a third, mixed again: HRNet in small."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.first = layer(3, 8, 2), layer(8, 8)
        self.second, self.third = layer(8, 16, 2), layer(16, 32, 2)
        self.up = nn.ModuleList([nn.Conv2d(16, 8, 1), nn.Conv2d(32, 16, 1), nn.Conv2d(32, 8, 1)])
        self.down = nn.ModuleList([layer(8, 16, 2), layer(8, 16, 2), layer(16, 32, 2)])
        self.ends = nn.ModuleList([layer(8, 8), layer(16, 16), layer(32, 32)])
        self.fc = nn.Linear(32, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        a, b = self.first(x), self.second(x)
        for _ in range(2):
            a, b = a + functional.interpolate(self.up[0](b), scale_factor=2.0), b + self.down[0](a)
        c = self.third(b)
        b = b + functional.interpolate(self.up[1](c), scale_factor=2.0)
        a = a + functional.interpolate(self.up[2](c), scale_factor=4.0)
        a, b, c = (end(one) for end, one in zip(self.ends, (a, b, c), strict=True))
        c = c + self.down[2](b + self.down[1](a))
        y: Tensor = self.fc(c.mean((2, 3)))
        return y


class Deformable(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.fc = layer(3, 8, 2), layer(16, 32, 2), nn.Linear(32, 3)
        self.offsets, self.d = nn.Conv2d(8, 18, 3, 2, 1), ops.DeformConv2d(8, 16, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        y: Tensor = self.fc(self.b(self.d(x, self.offsets(x))).mean((2, 3)))
        return y


class Padded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.pad, self.pool = (
            nn.Conv2d(3, 8, 5, 2, 2),
            nn.ZeroPad2d(1),
            nn.MaxPool2d(3, 2),
        )
        self.last, self.fc = layer(8, 16), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.last(self.pool(self.pad(self.conv(x)))).mean((2, 3)))
        return y


class Gated(nn.Module):
    """A gate of the whole map after each layer: the maps are maps all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([layer(3, 8, 2), layer(8, 16, 2)])
        self.gates = nn.ModuleList(nn.Sequential(nn.Linear(c, c), nn.Sigmoid()) for c in (8, 16))
        self.after, self.fc = layer(16, 16, 2), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        for one, gate in zip(self.layers, self.gates, strict=True):
            x = one(x)
            x = x * gate(x.mean((2, 3)))[:, :, None, None]
        y: Tensor = self.fc(self.after(x).mean((2, 3)))
        return y


class OneReLU(nn.Module):
    """One ReLU for all layers, in place, and a branch that torch.fx cannot follow."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3 if i == 0 else 8, 8, 3, 2, 1) for i in range(3))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = self.relu(conv(x)) if float(x.shape[0]) > 0 else x
        return x.mean((2, 3))


class Overwritten(nn.Module):
    """The next layer works in place on what the last one of a stride gave."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.relu, self.b = nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(inplace=True), layer(8, 8, 2)
        self.next = nn.Sequential(self.relu, nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.next(self.b[1](self.b[0](self.a(x)))).mean((2, 3))
        return y


class Named(nn.Module):
    """It takes a mapping, and a method of it does the work."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = layer(3, 8, 2)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        return self.encode(batch["image"]).mean((2, 3))

    def encode(self, image: Tensor) -> Tensor:
        y: Tensor = self.encoder(image)
        return y


class Unreached(nn.Module):
    """Its first map is a function's on its way to a function: no hook comes there."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3, 2, 1), layer(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        assert float(len(x)) > 0
        x = functional.max_pool2d(functional.relu(self.a(x)), 2)
        return functional.relu(self.b(x) + 1).mean((2, 3))


def body_and_pyramid() -> nn.Module:
    return models.detection.backbone_utils.resnet_fpn_backbone(
        backbone_name="resnet18", weights=None
    )


class SingleShot(nn.Module):
    """A body with residual blocks, and layers behind it that give a detector more strides."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(*list(models.resnet18().children())[:-2])
        self.extra = nn.ModuleList([layer(512, 24, 2), layer(24, 12, 2)])

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = [self.body(x)]
        for one in self.extra:
            maps.append(one(maps[-1]))
        return maps


class Detector(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.heads = (
            SingleShot(),
            nn.ModuleList(nn.Conv2d(c, 4, 3, padding=1) for c in (512, 24, 12)),
        )

    def forward(self, x: Tensor) -> Tensor:
        maps = zip(self.heads, self.backbone(x), strict=True)
        return torch.cat([head(one).flatten(2) for head, one in maps], 2)


def sizes(model: str = "", wide: int = 8) -> nn.Module:
    return nn.Sequential(layer(3, wide, 2), layer(wide, wide, 2))


class PreActivation(nn.Module):
    """A residual block that starts with its norm: SegResNet's, a diffusion UNet's."""

    def __init__(self, planes: int, out: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.GroupNorm(2, planes), nn.ReLU(), nn.Conv2d(planes, out, 3, padding=1),
            nn.GroupNorm(2, out), nn.ReLU(), nn.Conv2d(out, out, 3, padding=1),
        )  # fmt: skip
        self.shortcut = nn.Conv2d(planes, out, 1) if planes != out else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.body(x)


class AddedSkips(nn.Module):
    """SegResNet's kind: pre-activation blocks, and skips that are added on the way up."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1), PreActivation(8, 8))])
        for planes in (8, 16):
            smaller = nn.Conv2d(planes, 2 * planes, 3, 2, 1, bias=False)
            self.down.append(nn.Sequential(smaller, PreActivation(2 * planes, 2 * planes)))
        self.narrow = nn.ModuleList([nn.Conv2d(32, 16, 1), nn.Conv2d(16, 8, 1)])
        self.up = nn.ModuleList([PreActivation(16, 16), PreActivation(8, 8)])
        self.end = nn.Sequential(nn.GroupNorm(2, 8), nn.ReLU(), nn.Conv2d(8, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for part in self.down:
            x = part(x)
            skips.append(x)
        for skip, narrow, up in zip(skips[-2::-1], self.narrow, self.up, strict=True):
            x = up(functional.interpolate(narrow(x), scale_factor=2.0) + skip)
        return self.end(x)


class SkipsOfEachBlock(nn.Module):
    """A diffusion UNet's kind: each block's skip is joined, also at the deepest level."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.first = nn.Conv2d(3, 8, 3, padding=1), PreActivation(8, 8)
        self.smaller, self.second = nn.Conv2d(8, 8, 3, 2, 1), PreActivation(8, 16)
        self.mid = nn.Sequential(PreActivation(16, 16), PreActivation(16, 16))
        planes = ((32, 16), (24, 16), (24, 8), (16, 8))
        self.up = nn.ModuleList(PreActivation(given, made) for given, made in planes)
        self.larger = nn.Conv2d(16, 16, 3, padding=1)
        self.end = nn.Sequential(nn.GroupNorm(2, 8), nn.SiLU(), nn.Conv2d(8, 3, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        skips = [self.enter(x)]
        for part in (self.first, self.smaller, self.second):
            skips.append(part(skips[-1]))
        x = self.mid(skips[-1])
        for number, up in enumerate(self.up):
            if number == 2:
                x = self.larger(functional.interpolate(x, scale_factor=2.0))
            x = up(torch.cat([x, skips.pop()], 1))
        return self.end(x)


class Queries(nn.Module):
    """DETR's kind, with masks: a projection to tokens, and a map for each query behind them."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.ModuleList([layer(3, 8, 2), layer(8, 16, 2)])
        self.project, self.queries = nn.Conv2d(16, 12, 1), nn.Parameter(torch.rand(5, 12))
        self.attend = nn.MultiheadAttention(12, 2, batch_first=True)
        self.boxes, self.masks = nn.Linear(12, 4), nn.Conv2d(12, 8, 3, padding=1)
        self.wider, self.fit = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        small = self.body[0](x)
        maps = self.project(self.body[1](small))
        tokens = maps.flatten(2).transpose(1, 2)
        found = self.attend(self.queries.expand(len(x), -1, -1), tokens, tokens)[0]
        each = (maps[:, None] * found[..., None, None]).flatten(0, 1)
        each = functional.interpolate(self.masks(each), scale_factor=2.0)
        each = self.wider(each + self.fit(small).repeat_interleave(5, 0))
        return self.boxes(found), each


class Adapted(nn.Module):
    """A layer with a low-rank adapter beside it, whose dropout hands on what it is given."""

    def __init__(self, planes: int, out: int) -> None:
        super().__init__()
        self.base, self.dropout = nn.Conv2d(planes, out, 3, 2, 1), nn.Dropout(0.1)
        self.a, self.b = nn.Conv2d(planes, 2, 3, 2, 1), nn.Conv2d(2, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.b(self.a(self.dropout(x)))


class LowRank(nn.Sequential):
    """Adapted layers with nothing between them but functions."""

    def __init__(self) -> None:
        super().__init__(Adapted(3, 8), Adapted(8, 16), Adapted(16, 32))
        self.head = nn.Linear(32, 4)

    def forward(self, x: Tensor) -> Tensor:
        for part in (self[0], self[1], self[2]):
            x = torch.relu(part(x))
        return self.head(x.mean((2, 3)))


class HandedOn(nn.Module):
    """A stage that ends with a dropout, and an identity that is no layer of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.stage, self.next = nn.Sequential(layer(3, 8, 2), nn.Dropout()), layer(8, 16, 2)
        self.nothing, self.head = nn.Identity(), nn.Linear(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.nothing(self.next(self.nothing(self.stage(x)))).mean((2, 3)))


class Unplaced(nn.Module):
    """Unpadded layers behind a deformable one: 64 → 32 → 30 → 13, at strides that no size tells."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.offsets = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 18, 3)
        self.d, self.b = ops.DeformConv2d(8, 16, 3), nn.Conv2d(16, 16, 5, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        return self.b(self.d(x, self.offsets(x))).mean((2, 3))
