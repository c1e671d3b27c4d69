"""Parameters and MACs of residual networks by the papers' own arithmetic."""

from __future__ import annotations

from resnet_inspect.sources.design import Design


def counted(design: Design) -> tuple[int, int]:
    """Parameters and MACs by the papers' own arithmetic, layer after layer, without torch."""
    pixels = 224
    parameters = macs = 0

    def conv(given: int, made: int, kernel: int, size: int, groups: int = 1) -> None:
        nonlocal parameters, macs
        weights = made * given // groups * kernel**2
        parameters += weights
        macs += weights * size**2

    if design.stem == "imagenet":
        conv(design.channels, design.width, 7, pixels // 2)
        pixels //= 4
    else:
        pixels = 32
        conv(design.channels, design.width, 3, pixels)
    parameters += 2 * design.width
    given = design.width
    for stage, depth in enumerate(design.depths):
        planes = design.width << stage
        for unit in range(depth):
            stride = 2 if stage and not unit else 1
            size = -(-pixels // stride)
            if design.block == "basic":
                made, norms = planes, [planes, planes]
                conv(given, planes, 3, size)
                conv(planes, planes, 3, size)
            else:
                made = 4 * planes
                inner = planes * design.width_per_group // 64 * design.groups
                norms = [inner, inner, made]
                conv(given, inner, 1, size if design.stride == "1x1" else pixels)
                conv(inner, inner, 3, size, design.groups)
                conv(inner, made, 1, size)
            if design.preact:
                first = not stage and not unit
                norms = [*([] if first else [given]), *norms[:-1]]
            changes = given != made or stride != 1
            if design.shortcut == "C" or (design.shortcut == "B" and changes):
                conv(given, made, 1, size)
                norms += [] if design.preact else [made]
            parameters += 2 * sum(norms)
            given, pixels = made, size
    if design.preact:
        parameters += 2 * given
    classes = design.classes or {"imagenet": 1000, "cifar": 10}[design.stem]
    return parameters + (given + 1) * classes, macs + given * classes
