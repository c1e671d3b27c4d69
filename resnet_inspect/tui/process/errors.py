"""How asking the child process can fail."""

from __future__ import annotations

from resnet_inspect.errors import InspectError, WorkFailed


class ChildDied(WorkFailed):
    """The tracing process ended before it answered; asking again starts another."""

    slug = "child-died"

    def __init__(self, cause: str, said: str = "") -> None:
        last = f"its last words: {said}" if said else ""
        super().__init__(f"the tracing process ended: {cause}", hint=last)
        self.cause = cause
        """What ended it: "killed: out of memory?", "exit code 3"."""
        self.said = said
        """The last line that it wrote to stderr."""


class Obsolete(InspectError):
    """A newer question was asked before this one's turn came."""

    slug = "obsolete"

    def __init__(self) -> None:
        super().__init__("a newer request took its place")
