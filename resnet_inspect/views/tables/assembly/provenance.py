"""Where a trace comes from, as a title and as plain data."""

from __future__ import annotations

from resnet_inspect.traces.model import Provenance, Trace
from resnet_inspect.views.words import text
from resnet_inspect.views.words.text import Value


def title(trace: Trace) -> str:
    """resnet50 · 1×3×224×224 · meta · eval · torch 2.15.0, torchvision 0.29.2"""
    source = trace.provenance
    inputs = " + ".join(text.shape(trace.spec(port).shape) for port in trace.inputs) or "no tensor"
    packages = ", ".join(f"{name} {number}" for name, number in source.versions if name != "python")
    arguments = ", ".join(f"{name}={value}" for name, value in source.arguments)
    name = f"{trace.model_name}({arguments})" if arguments else trace.model_name
    parts = (name, inputs, source.device, source.mode, packages)
    return " · ".join(part for part in parts if part)


def entries(source: Provenance) -> tuple[tuple[str, Value], ...]:
    """Where a trace comes from, as plain data."""
    return (
        ("source", source.source),
        ("arguments", tuple(source.arguments)),
        ("device", source.device),
        ("mode", source.mode),
        ("versions", tuple(source.versions)),
        ("tool_version", source.tool_version),
        ("captured_at", source.captured_at),
        ("notes", tuple(source.notes)),
    )
