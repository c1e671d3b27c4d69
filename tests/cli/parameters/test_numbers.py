"""Numbers with commas, and amounts with prefixes."""

from __future__ import annotations

import click
import pytest

from resnet_inspect.cli.parameters.numbers import Decimals, Numbers, Quantity


def test_whole_numbers_are_positive_and_may_have_blanks() -> None:
    assert Numbers().convert("1, 8,32", None, None) == (1, 8, 32)
    for wrong in ("", "8,", "0", "-1", "1.5", "1;8", "9" * 5000):
        with pytest.raises(click.BadParameter, match="write 1,8,32"):
            Numbers().convert(wrong, None, None)


def test_decimals_may_be_of_either_sign() -> None:
    assert Decimals().convert("0.485, -1e-2,3", None, None) == (0.485, -0.01, 3.0)
    for wrong in ("", "0.5,", "0,5;1"):
        with pytest.raises(click.BadParameter, match="no list of numbers"):
            Decimals().convert(wrong, None, None)


@pytest.mark.parametrize(("written", "amount"), [
    ("7", 7), ("7B", 7), ("24G", 24 * 10**9), ("24gb", 24 * 10**9), ("1.5 k", 1500),
    ("16GiB", 16 * 2**30), ("16gib", 16 * 2**30), ("16Gi", 16 * 2**30), ("2MiB", 2 * 2**20),
    ("10TFLOPS", 10**13), ("10TFLOP/s", 10**13), ("100GB/s", 10**11), ("1PiB", 2**50),
])  # fmt: skip
def test_a_prefix_is_decimal_or_with_an_i_binary(written: str, amount: int) -> None:
    assert Quantity().convert(written, None, None) == (amount,)


@pytest.mark.parametrize(
    "written", ["", "G", "-1", "0", "1.2.3", "16XiB", "16iB", "9" * 400, "nan", "inf", "1e9", "1,2"]
)
def test_what_is_no_amount_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(click.BadParameter, match="write 16GiB"):
        Quantity().convert(written, None, None)


def test_so_many_amounts_as_are_wanted() -> None:
    assert Quantity(2).convert("10T, 100G", None, None) == (10**13, 10**11)
    for wrong in ("10T", "10T,100G,1", "10T,many"):
        with pytest.raises(click.BadParameter, match="write 10T,100G"):
            Quantity(2).convert(wrong, None, None)


@pytest.mark.parametrize(
    "kind", [Numbers(), Decimals(), Quantity()], ids=lambda k: type(k).__name__
)
def test_a_default_that_is_a_tuple_stays_it(kind: click.ParamType) -> None:
    assert kind.convert((3, 4), None, None) == (3, 4)
