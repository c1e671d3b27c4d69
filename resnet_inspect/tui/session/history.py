"""The way back: the networks that were looked at, and the places visited in one."""

from __future__ import annotations

from dataclasses import dataclass, field

from resnet_inspect.tui.session.request import Request


@dataclass
class History:
    """Requests in the order they were looked at, with undo and redo."""

    done: list[Request] = field(default_factory=list)
    undone: list[Request] = field(default_factory=list)

    def visit(self, request: Request) -> None:
        """Look at this one now; what was undone is forgotten."""
        if not self.done or self.done[-1] != request:
            self.done.append(request)
            self.undone.clear()

    def undo(self) -> Request | None:
        """The one before, if there is one."""
        if len(self.done) < 2:
            return None
        self.undone.append(self.done.pop())
        return self.done[-1]

    def redo(self) -> Request | None:
        """The one that was undone last, if there is one."""
        if not self.undone:
            return None
        self.done.append(self.undone.pop())
        return self.done[-1]


Span = tuple[int, int]
"""First and last index of the calls that a row stands for."""


_MOST_PLACES = 200


@dataclass
class Places:
    """The places visited, with back and forward."""

    behind: list[Span] = field(default_factory=list)
    """The last one is where we are."""
    ahead: list[Span] = field(default_factory=list)

    def visit(self, span: Span) -> None:
        """Be here now; what was gone back from is forgotten."""
        if not self.behind or self.behind[-1] != span:
            self.behind.append(span)
            del self.behind[:-_MOST_PLACES]
            self.ahead.clear()

    def back(self) -> Span | None:
        """The place before, if there is one."""
        if len(self.behind) < 2:
            return None
        self.ahead.append(self.behind.pop())
        return self.behind[-1]

    def forward(self) -> Span | None:
        """The place that was left with back, if there is one."""
        if not self.ahead:
            return None
        self.behind.append(self.ahead.pop())
        return self.behind[-1]
