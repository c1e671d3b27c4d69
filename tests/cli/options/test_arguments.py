"""Arguments of a network's builder, as `--set` takes them."""

from __future__ import annotations

from typing import Any

import pytest

from resnet_inspect.cli.options.arguments import read_settings
from resnet_inspect.errors import BadInput


@pytest.mark.parametrize(("written", "value"), [
    ("a=10", 10), ("a=-1.5", -1.5), ("a=[False, True]", [False, True]), ("a=(1,)", (1,)),
    ("a='x=y'", "x=y"), ("a=None", None), ("a={'b': 1}", {"b": 1}),
    ("a=true", True), ("a=FALSE", False), ("a=none", None),
])  # fmt: skip
def test_a_value_is_a_python_literal_or_a_word_for_one(written: str, value: Any) -> None:
    assert read_settings([written]) == {"a": value}


def test_the_last_of_two_for_one_name_counts() -> None:
    assert read_settings(["a=1", "b=2", "a=3"]) == {"a": 3, "b": 2}
    assert read_settings([]) == {}


@pytest.mark.parametrize("written", ["a", "=1", "1a=2", "a b=1", "--a=1", ""])
def test_what_names_nothing_is_refused(written: str) -> None:
    with pytest.raises(BadInput, match="no NAME=VALUE") as raised:
        read_settings([written])
    assert "--set num_classes=10" in raised.value.hint


@pytest.mark.parametrize("value", ["ten", "", "1 +", "f(1)", "[x]", "yes"])
def test_what_is_no_literal_is_refused_and_never_run(value: str) -> None:
    with pytest.raises(BadInput, match=r"--set a: .* is no Python literal"):
        read_settings([f"a={value}"])
