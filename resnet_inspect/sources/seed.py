"""The seed that networks are built from: fresh weights are the same in each run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SEED: ContextVar[int] = ContextVar("seed", default=0)


def current() -> int:
    """The seed of what is built now."""
    return _SEED.get()


@contextmanager
def of(seed: int) -> Iterator[None]:
    """Build from another seed inside this context."""
    token = _SEED.set(seed)
    try:
        yield
    finally:
        _SEED.reset(token)


@contextmanager
def fresh_weights() -> Iterator[None]:
    """Draw weights from the seed inside this context; torch then draws on as if it had not been."""
    import torch

    with torch.random.fork_rng(devices=()):
        torch.manual_seed(current())
        yield
