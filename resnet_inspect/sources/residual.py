"""Residual networks as He et al. define them, to be read beside the papers.

    [v1] Deep Residual Learning for Image Recognition, 2015, arXiv:1512.03385
    [v2] Identity Mappings in Deep Residual Networks, 2016, arXiv:1603.05027

A residual unit computes x + F(x). F is two 3×3 convolutions (basic) or a 3×3 between two 1×1 that
make the planes fewer and many again (bottleneck). In [v1] norm and relu come after a convolution,
in [v2] before it, so that nothing but additions lies between two units. A network is a stem, stages
of units, and a head; each stage but the first halves the size of the map and doubles the planes.

Modules have torchvision's names (`conv1`, `layer1.0.conv1`, `downsample.0`, `fc`) and order, so its
state dicts load unchanged. Shapes: N images, C channels, H×W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_inspect.errors import BuildError
from resnet_inspect.escaping import first_line
from resnet_inspect.sources import seed
from resnet_inspect.sources.design import Design, Init, Shortcut, Stem

Norm = type[nn.BatchNorm2d] | type[nn.Identity]
"""What stands behind a convolution, or in the second paper before it; called with the planes."""


def conv1x1(in_planes: int, planes: int, stride: int = 1) -> nn.Conv2d:
    """A weighted sum of the planes at each position; there is no bias, since a norm follows."""
    return nn.Conv2d(in_planes, planes, 1, stride, bias=False)


def conv3x3(in_planes: int, planes: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution that keeps height and width, divided by the stride."""
    return nn.Conv2d(in_planes, planes, 3, stride, padding=1, groups=groups, bias=False)


class ZeroPaddedIdentity(nn.Module):
    """Option A: every `stride`-th row and column as it is, and zeros for the planes that are new.

    N×C×H×W to N×planes×⌈H/stride⌉×⌈W/stride⌉, without a weight.
    """

    def __init__(self, in_planes: int, planes: int, stride: int) -> None:
        super().__init__()
        self.new_planes = planes - in_planes
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """The input, subsampled and filled up with zeros."""
        x = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(x, (0, 0, 0, 0, 0, self.new_planes))


class BasicBlock(nn.Module):
    """Two 3×3 convolutions [v1, figure 5, left]: relu(x + F(x))."""

    expansion: ClassVar[int] = 1

    def __init__(
        self,
        in_planes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        residual: bool = True,
        norm: Norm = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        self.conv1 = conv3x3(in_planes, planes, stride)
        self.bn1 = norm(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm(planes)
        self.downsample = downsample
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """relu(F(x) + x)."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.residual:
            out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions [v1, figure 5, right]: relu(x + F(x)).

    The paper has the stride in the first 1×1, which so reads a quarter of the map; "v1.5" has it in
    the 3×3, which reads all of it for 0.2 GMACs more in ResNet-50. Groups, and a width per group
    other than 64, make the 3×3 that of ResNeXt or of a wide ResNet.
    """

    expansion: ClassVar[int] = 4

    def __init__(
        self,
        in_planes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        residual: bool = True,
        norm: Norm = nn.BatchNorm2d,
        stride_in_3x3: bool = True,
        groups: int = 1,
        width_per_group: int = 64,
    ) -> None:
        super().__init__()
        width = planes * width_per_group // 64 * groups
        first, second = (1, stride) if stride_in_3x3 else (stride, 1)
        self.conv1 = conv1x1(in_planes, width, first)
        self.bn1 = norm(width)
        self.conv2 = conv3x3(width, width, second, groups)
        self.bn2 = norm(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """relu(F(x) + x)."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.residual:
            out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class PreActBasicBlock(nn.Module):
    """Two 3×3 convolutions, each after norm and relu [v2, figure 1 b]: x + F(x).

    Where the shape changes, both ways start from the activated input, as in the authors' code. The
    first unit of a network gets its input activated by the stem [v2, appendix].
    """

    expansion: ClassVar[int] = 1

    def __init__(
        self,
        in_planes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        residual: bool = True,
        norm: Norm = nn.BatchNorm2d,
        activated: bool = False,
    ) -> None:
        super().__init__()
        self.bn1 = None if activated else norm(in_planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv1 = conv3x3(in_planes, planes, stride)
        self.bn2 = norm(planes)
        self.conv2 = conv3x3(planes, planes)
        self.downsample = downsample
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """F(x) + x."""
        active = x if self.bn1 is None else self.relu(self.bn1(x))
        out = self.conv1(active)
        out = self.conv2(self.relu(self.bn2(out)))
        if self.residual:
            out += x if self.downsample is None else self.downsample(active)
        return out


class PreActBottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions, each after norm and relu [v2]: x + F(x).

    As `PreActBasicBlock` where the shape changes and in the first unit; as `Bottleneck` in the
    place of the stride, groups and width per group.
    """

    expansion: ClassVar[int] = 4

    def __init__(
        self,
        in_planes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        residual: bool = True,
        norm: Norm = nn.BatchNorm2d,
        activated: bool = False,
        stride_in_3x3: bool = True,
        groups: int = 1,
        width_per_group: int = 64,
    ) -> None:
        super().__init__()
        width = planes * width_per_group // 64 * groups
        first, second = (1, stride) if stride_in_3x3 else (stride, 1)
        self.bn1 = None if activated else norm(in_planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv1 = conv1x1(in_planes, width, first)
        self.bn2 = norm(width)
        self.conv2 = conv3x3(width, width, second, groups)
        self.bn3 = norm(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.downsample = downsample
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """F(x) + x."""
        active = x if self.bn1 is None else self.relu(self.bn1(x))
        out = self.conv1(active)
        out = self.conv2(self.relu(self.bn2(out)))
        out = self.conv3(self.relu(self.bn3(out)))
        if self.residual:
            out += x if self.downsample is None else self.downsample(active)
        return out


Block = type[BasicBlock] | type[Bottleneck] | type[PreActBasicBlock] | type[PreActBottleneck]


class ResNet(nn.Module):
    """A stem, stages of units, and a head: N×channels×H×W images to N×classes scores.

    Args:
        block: the class of the units.
        depths: units in each stage; the stages are `layer1`, `layer2`, ...
        width: planes of the first stage; each further one has twice those of the one before.
        stem_width: planes of the stem; `width` where it is None.
        stem: "imagenet" divides height and width by 4 (7×7 with stride 2, pool with stride 2),
            "cifar" keeps them (3×3).
        shortcut: what it does [v1, sections 3.3 and 4.1]. The identity wherever the shape stays;
            where it changes, "A" fills up with zeros and "B" projects. "C" projects everywhere,
            "none" is the plain network.
        channels: of the images.
        classes: scores for each image.
        norm: what stands behind a convolution.
        init: how the weights of the convolutions start: "he" for its ReLUs [He et al. 2015,
            arXiv:1502.01852], or torch's own "default".
        options: what else the block takes: `stride_in_3x3`, `groups`, `width_per_group`.

    """

    def __init__(
        self,
        block: Block,
        depths: Sequence[int],
        width: int = 64,
        stem: Stem = "imagenet",
        shortcut: Shortcut = "B",
        channels: int = 3,
        classes: int = 1000,
        norm: Norm = nn.BatchNorm2d,
        init: Init = "he",
        stem_width: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.maxpool: nn.MaxPool2d | None
        in_planes = stem_width or width
        if stem == "imagenet":
            self.conv1 = nn.Conv2d(channels, in_planes, 7, stride=2, padding=3, bias=False)
            self.bn1 = norm(in_planes)
            self.relu = nn.ReLU(inplace=True)
            self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        else:
            self.conv1 = conv3x3(channels, in_planes)
            self.bn1 = norm(in_planes)
            self.relu = nn.ReLU(inplace=True)
            self.maxpool = None

        self.depths = tuple(depths)
        preact = issubclass(block, PreActBasicBlock | PreActBottleneck)
        for stage, depth in enumerate(depths):
            planes = width * 2**stage
            out_planes = planes * block.expansion
            units = []
            for unit in range(depth):
                stride = 2 if stage > 0 and unit == 0 else 1
                if preact:
                    options["activated"] = stage == unit == 0
                behind = nn.Identity if preact else norm
                way = _shortcut(shortcut, in_planes, out_planes, stride, behind)
                units.append(
                    block(
                        in_planes,
                        planes,
                        stride,
                        way,
                        residual=shortcut != "none",
                        norm=norm,
                        **options,
                    )
                )
                in_planes = out_planes
            self.add_module(f"layer{stage + 1}", nn.Sequential(*units))

        self.bn = norm(in_planes) if preact else None
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(in_planes, classes)

        for module in self.modules() if init == "he" else ():  # norms start as 1 and 0
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """N×channels×H×W images to N×classes scores."""
        x = self.relu(self.bn1(self.conv1(x)))
        if self.maxpool is not None:
            x = self.maxpool(x)
        for stage in range(len(self.depths)):
            x = self.get_submodule(f"layer{stage + 1}")(x)
        if self.bn is not None:
            x = self.relu(self.bn(x))
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x)


def _shortcut(
    option: Shortcut, in_planes: int, planes: int, stride: int, norm: Norm
) -> nn.Module | None:
    """What lies on a shortcut; None for the identity, and where there is no shortcut."""
    same_shape = stride == 1 and in_planes == planes
    if option == "none" or (same_shape and option != "C"):
        return None
    if option == "A":
        return ZeroPaddedIdentity(in_planes, planes, stride)
    projection = nn.Sequential(conv1x1(in_planes, planes, stride))
    if norm is not nn.Identity:
        projection.append(norm(planes))
    return projection


_BLOCKS: dict[tuple[str, bool], Block] = {
    ("basic", False): BasicBlock,
    ("basic", True): PreActBasicBlock,
    ("bottleneck", False): Bottleneck,
    ("bottleneck", True): PreActBottleneck,
}
"""The unit for a design's `block` and `preact`."""


def build(design: Design, device: torch.device) -> ResNet:
    """The network of a design with fresh weights, on meta or from a seed on a real device.

    Raises `BuildError` if there is not enough memory.
    """
    options: dict[str, Any] = {}
    if design.block == "bottleneck":
        options["stride_in_3x3"] = design.stride == "3x3"
        options["groups"] = design.groups
        options["width_per_group"] = design.width_per_group
    with seed.fresh_weights():
        try:
            # Built where init works the same on every machine, then moved.
            with torch.device("meta" if device.type == "meta" else "cpu"):
                model = ResNet(
                    _BLOCKS[design.block, design.preact],
                    design.depths,
                    width=design.width,
                    stem_width=design.stem_width,
                    stem=design.stem,
                    shortcut=design.shortcut,
                    channels=design.channels,
                    classes=design.classes or (10 if design.stem == "cifar" else 1000),
                    norm=nn.BatchNorm2d if design.norm == "batch" else nn.Identity,
                    init=design.init,
                    **options,
                )
            return model.to(device)
        except (RuntimeError, MemoryError) as error:
            reason = first_line(error)
            raise BuildError(f"the network cannot be built on {device}: {reason}") from error
