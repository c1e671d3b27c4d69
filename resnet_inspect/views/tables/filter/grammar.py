"""A line of text cut into its terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from resnet_inspect.views.tables.filter.names import Names

_SAME = {"≥": ">=", "≤": "<=", "==": "=", "≠": "!="}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of what was typed, cut but not yet understood."""

    negated: bool
    word: str
    """The whole of it, without negation and quotes."""
    quoted: bool = False
    key: str = ""
    sign: str = ""
    """":", "=", "!=", "<", "<=", ">" or ">="; empty for a plain word."""
    value: str = ""
    value_quoted: bool = False


class Grammar:
    """How a line of text is cut, which depends on the names that columns have."""

    def __init__(self, names: Names) -> None:
        self.names = names
        """What the columns are called."""
        titles = "|".join(re.escape(title).replace(r"\ ", r"\s+") for title in names.titles)
        key_pattern = r'[^\s"!=<>≥≤≠:]+'
        self._pattern = re.compile(
            r"""\s*(?P<not>[-!])?(?:
                "(?P<quoted>[^"]*)"?
              | (?P<key>%s)(?P<gap>\s*)(?P<sign>:|[<>!]=|==?|[<>≥≤≠])(?P<after>\s*)
                (?P<value>"[^"]*"?|\S*)
              | (?P<word>\S+)
            )"""
            % (f"(?:{titles})|{key_pattern}" if titles else key_pattern),
            re.VERBOSE | re.IGNORECASE,
        )

    def parts(self, text: str) -> Iterator[Part]:
        """The text cut into its terms."""
        at, end = 0, len(text.rstrip())
        while at < end:
            found = self._pattern.match(text, at, end)
            if found is None:  # a lone sign of negation that nothing follows
                return
            at = found.end()
            negated = found["not"] is not None
            if found["quoted"] is not None:
                yield Part(negated, found["quoted"], quoted=True)
            elif found["key"] is None:
                yield Part(negated, found["word"])
            else:
                part, at = self._with_key(found, negated)
                yield part

    def _with_key(self, found: re.Match[str], negated: bool) -> tuple[Part, int]:
        """The term that a name, a sign and a value make, and where the text goes on."""
        known = self.names.key(found["key"]) is not None
        if found["gap"] and not (known and found["sign"] != ":"):
            return Part(negated, found["key"]), found.end("key")
        value, end = found["value"], found.end()
        if found["after"] and (not known or found["sign"] == ":"):
            value, end = "", found.end("sign")
        sign = _SAME.get(found["sign"], found["sign"])
        quoted = value.startswith('"')
        word = f"{found['key']}{found['sign']}{value}"
        value = value.strip('"') if quoted else value
        return Part(negated, word, False, found["key"], sign, value, quoted), end
