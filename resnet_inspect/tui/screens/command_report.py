"""Reports that the command line gives, each in a process of its own that is ended with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from resnet_inspect.errors import WorkFailed
from resnet_inspect.formats import table_suffixes
from resnet_inspect.tui.screens.report import Page, Report


class CommandReport(Report):
    """What `resnet-inspect COMMAND ...` prints, as text; its export is in any format of tables."""

    def __init__(self, title: str, arguments: Sequence[str]) -> None:
        super().__init__(title, arguments[0], table_suffixes(), {title: self._make}, long=True)
        self.arguments = tuple(arguments)
        self.running: subprocess.Popen[str] | None = None

    def _make(self, width: int) -> Page:
        out, said = self._run("--width", str(width), "--color", "never")
        lines = [*out.splitlines(), *([""] if out and said else []), *said.splitlines()]
        return Page(tuple(((line, ""),) for line in lines), self._write)

    def _write(self, format: str) -> str:
        out, said = self._run("--format", format)
        if not out:
            raise WorkFailed(said.strip() or "nothing was printed")
        return out

    def _run(self, *more: str) -> tuple[str, str]:
        """What it prints and says."""
        command = [sys.executable, "-m", "resnet_inspect", *self.arguments, *more]
        self.running = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
        return self.running.communicate()

    def on_unmount(self) -> None:
        """Leave no process behind."""
        if self.running is not None:
            self.running.kill()
