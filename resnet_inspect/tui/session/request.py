"""What the explorer looks at: a network as it was asked for, and what came of it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from resnet_inspect import pipeline
from resnet_inspect.errors import BadInput
from resnet_inspect.pipeline.building.inputs import Partial
from resnet_inspect.sources import code_place, is_path, subject
from resnet_inspect.sources.catalogue import NAMED
from resnet_inspect.traces.json.codec import Recorded
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.timing import Measurements


@dataclass(frozen=True, slots=True)
class Request:
    """A network and how to run it; a saved trace where `path` is set."""

    model: str
    """As `trace` takes it: "resnet50", "paper:cifar_resnet20", "model.py:Net"."""
    input: tuple[int, ...] = ()
    """Empty for the one that its source gives it."""
    dtype: str = ""
    """Empty for the network's own."""
    device: str = "meta"
    mode: str = "eval"
    arguments: tuple[tuple[str, str], ...] = ()
    """Builder arguments as written, Python literals."""
    weights: str = ""
    """A file of weights, which must fit."""
    path: str = ""
    timed_on: str = ""
    """The device that it was measured on, which is not where it is run next."""

    @classmethod
    def of(cls, written: str) -> Request:
        """A network as `trace` takes it, or a saved trace.

        Raises `UnknownName`, with the nearest names, for what can be neither.
        """
        if pipeline.is_trace_file(written):
            return cls(Path(written).stem, path=written)
        name = subject(written).written
        return cls(name, NAMED[name].input if name in NAMED else ())

    def with_options(self, given: Mapping[str, Any]) -> Request:
        """The request with what the command line was given, as `pipeline.trace` takes it."""
        size = given.get("input")
        if isinstance(size, Mapping):
            raise BadInput(
                "the explorer takes one input",
                hint="trace writes a network with several to a file: -o trace.json",
            )
        if isinstance(size, Partial):  # of what is asked here, not of what fits
            size = size.of(self.input or pipeline.USUAL_INPUT)
        written = ((name, repr(value)) for name, value in (given.get("arguments") or {}).items())
        return replace(
            self,
            input=tuple(size) if size else self.input,
            dtype=given.get("dtype") or "",
            device=given.get("device") or "meta",
            mode=given.get("mode") or "eval",
            arguments=tuple(written),
            weights=given.get("weights") or "",
        )

    def as_run(self, trace: Trace, recorded: Recorded | None) -> Request:
        """The request with what only came of it: the input, a saved network's name, a device."""
        timed_on = "" if recorded is None else trace.provenance.device
        if isinstance(recorded, Measurements):
            timed_on = recorded.machine.device
        if self.path:
            return replace(self, model=trace.model_name, timed_on=timed_on)
        if self.input or len(trace.inputs) != 1:
            return replace(self, timed_on=timed_on)
        return replace(self, input=trace.spec(trace.inputs[0]).shape, timed_on=timed_on)

    @property
    def lasting(self) -> str | None:
        """What names it from any folder; None for a module, which other folders may have too."""
        if self.path:
            return str(Path(self.path).expanduser().resolve())
        code = None if self.model in NAMED else code_place(self.model)
        if code is None or subject(self.model).source != "code":
            return self.model
        file, name = code
        return ":".join(filter(None, (str(Path(file).resolve()), name))) if is_path(file) else None

    @property
    def message(self) -> dict[str, Any]:
        """What the child process is asked."""
        return {
            "ask": "trace",
            "model": self.model,
            "input": list(self.input) or None,
            "dtype": self.dtype or None,
            "device": self.device,
            "mode": self.mode,
            "arguments": {name: ast.literal_eval(value) for name, value in self.arguments},
            "weights": self.weights or None,
        }

    def as_options(self, *names: str) -> list[str]:
        """The options of the command line that run it so, as far as a command has these."""
        device = "" if self.device == "meta" else self.device
        written = {
            "input": [",".join(map(str, self.input))] if self.input else [],
            "dtype": [self.dtype] if self.dtype else [],
            "device": [device] if device else [],
            "set": [f"{name}={value}" for name, value in self.arguments],
            "weights": [self.weights] if self.weights else [],
        }
        return [part for name in names for value in written[name] for part in (f"--{name}", value)]

    @property
    def title(self) -> str:
        """Model, arguments, input, device in one line."""
        if self.path:
            return f"{self.model} · {self.path}"
        arguments = ", ".join(f"{name}={value}" for name, value in self.arguments)
        name = f"{self.model}({arguments})" if arguments else self.model
        size, device = "×".join(map(str, self.input)), self.timed_on or self.device
        parts = (name, size, self.dtype, device, self.mode)
        return " · ".join(part for part in parts if part not in ("", "float32", "eval"))

    def _whole(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """The sizes of an input of which only the last are given."""
        before = self.input or (1, 3, 0, 0)
        if len(sizes) == 1 and len(before) > 2:
            sizes *= len(before) - 2
        missing = len(before) - len(sizes)
        return (*before[:missing], *sizes) if sizes and missing > 0 else sizes

    @property
    def fields(self) -> dict[str, str]:
        """What the input dialog starts with."""
        return {
            "input": ",".join(map(str, self.input)),
            "dtype": self.dtype,
            "mode": self.mode,
            "arguments": " ".join(f"{name}={value}" for name, value in self.arguments),
        }

    def with_fields(self, values: Mapping[str, str]) -> Request:
        """The request that the input dialog describes; `BadInput` for what cannot be read.

        Fewer sizes than the input has are its last ones: 32 and 32x48 are of the image alone.
        """
        written = values["input"].replace("x", ",").replace("×", ",").strip()
        try:
            sizes = tuple(int(size) for size in written.split(",")) if written else ()
        except ValueError:
            raise BadInput("the input is sizes with commas, 1,3,224,224; or 32, 32x48") from None
        sizes = self._whole(sizes)
        if values["mode"] not in ("eval", "train"):
            raise BadInput("the mode is eval or train")
        return replace(
            self,
            input=sizes,
            dtype=values["dtype"],
            mode=values["mode"],
            arguments=_arguments(values["arguments"]),
            timed_on="",
        )


def _arguments(written: str) -> tuple[tuple[str, str], ...]:
    """NAME=VALUE pairs with blanks between them; a value may have blanks in brackets or quotes."""
    if not written.strip():
        return ()
    pairs = []
    for name, value in _pairs(written):
        try:
            ast.literal_eval(value)
        except (ValueError, SyntaxError):
            raise BadInput(f"{name}: {value or 'nothing'} is no Python literal") from None
        pairs.append((name, value))
    return tuple(pairs)


def _pairs(written: str) -> list[tuple[str, str]]:
    try:
        call = ast.parse(f"f({_with_commas(written)})", mode="eval").body
    except SyntaxError:
        raise BadInput("arguments are NAME=VALUE, Python literals: num_classes=10") from None
    if not isinstance(call, ast.Call) or call.args or any(k.arg is None for k in call.keywords):
        raise BadInput("arguments are NAME=VALUE, Python literals: num_classes=10")
    return [(str(k.arg), ast.unparse(k.value)) for k in call.keywords]


def _with_commas(written: str) -> str:
    """Blanks between two arguments as commas."""
    depth, out = 0, ""
    for character in " ".join(written.split()):
        depth += (character in "([{") - (character in ")]}")
        out += "," if character == " " and depth == 0 and out[-1:] not in ",=" else character
    return out
