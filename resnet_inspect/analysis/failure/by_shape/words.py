"""Shapes as a diagnosis says them."""

from __future__ import annotations

from resnet_inspect.traces.tensors import Shape


def shown(sizes: Shape) -> str:
    """Its sizes with crosses between them: 64×56×56."""
    return "×".join(f"{size:,}" if size >= 100_000 else str(size) for size in sizes) or "a scalar"


def shortest(sizes: Shape) -> str:
    """One number where all are the same: stride 2."""
    return str(sizes[0]) if len(set(sizes)) == 1 else shown(sizes)
