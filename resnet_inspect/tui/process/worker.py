"""The child process that traces and measures for the explorer: JSON lines in, JSON lines out.

    {"id": 1, "ask": "trace", "model": "resnet50", "input": [1, 3, 224, 224], "dtype": null,
     "device": null, "mode": "eval", "arguments": {"num_classes": 10}}

is answered by any number of steps and one end:

    {"id": 1, "step": "importing torch"}
    {"id": 1, "trace": "the trace as `codec` writes it"}
    {"id": 1, "error": {"slug": "forward", "message": "...", "hint": "", "partial": "a trace"}}
    {"id": 1, "obsolete": true}

With "ask": "offered" it is answered by the arguments of the network's builder, and with "ask":
"signal", and "step" for how to run it, by what flowed forward and back:

    {"id": 1, "offered": {"num_classes": "1000"}}
    {"id": 1, "signals": "the signals of one step as `codec` writes them"}

With "ask": "measure", and "runs" for what is run and how often, it ends with the measurements; a
few times a second, between two runs, come those so far: whole at first, then what was added.

    {"id": 1, "so_far": "the measurements of the first runs as `codec` writes them"}
    {"id": 1, "more": {"forward": [[...], [...]], "whole_forward": [..., ...]}}
    {"id": 1, "measured": "the measurements as `codec` writes them"}

Requests are served one at a time. One that waits while another is served is obsolete as soon as a
newer one of its kind comes: to run a network, or to tell of its builder. torch is imported for the
first and stays; the process ends when stdin does, whatever it is doing then, because nobody is left
to be answered. What the model's code writes to stdout goes to stderr, and its stdin is empty.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, BinaryIO

from resnet_inspect.errors import BadInput
from resnet_inspect.traces.json import codec
from resnet_inspect.traces.json.codec import Measured
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.signals import Watched
from resnet_inspect.tui.process.wire import added, described


@dataclass(frozen=True)
class Work:
    """What is done for each kind of question, or what stands in for it in a test."""

    trace: Callable[..., Trace]
    measure: Callable[..., Measured]
    signal: Callable[..., Watched]
    offered: Callable[[str], Mapping[str, str]]

    @classmethod
    def usual(cls) -> Work:
        """What `pipeline` does."""
        from resnet_inspect import pipeline

        trace = partial(pipeline.trace, cache=True)
        return cls(trace, pipeline.measure, pipeline.signal, pipeline.offered)


_PAUSE = 0.25
"""Seconds at least between two answers that tell the measurements so far."""
_GIVEN = ("dtype", "device", "mode", "arguments", "weights")


class Worker:
    """Serves requests: one thread reads them, another works."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO, does: Work) -> None:
        self._requests = requests
        self._answers = answers
        self._does = does
        self._writing = threading.Lock()
        self._changed = threading.Condition()
        self._waiting: dict[bool, dict[str, Any]] = {}
        """What waits: to be run, and to be told of a builder."""

    def read(self) -> None:
        """Take requests until there are no more."""
        for line in self._requests:
            try:
                request = json.loads(line)
            except (ValueError, RecursionError):
                request = None
            if not isinstance(request, dict):
                self._answer(None, error=described(BadInput("a request is one JSON object")))
                continue
            with self._changed:
                older = self._waiting.pop(_runs(request), None)
                self._waiting[_runs(request)] = request
                self._changed.notify()
            if older is not None:
                self._answer(older.get("id"), obsolete=True)

    def work(self) -> None:
        """Serve requests for as long as the process lives."""
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                request = self._waiting.pop(next(iter(self._waiting)))
            self._serve(request)

    def _serve(self, request: dict[str, Any]) -> None:
        number = request.get("id")
        try:
            answer = self._answered(request, lambda step: self._answer(number, step=step))
        except BaseException as error:
            # Also SystemExit: what a model's code raises is an answer, not the end.
            self._answer(number, error=described(error))
        else:
            self._answer(number, **answer)

    def _answered(self, request: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
        ask, model, size = request.get("ask"), request.get("model"), request.get("input")
        if ask not in [one.name for one in fields(Work)] or not isinstance(model, str):
            raise BadInput("a request asks for the trace or the measurements of a named model")
        given = {name: request[name] for name in _GIVEN if request.get(name) is not None}
        if ask == "offered":
            return {"offered": dict(self._does.offered(model))}
        if ask == "trace":
            return {"trace": codec.dumps(self._does.trace(model, size, tell=tell, **given))}
        if ask == "signal":
            step = self._does.signal(model, size, tell=tell, **request["step"], **given)
            return {"signals": codec.dumps_signals(step)}
        so_far, runs = self._so_far(request.get("id")), request.get("runs")
        found = self._does.measure(model, size, tell=tell, so_far=so_far, runs=runs, **given)
        return {"measured": codec.dumps_measured([found])}

    def _so_far(self, number: Any) -> Callable[[Measured], None]:
        """What answers a request with the measurements so far, no more often than is to be seen."""
        told: Measured | None = None
        at = 0.0

        def so_far(found: Measured) -> None:
            nonlocal told, at
            now = time.monotonic()
            if told is not None and now - at < _PAUSE:
                return
            if told is None:
                self._answer(number, so_far=codec.dumps_measured([found]))
            else:
                self._answer(number, more=added(told[1], found[1]))
            told, at = found, now

        return so_far

    def _answer(self, number: Any, **answer: Any) -> None:
        line = json.dumps({"id": number, **answer}).encode() + b"\n"
        with self._writing:
            self._answers.write(line)
            self._answers.flush()


def _runs(request: Mapping[str, Any]) -> bool:
    """Whether a network is to be run, which gives way to the next one that is."""
    return request.get("ask") != "offered"


def _end_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, even where Python cannot notice."""
    if sys.platform != "linux":
        return
    import ctypes

    set_parent_death_signal = 1
    try:
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    except (OSError, AttributeError):
        return


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep stdin and stdout for the protocol and give the model's code others."""
    requests, answers = os.dup(0), os.dup(1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    os.close(empty)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def main(
    trace: Callable[..., Trace] | None = None, measure: Callable[..., Measured] | None = None
) -> None:
    """Serve until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    requests, answers = _own_streams()
    if not os.environ.get("RESNET_INSPECT_DEBUG"):
        warnings.simplefilter("ignore")
    usual = Work.usual()
    does = replace(usual, trace=trace or usual.trace, measure=measure or usual.measure)
    worker = Worker(requests, answers, does)

    def read() -> None:
        try:
            worker.read()
        finally:
            os._exit(0)

    # A model is run in the main thread, where all code expects to be.
    threading.Thread(target=read, name="requests", daemon=True).start()
    try:
        worker.work()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
