"""Rules by the words of an exception, in the order in which they are asked."""

from __future__ import annotations

import re
from collections.abc import Callable

from resnet_inspect.analysis.failure.facts import Diagnosis, Facts

Rule = Callable[[Facts, re.Match[str]], Diagnosis | None]


class Rules:
    """Rules of one family; the first that finds something is believed."""

    def __init__(self) -> None:
        self._rules: list[tuple[re.Pattern[str], Rule]] = []

    def says(self, pattern: str) -> Callable[[Rule], Rule]:
        """Register a rule for exceptions whose "Class: message" the pattern is found in."""

        def register(rule: Rule) -> Rule:
            self._rules.append((re.compile(pattern), rule))
            return rule

        return register

    def diagnosis(self, facts: Facts) -> Diagnosis | None:
        """What the first rule finds whose pattern and whose own questions fit."""
        said = f"{facts.error}: {facts.message}"
        for pattern, rule in self._rules:
            found = pattern.search(said)
            known = None if found is None else _asked(rule, facts, found)
            if known is not None:
                return known
        return None


def _asked(rule: Rule, facts: Facts, found: re.Match[str]) -> Diagnosis | None:
    """What a rule finds; nothing where it knows the words and the numbers cannot be."""
    try:
        known = rule(facts, found)
    except (ArithmeticError, LookupError, ValueError):
        return None
    return known
