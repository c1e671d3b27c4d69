"""The command line as a user meets it, without a new start of torch for every command.

Importing torch and torchvision takes seconds. A server has them imported, and nothing run, and
forks for each command: what that does to its modules, streams, signals and exit is its own. Where
the start itself matters it is a new process: with variables of the environment that Python or
torch read as they start, and with `afresh`, which is also what tests of imports are for.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]
SAVED = ROOT / "tests" / "data" / "resnet50.json"

SECONDS = 120
"""How long a command may take."""

READ_AT_THE_START = (
    "PYTHON", "LANG", "LC_", "TZ", "LD_", "MALLOC_", "OMP_", "MKL_", "KMP_", "GOMP_",
    "TORCH", "PYTORCH_", "ATEN_",
)  # fmt: skip
"""How the variables begin that Python, torch or the system read before a command runs."""

IMPORTED = (
    "torch", "torchvision", "torchinfo", "torch.utils.flop_counter", "click", "rich.console",
    "rich.table", "resnet_inspect.cli.commands.trace", "resnet_inspect.pipeline.questions",
    "resnet_inspect.pipeline.tracing.trace", "resnet_inspect.sources.torchvision",
    "resnet_inspect.capture.recording.watch", "resnet_inspect.inspection",
    "resnet_inspect.formats.terminal",
)  # fmt: skip
"""What the server imports. Networks of one's own and of timm are not among the sources: whether
theirs are imported decides what is kept in the cache."""


def environment(**changes: str) -> dict[str, str]:
    """The environment, without what would change how output looks."""
    plain = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    return plain | {"PYTHONPATH": str(ROOT)} | changes


def inspect(*arguments: str, cwd: Path = ROOT, **changes: str) -> subprocess.CompletedProcess[str]:
    """`resnet-inspect ARGUMENTS`, with variables of the environment changed."""
    return python("-m", "resnet_inspect", *arguments, cwd=cwd, env=environment(**changes))


def refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """One line on stderr that says what and how to go on, the exit code, nothing on stdout."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("resnet-inspect: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def python(
    *arguments: str, cwd: Path = ROOT, env: dict[str, str] | None = None, afresh: bool = False
) -> subprocess.CompletedProcess[str]:
    """`python -m MODULE ...` or `python -c CODE ...`, which finds the package of this checkout."""
    env = environment() if env is None else env
    if afresh or sys.platform != "linux" or _starting(env) != _starting(environment()):
        return subprocess.run(
            [sys.executable, *arguments], capture_output=True, encoding="utf-8", cwd=cwd, env=env,
            timeout=SECONDS, check=False,
        )  # fmt: skip
    return _server().run(arguments, cwd, env)


def _starting(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(READ_AT_THE_START)}


class _Server:
    """The process that forks. It ends when the other end of its socket is closed."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=ROOT, env=environment(),
        )  # fmt: skip
        theirs.close()
        self._socket.settimeout(SECONDS)
        self._reading = ThreadPoolExecutor(2)
        atexit.register(self.close)

    def run(
        self, arguments: tuple[str, ...], cwd: Path, env: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        request = json.dumps({"arguments": arguments, "cwd": str(cwd), "env": env})
        reads, writes = zip(os.pipe(), os.pipe(), strict=True)
        with open(os.devnull, "rb") as nothing:
            socket.send_fds(self._socket, [request.encode()], [nothing.fileno(), *writes])
        for end in writes:
            os.close(end)
        texts = [self._reading.submit(_whole, end) for end in reads]
        pid = self._answer()
        try:
            code = self._answer()
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            self._answer()
            raise subprocess.TimeoutExpired(arguments, SECONDS) from None
        out, err = (text.result() for text in texts)
        return subprocess.CompletedProcess(arguments, code, out, err)

    def _answer(self) -> int:
        told = self._socket.recv(64)
        if not told:
            raise RuntimeError(f"the server ended: {self._process.communicate()[1].decode()}")
        return int(told)

    def close(self) -> None:
        self._socket.close()
        self._process.communicate()


_server = functools.cache(_Server)


def _whole(end: int) -> str:
    with open(end, encoding="utf-8") as text:
        return text.read()


# -- in the server -------------------------------------------------------------------------------


def forked(server: socket.socket) -> tuple[str, ...]:
    """Fork for every request, and return what is to be run: in the forks alone."""
    while True:
        message, ends, _, _ = socket.recv_fds(server, 1 << 20, 3)
        if not message:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            break
        for end in ends:
            os.close(end)
        server.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        server.send(str(os.waitstatus_to_exitcode(status)).encode())
    server.close()
    for stream, end in enumerate(ends):
        os.dup2(end, stream)
        os.close(end)
    request = json.loads(message)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    return tuple(request["arguments"])


def begin(kind: str, what: str, *arguments: str) -> None:
    """Do what Python does with `-m WHAT ARGUMENTS` or `-c WHAT ARGUMENTS`."""
    sys.argv = [kind, *arguments]
    if kind == "-m":
        sys.path.insert(0, os.getcwd())
        runpy.run_module(what, run_name="__main__", alter_sys=True)
        return
    sys.path.insert(0, "")
    for name in [name for name in sys.modules if name.partition(".")[0] == "resnet_inspect"]:
        del sys.modules[name]  # what is registered comes before the command line is imported
    main = sys.modules["__main__"] = ModuleType("__main__")
    try:
        exec(compile(what, "<string>", "exec"), main.__dict__)
    except SystemExit as end:
        if not isinstance(end.code, int):
            raise
        atexit._run_exitfuncs()  # and spare the time to free all of torch
        sys.stdout.flush()
        os._exit(end.code)


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    begin(*forked(socket.socket(fileno=int(sys.argv[1]))))
