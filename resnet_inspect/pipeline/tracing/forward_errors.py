"""How to give a forward what it takes, where that is no tensor: by --input, or by a wrapper."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from resnet_inspect.errors import ForwardError
from resnet_inspect.inspection import Inspection
from resnet_inspect.traces.model import Trace

if TYPE_CHECKING:
    from resnet_inspect.capture.recording.failure import ForwardRaised
    from resnet_inspect.capture.signatures import Asked


def how_to_give(asked: Asked | None, trace: Trace, *, by_name: bool) -> str:
    """A hint after a forward that raised: options or, for a module, arguments of `trace`.

    Where neither says what is asked, or it was given already, three lines of code that do. "" for a
    forward that takes tensors.
    """
    if asked is None:
        return ""
    shape = trace.spec(trace.inputs[0]).shape if trace.inputs else (1, 3, 224, 224)
    given = {port.label.partition(".")[0] for port in trace.inputs}
    if asked.kind == "mapping" and asked.names and not given.issuperset(asked.names):
        if not by_name:
            size = ", ".join(f"{key!r}: {shape}" for key in asked.names)
            return f"its {asked.method} takes a mapping: input_size={{{size}}}"
        sizes = ",".join(map(str, shape))
        written = " ".join(f"--input {key}={sizes}" for key in asked.names)
        return f"its {asked.method} takes a mapping: {written}"
    if asked.kind == "list" and not any("." in port.label for port in trace.inputs):
        several = [shape] * (len(asked.names) or 2)
        if not by_name:
            return f"its {asked.method} takes a list: input_size=[{several}]"
        written = "+".join(",".join(map(str, one)) for one in several)
        return f"its {asked.method} takes a list: --input {written}"
    words = f"its {asked.method} takes what no shape says: trace a wrapper that makes it"
    return "\n".join((words, *(f"    {line}" for line in wrapper(asked))))


def wrapper(asked: Asked) -> tuple[str, str, str]:
    """A class that takes tensors and gives the network's method what it asks, to be adapted."""
    names = [name for name in asked.names if name.isidentifier() and not keyword.iskeyword(name)]
    takes = ", ".join(names) or "x"
    if asked.kind == "mapping":
        made = ", ".join(f'"{name}": {name}' for name in names) or '"x": x'
        made = f"{{{made}}}"
    elif asked.kind == "list":
        made = f"[{takes}]"
    else:
        given = ", ".join(f"{name}={name}" for name in names)
        made = f"SimpleNamespace({given})"
    return (
        f"class ForTracing({asked.class_name}):",
        f"    def {asked.method}(self, {takes}):",
        f"        return super().{asked.method}({made})",
    )


@contextmanager
def as_forward_error(*, by_name: bool) -> Iterator[None]:
    """A context in which a forward pass that raises is a `ForwardError`; it imports torch."""
    from resnet_inspect.capture.recording.failure import ForwardRaised

    try:
        yield
    except ForwardRaised as raised:
        raise _forward_error(raised, by_name=by_name) from raised.__cause__


def _forward_error(raised: ForwardRaised, *, by_name: bool) -> ForwardError:
    """What a forward pass that raised is to the caller: why, what to do, the calls up to there."""
    from resnet_inspect.analysis.failure import sentence

    hint = raised.hint or how_to_give(raised.asked, raised.trace, by_name=by_name)
    trace = Inspection.of(raised.trace)
    return ForwardError(sentence(trace), hint=hint, trace=trace)
