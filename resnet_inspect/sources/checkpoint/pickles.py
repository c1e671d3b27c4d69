"""A pickle walked through without being obeyed: what it says, and nothing of what it asks for.

A pickle is a program: it names classes and functions and has them called. Here no name is looked up
and nothing is called: each name becomes a `Named`, each call a `Made` that holds what would have
been called and with what. Dictionaries keep those entries whose keys are text.

Work and memory grow with the bytes that are read, of which there is a limit. What is malformed
raises `PickleError`, and no other error.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

LARGEST = 256 * 2**20
"""Bytes of one pickle that are read; the numbers of tensors lie outside of it."""
MOST_STEPS = 8_000_000
"""Instructions of one pickle that are followed."""


class PickleError(ValueError):
    """A pickle that is cut off, malformed, or larger than the limits."""


class Named(NamedTuple):
    """The name of a class, a function or a constant."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Stored(NamedTuple):
    """What lies outside of the pickle: for torch, the numbers of tensors."""

    key: Any


@dataclass(eq=False, slots=True)
class Made:
    """What a call would have made."""

    by: Any
    """What would have been called: `Named`, or whatever stood in its place."""
    args: Any
    state: Any = None
    """What it would have been given to take as its attributes."""
    items: dict[str, Any] = field(default_factory=dict)
    """What would have been set under keys that are text, as in a dictionary."""
    elements: list[Any] = field(default_factory=list)
    """What would have been appended, as to a list."""


class Pickle(NamedTuple):
    """What a pickle says."""

    value: Any
    names: tuple[Named, ...]
    """All that it names, in order, each once."""
    stored: tuple[Stored, ...]
    """All that it says lies outside of it."""


def walk(stream: BinaryIO) -> Pickle:
    """Follow one pickle from here to its end; the stream then stands behind it."""
    return _Walk(stream).end()


_MARK = object()


class _Walk:
    """The state of an unpickler: a stack, marks on it, and a memo."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.left = LARGEST
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.names: dict[Named, None] = {}
        self.stored: list[Stored] = []
        self.steps = 0

    def end(self) -> Pickle:
        """Follow every instruction up to the last."""
        try:
            for self.steps in range(MOST_STEPS):
                code = self.take(1)
                if code == b".":
                    return Pickle(self.pop(), tuple(self.names), tuple(self.stored))
                _STEPS[code](self)
        except PickleError:
            raise
        except KeyError as error:
            raise PickleError("it has an unknown instruction or uses what it never kept") from error
        except (IndexError, ValueError, TypeError, AttributeError, struct.error) as error:
            raise PickleError("it is malformed") from error
        raise PickleError(f"it has more than {MOST_STEPS:,} instructions")

    # Bytes

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > self.left:
            raise PickleError(f"it is cut off, or larger than {LARGEST:,} bytes")
        found = self.stream.read(count)
        if len(found) < count:
            raise PickleError("it is cut off")
        self.left -= count
        return found

    def number(self, size: int) -> int:
        """The next bytes as a whole number without a sign."""
        return int.from_bytes(self.take(size), "little")

    def signed(self, size: int) -> int:
        """The next bytes as a whole number with a sign."""
        return int.from_bytes(self.take(size), "little", signed=True)

    def line(self) -> str:
        """The next line, which must be short."""
        found = self.stream.readline(min(self.left, 4_096))
        self.left -= len(found)
        if not found.endswith(b"\n"):
            raise PickleError("it is cut off")
        return found[:-1].decode("utf-8")

    def text(self, size: int) -> str:
        """A string with its length before it."""
        return self.take(self.number(size)).decode("utf-8", "surrogatepass")

    # The stack

    def marked(self) -> list[Any]:
        """All above the last mark, which are taken off."""
        stack = self.stack
        place = len(stack) - 1
        while stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise PickleError("it is malformed")
        found = stack[place + 1 :]
        del stack[place:]
        return found

    def top(self) -> Any:
        """What lies on top."""
        if self.stack[-1] is _MARK:
            raise PickleError("it is malformed")
        return self.stack[-1]

    def pop(self) -> Any:
        """What lay on top."""
        found = self.top()
        self.stack.pop()
        return found

    def keep(self, place: int) -> None:
        """Remember what lies on top. A pickler counts; a place beyond its steps is no pickler's."""
        if not 0 <= place <= self.steps:
            raise PickleError("it is malformed")
        self.memo[place] = self.top()

    # What is made

    def name(self, module: Any, name: Any) -> None:
        """A class, function or constant, which stays a name."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise PickleError("it is malformed")
        found = Named(module, name)
        self.names[found] = None
        self.stack.append(found)

    def made(self, by: Any, args: Any) -> None:
        """What a call would make, which is not called."""
        self.stack.append(Made(by, args))

    def outside(self, key: Any) -> None:
        """What lies outside of the pickle."""
        self.stored.append(Stored(key))
        self.stack.append(self.stored[-1])

    def set_items(self, pairs: list[Any]) -> None:
        """Key, value, key, value, ... into what lies on top."""
        into = self.top()
        items = into.items if isinstance(into, Made) else into
        if not isinstance(items, dict) or len(pairs) % 2:
            raise PickleError("it is malformed")
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if type(key) is str:
                items[key] = value

    def append(self, values: list[Any]) -> None:
        """Append to what lies on top."""
        into = self.top()
        elements = into.elements if isinstance(into, Made) else into
        if isinstance(elements, list):
            elements += values
        elif not isinstance(elements, frozenset):
            raise PickleError("it is malformed")

    def build(self) -> None:
        """Give what lies below its attributes."""
        state, into = self.pop(), self.top()
        if isinstance(into, Made):
            into.state = state

    def instance(self) -> None:
        """A class and its arguments, all above a mark."""
        by, *args = self.marked()
        self.made(by, tuple(args))

    def named_instance(self) -> None:
        """A class that is named here, and its arguments above a mark."""
        self.name(self.line(), self.line())
        by = self.pop()
        self.made(by, tuple(self.marked()))

    def new_with_keywords(self) -> None:
        """A class, its arguments and its keyword arguments."""
        self.pop()
        args, by = self.pop(), self.pop()
        self.made(by, args)

    def reduce(self) -> None:
        """A function and its arguments."""
        args, by = self.pop(), self.pop()
        self.made(by, args)

    def name_from_stack(self) -> None:
        """A name whose two parts lie on the stack."""
        name, module = self.pop(), self.pop()
        self.name(module, name)

    def items_after_mark(self) -> None:
        """A whole dictionary above a mark."""
        pairs = self.marked()
        self.stack.append({})
        self.set_items(pairs)

    def protocol(self) -> None:
        """The version of the format."""
        if self.number(1) > 5:
            raise PickleError("it is of a protocol that is not known")

    def whole_line(self) -> None:
        """A whole number in decimals; 00 and 01 mean false and true."""
        line = self.line()
        self.stack.append(line == "01" if line in ("00", "01") else int(line))

    def quoted_line(self) -> None:
        """A string of Python 2, in quotes."""
        line = self.line()
        if len(line) < 2 or line[0] != line[-1] or line[0] not in "'\"":
            raise PickleError("it is malformed")
        self.stack.append(line[1:-1])


def _push(read: Callable[[_Walk], Any]) -> Callable[[_Walk], None]:
    def step(walk: _Walk) -> None:
        walk.stack.append(read(walk))

    return step


def _tuple(count: int) -> Callable[[_Walk], None]:
    def step(walk: _Walk) -> None:
        found = [walk.pop() for _ in range(count)]
        walk.stack.append(tuple(reversed(found)))

    return step


def _latin(walk: _Walk, size: int) -> str:
    return walk.take(walk.number(size)).decode("latin-1")


_STEPS: dict[bytes, Callable[[_Walk], object]] = {
    b"\x80": _Walk.protocol,
    b"\x95": lambda w: w.take(8),  # a frame: only its length
    # constants
    b"N": _push(lambda w: None),
    b"\x88": _push(lambda w: True),
    b"\x89": _push(lambda w: False),
    b"I": _Walk.whole_line,
    b"J": _push(lambda w: w.signed(4)),
    b"K": _push(lambda w: w.number(1)),
    b"M": _push(lambda w: w.number(2)),
    b"L": _push(lambda w: int(w.line().removesuffix("L"))),
    b"\x8a": _push(lambda w: w.signed(w.number(1))),
    b"\x8b": _push(lambda w: w.signed(w.number(4))),
    b"F": _push(lambda w: float(w.line())),
    b"G": _push(lambda w: struct.unpack(">d", w.take(8))[0]),
    b"S": _Walk.quoted_line,
    b"T": _push(lambda w: _latin(w, 4)),
    b"U": _push(lambda w: _latin(w, 1)),
    b"V": _push(_Walk.line),
    b"X": _push(lambda w: w.text(4)),
    b"\x8c": _push(lambda w: w.text(1)),
    b"\x8d": _push(lambda w: w.text(8)),
    b"B": _push(lambda w: w.take(w.number(4))),
    b"C": _push(lambda w: w.take(w.number(1))),
    b"\x8e": _push(lambda w: w.take(w.number(8))),
    b"\x96": _push(lambda w: w.take(w.number(8))),
    # the stack and the memo
    b"(": _push(lambda w: _MARK),
    b"0": lambda w: w.stack.pop(),
    b"1": _Walk.marked,
    b"2": _push(_Walk.top),
    b"p": lambda w: w.keep(int(w.line())),
    b"q": lambda w: w.keep(w.number(1)),
    b"r": lambda w: w.keep(w.number(4)),
    b"\x94": lambda w: w.keep(len(w.memo)),
    b"g": _push(lambda w: w.memo[int(w.line())]),
    b"h": _push(lambda w: w.memo[w.number(1)]),
    b"j": _push(lambda w: w.memo[w.number(4)]),
    # containers
    b")": _push(lambda w: ()),
    b"t": _push(lambda w: tuple(w.marked())),
    b"\x85": _tuple(1),
    b"\x86": _tuple(2),
    b"\x87": _tuple(3),
    b"]": _push(lambda w: []),
    b"l": _push(_Walk.marked),
    b"a": lambda w: w.append([w.pop()]),
    b"e": lambda w: w.append(w.marked()),
    b"}": _push(lambda w: {}),
    b"d": _Walk.items_after_mark,
    b"s": lambda w: w.set_items([w.pop(), w.pop()][::-1]),
    b"u": lambda w: w.set_items(w.marked()),
    b"\x8f": _push(lambda w: frozenset()),  # a set, whose elements nobody asks for
    b"\x90": lambda w: w.append(w.marked()),
    b"\x91": lambda w: w.stack.append(frozenset(w.marked()[:0])),
    # names, calls, what lies outside
    b"c": lambda w: w.name(w.line(), w.line()),
    b"\x93": _Walk.name_from_stack,
    b"R": _Walk.reduce,
    b"\x81": _Walk.reduce,
    b"\x92": _Walk.new_with_keywords,
    b"b": _Walk.build,
    b"i": _Walk.named_instance,
    b"o": _Walk.instance,
    b"P": lambda w: w.outside(w.line()),
    b"Q": lambda w: w.outside(w.pop()),
}
"""What each instruction does. Not followed: the registry of extensions and out-of-band buffers,
which no file of weights has."""
