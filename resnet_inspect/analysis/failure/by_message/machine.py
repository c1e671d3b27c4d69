"""What no shape could excuse: devices, memory, recursion, an interrupt."""

from __future__ import annotations

import re

from resnet_inspect.analysis.failure.by_message.rules import Rules
from resnet_inspect.analysis.failure.facts import Diagnosis, Facts

RULES = Rules()

_NESTED = 100
"""Calls within calls, from which on these alone may be what is too deep."""


@RULES.says(r"^KeyboardInterrupt\b")
def _interrupted(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis("interrupted while it ran", "")


@RULES.says(r"^RecursionError: ")
def _recursion(facts: Facts, found: re.Match[str]) -> Diagnosis:
    depth, running, call = 0, 1, facts.call
    while call.parent is not None:
        call = facts.trace.calls[call.parent]
        depth += call.module == facts.call.module
        running += 1
    if depth > 1:
        return Diagnosis(f"it calls itself, {depth:,} deep", "have its forward call its parts")
    if running > _NESTED:
        return Diagnosis(f"{running:,} calls are nested, deeper than Python goes", "")
    return Diagnosis("its forward calls itself without end", "")


@RULES.says(r"^OutOfMemoryError: |out of memory|can't allocate memory|^MemoryError")
def _memory(facts: Facts, found: re.Match[str]) -> Diagnosis:
    wanted = re.search(r"tried to allocate ([\d,.]+ ?\w+)", facts.message, re.IGNORECASE)
    finding = f"no memory for {wanted[1]} more" if wanted else "out of memory"
    return Diagnosis(finding, "--device meta needs none; a smaller batch or image needs less")


@RULES.says(r"NVIDIA driver|not compiled with CUDA|No CUDA GPUs|HIP GPUs")
def _no_cuda(facts: Facts, found: re.Match[str]) -> Diagnosis:
    return Diagnosis(
        "its forward asks for CUDA, and none can be used here",
        "follow the input instead: x.to(other.device), not x.cuda()",
    )


@RULES.says(
    r"Tensor on device (?P<given>[\w:]+) is not on the expected device (?P<wanted>[\w:]+)"
    r"|at least two devices, (?P<first>[\w:]+) and (?P<second>[\w:]+)"
    r"|is on (?P<is>[\w:]+),? (?:but expected|different from other tensors on) "
    r"(?:them to be on |it to be on )?(?P<other>[\w:]+)",
)
def _devices(facts: Facts, found: re.Match[str]) -> Diagnosis:
    one, two = [device for device in found.groups() if device][:2]
    two = two.rstrip(".!,")
    made = ", ".join(dict.fromkeys(given.maker for given in facts.given[1:]))
    held = "registered as a buffer, it moves with the model; made in forward, it needs device="
    who = f" ({made} may be the one)" if made and len(facts.given) > 1 else ""
    return Diagnosis(f"a tensor on {one} meets one on {two}{who}", f"{held}x.device")
