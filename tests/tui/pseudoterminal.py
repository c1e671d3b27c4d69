"""A program in a terminal of its own: what it writes is read, keys are typed, its size changes."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ASKS_FOR_FRAMES, HAS_FRAMES = b"\x1b[?2026$p", "\x1b[?2026;2$y"
"""Whether the terminal paints what stands between two marks at once, and that it does."""
FRAME_END = b"\x1b[?2026l"


class Terminal:
    """A pty in which a program runs; it stays open after the program has ended.

    It says of itself that it paints whole frames, as terminals of today do.
    """

    def __init__(
        self, command: Sequence[str], size: tuple[int, int], environment: Mapping[str, str]
    ) -> None:
        self.master, self.slave = os.openpty()
        self.resize(*size)
        self.attributes_before = self.attributes
        self.written = b""
        """All that the program wrote."""
        self.started = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.login_tty(self.slave)
                os.execvpe(command[0], list(command), dict(os.environ) | dict(environment))
            finally:
                os._exit(127)
        self._code: int | None = None

    @property
    def seen(self) -> str:
        """All that the program wrote, as text."""
        return self.written.decode("utf-8", "replace")

    @property
    def attributes(self) -> list[Any]:
        """How the terminal treats what is typed."""
        return termios.tcgetattr(self.slave)

    def resize(self, width: int, height: int) -> None:
        """Change the size; the kernel tells the program."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def type(self, keys: str) -> None:
        """Press keys, as the bytes that a terminal sends."""
        self.send(keys.encode())

    def send(self, sent: bytes) -> None:
        """Send these bytes, which need not be keys."""
        os.write(self.master, sent)

    def read(self, seconds: float) -> bool:
        """Read what is there, waiting for it at most so long; whether there was anything."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        asked = self.written.count(ASKS_FOR_FRAMES)
        self.written += os.read(self.master, 65536)
        if self.written.count(ASKS_FOR_FRAMES) > asked:
            self.type(HAS_FRAMES)
        return True

    def wait_for(self, text: str, seconds: float = 60) -> float:
        """Wait until the program has written this since the last wait; when that was."""
        end = time.monotonic() + seconds
        start = len(self.written)
        wanted = text.encode()
        while wanted not in self.written[max(0, start - len(wanted)) :]:
            assert time.monotonic() < end, f"{text!r} did not come: {self.seen[-2000:]!r}"
            self.read(0.05)
        return time.monotonic()

    def wait_for_frame(
        self, wanted: Callable[[bytes], bool], since: int = 0, seconds: float = 60
    ) -> float:
        """Wait until a wanted frame is written to its end; when that was.

        Only what was written after the first `since` bytes counts.
        """
        end = time.monotonic() + seconds
        while not any(map(wanted, self.written[since:].split(FRAME_END)[:-1])):
            assert time.monotonic() < end, f"it did not come: {self.seen[-2000:]!r}"
            self.read(0.05)
        return time.monotonic()

    def read_until_quiet(self, quiet: float = 0.4, seconds: float = 20) -> float:
        """Read until nothing comes for `quiet` seconds; when the last of it came.

        It ends after so many seconds at the latest: a cursor that blinks is never quiet.
        """
        last = start = time.monotonic()
        while last - start < seconds and self.read(quiet):
            last = time.monotonic()
        return last

    def hang_up(self) -> None:
        """Close the terminal under the program, as a window does that is closed."""
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def exit_code(self, seconds: float = 30) -> int:
        """Wait for the end of the program; its exit code, negative for a signal."""
        end = time.monotonic() + seconds
        while self._code is None:
            assert time.monotonic() < end, "it does not end"
            if self.master == -1:
                time.sleep(0.01)
            elif self.read(0.01):
                continue
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        if self.master != -1:
            self.read_until_quiet(0.05, seconds=5)
        return self._code

    def close(self) -> None:
        """End the program, if it runs, and the terminal."""
        if self._code is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        if self.master != -1:
            self.hang_up()


def processes_with(text: str, seconds: float = 3) -> list[str]:
    """Commands of the processes in whose environment this text stands, so children too.

    One that is about to end is waited for; this process and its own parents do not count.
    """
    end = time.monotonic() + seconds
    before: list[str] = []
    while True:
        found = _processes_with(text)
        if not found or (found == before and time.monotonic() > end):
            return found
        before = found
        time.sleep(0.05)


def _processes_with(text: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            if text.encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return sorted(found)
