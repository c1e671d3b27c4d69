"""What is run forward and back once, to see what flows: the step that its dialog fills in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from resnet_inspect.errors import BadInput
from resnet_inspect.tui.session.request import Request
from resnet_inspect.tui.session.timing import whole

LOSSES = ("", "cross-entropy", "mean-square")
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Step:
    """What is run, on what, and where the backward pass starts."""

    device: str = "cpu"
    batch: int | None = _BATCH
    """Samples in the input; None where the network has several inputs, or none."""
    mode: str = "train"
    loss: str = ""
    """Empty for cross-entropy where the network gives class scores, else the mean square."""
    seed: int = 0

    def beginning_with(self, request: Request) -> Step:
        """The step as a dialog begins with it."""
        device = self.device if request.device == "meta" else request.device
        return replace(self, device=device, batch=self.batch or _BATCH if request.input else None)

    @property
    def fields(self) -> dict[str, str]:
        """What the dialog starts with."""
        written = {"device": self.device}
        if self.batch is not None:
            written["batch"] = str(self.batch)
        return written | {"mode": self.mode, "loss": self.loss, "seed": str(self.seed)}

    def with_fields(self, values: Mapping[str, str]) -> Step:
        """The step that the dialog describes; `BadInput` for what cannot be."""
        device = values["device"] or "cpu"
        if device == "meta":
            raise BadInput("meta computes nothing that could flow")
        if values["mode"] not in ("eval", "train"):
            raise BadInput("the mode is eval or train")
        if values["loss"] not in LOSSES:
            raise BadInput("the loss is cross-entropy or mean-square, or empty")
        return Step(
            device,
            None if self.batch is None else whole("batch", values["batch"], 1),
            values["mode"],
            values["loss"],
            whole("seed", values["seed"], 0),
        )

    def on(self, request: Request) -> Request:
        """The request with the batch and mode that are run."""
        request = replace(request, mode=self.mode)
        if self.batch is None or not request.input:
            return request
        return replace(request, input=(self.batch, *request.input[1:]))

    def message(self, request: Request) -> dict[str, Any]:
        """What the child process is asked to run, of a request with this step's batch."""
        step = {"loss": self.loss or None, "seed": self.seed}
        return {**request.message, "device": self.device, "step": step}
