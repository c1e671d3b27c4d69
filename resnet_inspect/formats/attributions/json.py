"""An attribution as JSON: all of its numbers, unrounded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from resnet_inspect.escaping import json_text
from resnet_inspect.traces.attribution import Attribution

SCHEMA_VERSION = 1


def render(of: Attribution) -> str:
    """Without the pixels of the images."""
    return json_text({"schema_version": SCHEMA_VERSION, **document(of)}) + "\n"


def document(of: Attribution) -> dict[str, Any]:
    """The same as plain values."""
    found = asdict(of)
    for image in found["images"]:
        del image["pixels"]
    return found
