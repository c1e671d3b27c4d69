"""One of some names: listed, checked, completed."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from resnet_inspect.cli.parameters.names import Named, NamedOption
from resnet_inspect.errors import UnknownName

COLOURS = {"red": "of a fire", "green": "of grass", "greenish": "of a pond"}
CONTEXT = click.Context(click.Command("paint"))


def words(kind: Named, begun: str) -> list[str]:
    """What a name that is begun can be."""
    found = kind.shell_complete(CONTEXT, click.Option(["--colour"]), begun)
    return [item.value for item in found]


def test_the_names_stand_in_a_phrase_with_the_usual_one_marked() -> None:
    assert Named("colour", lambda: COLOURS).listed == "red, green or greenish"
    assert (
        Named("colour", lambda: COLOURS, usual="red").listed == "red (default), green or greenish"
    )
    assert Named("colour", lambda: ["red"]).listed == "red"


def test_a_wrong_name_is_told_the_nearest_and_all() -> None:
    kind = Named("colour", lambda: COLOURS)
    assert kind.convert("green", None, CONTEXT) == "green"
    with pytest.raises(UnknownName) as raised:
        kind.convert("gren", None, CONTEXT)
    assert raised.value.message == "unknown colour 'gren'"
    assert "did you mean green" in raised.value.hint
    assert "known: red, green, greenish" in raised.value.hint


def test_help_lists_meanings_where_there_are_some(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit):
        Named("colour", lambda: COLOURS).convert("help", None, CONTEXT)
    assert capsys.readouterr().out.splitlines() == [
        "red       of a fire", "green     of grass", "greenish  of a pond",
    ]  # fmt: skip
    with pytest.raises(UnknownName, match="'help'"):
        Named("colour", lambda: list(COLOURS)).convert("help", None, CONTEXT)
    while_completing = click.Context(click.Command("paint"), resilient_parsing=True)
    with pytest.raises(UnknownName):
        Named("colour", lambda: COLOURS).convert("help", None, while_completing)
    assert capsys.readouterr().out == ""


def test_a_begun_name_is_completed() -> None:
    kind = Named("colour", lambda: COLOURS)
    assert words(kind, "gr") == ["green", "greenish"]
    assert words(kind, "x") == []


def test_the_help_asks_for_the_names_when_it_is_shown() -> None:
    known = ["red"]
    option = click.option(
        "--colour", cls=NamedOption, type=Named("colour", lambda: known), help="Paint: {names}."
    )
    paint = click.command()(option(lambda colour: None))
    known.append("blue")
    assert "Paint: red or blue." in CliRunner().invoke(paint, ["--help"]).output
