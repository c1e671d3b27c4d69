"""Words of a list, of which the last is completed."""

from __future__ import annotations

import click
import pytest

from resnet_inspect.cli.parameters.lists import Filter, Listed

KEYS = ("path", "params", "macs", "macs_share")


def words(kind: Listed, begun: str) -> list[str]:
    """What a line that is begun can be."""
    context = click.Context(click.Command("show"))
    found = kind.shell_complete(context, click.Option(["--columns"]), begun)
    return [item.value for item in found]


@pytest.mark.parametrize(("begun", "whole"), [
    ("", list(KEYS)),
    ("pa", ["path", "params"]),
    ("path,", ["path,params", "path,macs", "path,macs_share"]),
    ("path,pa", ["path,params"]),
    ("+macs,mac", ["+macs,macs_share"]),
    ("+pa", ["+path", "+params"]),
    ("macs,+m", ["macs,+macs_share"]),
    ("x", []),
])  # fmt: skip
def test_a_word_is_completed_behind_those_before_it_and_offered_once(
    begun: str, whole: list[str]
) -> None:
    assert words(Listed(lambda: KEYS), begun) == whole


@pytest.mark.parametrize(("begun", "whole"), [
    ("pa", ["path", "params"]),
    ("macs>1M pa", ["macs>1M path", "macs>1M params"]),
    ("path:a -pat", ["path:a -path"]),
    ("!mac", ["!macs", "!macs_share"]),
    ("macs>1", []),
    ("path ", []),
    ("-", []),
    ("", []),
])  # fmt: skip
def test_of_a_filter_the_column_of_its_last_term_is_completed(begun: str, whole: list[str]) -> None:
    assert words(Filter(lambda: KEYS), begun) == whole


def test_what_is_written_is_taken_as_it_is() -> None:
    assert Listed(lambda: KEYS).convert("no,such key", None, None) == "no,such key"
