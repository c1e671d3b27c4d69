"""The terminal that the explorer runs in: whatever it sends, and however it goes away.

Textual's driver ends the program at a byte that is no UTF-8 and at an escape sequence that it
cannot parse, and leaves the terminal raw when a signal ends the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
from codecs import getincrementaldecoder
from collections.abc import Iterator

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.message import Message

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""Signals that end the program; a shell says 128 and the number for one that did."""
_LOOK = 0.1
"""Seconds between two looks whether the program has ended, or an escape was a key alone."""


class Typed:
    """Makes messages of the bytes that a terminal sends; what is no message is left out."""

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")("ignore").decode
        self._parser = XTermParser()

    def messages(self, sent: bytes = b"") -> Iterator[Message]:
        """The messages of these bytes and those before, and of what came to nothing in time."""
        for character in self._decode(sent):
            yield from self._parsed(character)
        yield from self._parsed("")

    def _parsed(self, character: str) -> Iterator[Message]:
        try:
            found = list(self._parser.feed(character) if character else self._parser.tick())
        except Exception:  # of any kind, and the parser is good for nothing after it
            before, self._parser = self._parser, XTermParser()
            self._parser.mouse_pixels = before.mouse_pixels
            self._parser.terminal_size = before.terminal_size
            self._parser.terminal_pixel_size = before.terminal_pixel_size
            return
        for message in found:
            if not isinstance(message, Resize) or (message.size and message.pixel_size):
                yield message


class TerminalDriver(LinuxDriver):
    """Textual's driver, which goes on after what it cannot read and cleans up after a signal."""

    def start_application_mode(self) -> None:
        """Take the terminal; a signal gives it back, and a second one ends the program at once."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        loop = asyncio.get_running_loop()
        for number in ENDING:
            loop.add_signal_handler(number, self._leave, number)

    def _leave(self, number: signal.Signals) -> None:
        asyncio.get_running_loop().remove_signal_handler(number)
        self._app.exit(128 + number)

    def run_input_thread(self) -> None:
        """Hand on what is typed until the program ends, or the terminal is gone."""
        typed = Typed()
        while not self.exit_event.is_set():
            sent = b""
            if select.select([self.fileno], [], [], _LOOK)[0]:
                with contextlib.suppress(OSError):  # what a terminal says that is gone
                    sent = os.read(self.fileno, 4096)
                if not sent:
                    self._app.call_later(self._app.exit, 128 + signal.SIGHUP)
                    return
            for message in typed.messages(sent):
                self.process_message(message)

    def write(self, data: str) -> None:
        """Write to the terminal, as long as it is there."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)
