"""What is to be run against the clock: the plan that its dialog fills in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from resnet_inspect.errors import BadInput
from resnet_inspect.tui.session.request import Request


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run, on what, and how often."""

    device: str = "cpu"
    batch: int | None = None
    """Samples in the input; None where the network has several inputs, or none."""
    repeats: int = 20
    """Runs that count."""
    warm_up: int = 5
    """Runs before them."""
    threads: int | None = None
    """Threads of the CPU; None for torch's own choice."""

    def beginning_with(self, request: Request) -> Plan:
        """The plan as a dialog begins with it: for this network's batch, and its real device."""
        device = self.device if request.device == "meta" else request.device
        return replace(self, device=device, batch=request.input[0] if request.input else None)

    @property
    def fields(self) -> dict[str, str]:
        """What the dialog starts with."""
        written = {"device": self.device}
        if self.batch is not None:
            written["batch"] = str(self.batch)
        threads = "" if self.threads is None else str(self.threads)
        return written | {
            "repeats": str(self.repeats),
            "warm_up": str(self.warm_up),
            "threads": threads,
        }

    def with_fields(self, values: Mapping[str, str]) -> Plan:
        """The plan that the dialog describes; `BadInput` for what cannot be."""
        device = values["device"] or "cpu"
        if device == "meta":
            raise BadInput("meta computes nothing that could be timed")
        return Plan(
            device,
            None if self.batch is None else whole("batch", values["batch"], 1),
            whole("repeats", values["repeats"], 1),
            whole("warm up", values["warm_up"], 0),
            whole("threads", values["threads"], 1) if values["threads"] else None,
        )

    def on(self, request: Request) -> Request:
        """The request with the batch that is run."""
        if self.batch is None or not request.input:
            return request
        return replace(request, input=(self.batch, *request.input[1:]))

    def message(self, request: Request) -> dict[str, Any]:
        """What the child process is asked to run, of a request with this plan's batch."""
        runs = {"repeats": self.repeats, "warm_up": self.warm_up, "threads": self.threads}
        return {**request.message, "device": self.device, "runs": runs}


def whole(name: str, written: str, least: int) -> int:
    """The whole number that is written in a field; `BadInput` for another, or a lower one."""
    try:
        number = int(written) if written.isdecimal() else None
    except ValueError:  # of more digits than Python reads
        number = None
    if number is None or number < least:
        raise BadInput(f"{name}: a whole number from {least} up")
    return number
