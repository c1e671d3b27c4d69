"""Which traces the cache is for, and where each is in it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resnet_inspect.pipeline.building.inputs import input_shape
from resnet_inspect.sources import SOURCES, sources, subject
from resnet_inspect.traces.model import Trace

if TYPE_CHECKING:
    from resnet_inspect.cache import Entry
    from resnet_inspect.capture.inputs import InputSize

CACHED_SOURCES = ("torchvision", "paper", "resnet", "timm")
"""Sources whose networks the versions of packages decide."""


def cached(
    model: str,
    input_size: InputSize | None = None,
    *,
    device: str | None = None,
    dtype: str | None = None,
    mode: str = "eval",
    arguments: Mapping[str, Any] | None = None,
) -> Trace | None:
    """What `trace` would take from the cache; None if it would run the network."""
    entry = entry_of(model, input_size, device, dtype, mode, arguments or {})
    return entry.read() if entry else None


def entry_of(
    name: str,
    size: InputSize | None,
    device: str | None,
    dtype: str | None,
    mode: str,
    arguments: Mapping[str, Any],
) -> Entry | None:
    """Where the cache has, or would have, the trace of a network; None if it is not for it."""
    chosen = subject(name)
    if chosen.source not in CACHED_SOURCES or device not in (None, "meta"):
        return None
    if any(not _is_literal(value) for value in arguments.values()):
        return None
    if size is None and chosen.source != "timm":  # which must be imported to know
        size = input_shape(name, arguments=arguments)
    from resnet_inspect.cache import entry

    return entry(
        network=chosen.origin,
        arguments=[(key, repr(value)) for key, value in arguments.items()],
        input=size,
        dtype=dtype or "float32",
        mode=mode,
    )


def why_no_cache(model: str | None, device: str | None = None) -> str:
    """Why the trace of a network that the cache is for cannot be kept; "" for no such reason."""
    if model is None or device not in (None, "meta") or subject(model).source not in CACHED_SOURCES:
        return ""
    from resnet_inspect.cache import refusal

    return refusal()


def _is_literal(value: Any) -> bool:
    """Whether a value is all that its `repr` says."""
    from ast import literal_eval

    try:
        return bool(literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def ran_no_other_code() -> bool:
    """Whether no source of the user's was imported here: its code may have changed torch."""
    ours = {SOURCES[prefix] for prefix in CACHED_SOURCES}
    return not any(module in sys.modules for module in {*sources().values()} - ours)
