"""Errors of one line, the names that they propose, and the line of the user's that raised."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from saved import trace_of

from resnet_inspect import errors
from resnet_inspect.errors import ForwardError, InspectError, OutputError, UnknownName, line_of
from resnet_inspect.files import write_all
from resnet_inspect.inspection import Inspection

KNOWN = ("resnet18", "resnet34", "resnet50", "resnext50_32x4d", "wide_resnet50_2")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("resnet-50", "did you mean resnet50?"),  # the same letters and digits: nothing else
        ("RESNET_18", "did you mean resnet18?"),
        ("wideresnet502", "did you mean wide_resnet50_2?"),
        ("rsnext50_32x4d", "did you mean resnext50_32x4d?"),
        ("transformer", ""),
        ("", ""),
    ],
)
def test_the_nearest_names_are_proposed(name: str, hint: str) -> None:
    error = UnknownName("model", name, KNOWN)
    assert error.message == f"unknown model '{name}'"
    assert error.hint == hint


def test_of_names_that_are_about_as_near_up_to_three_are_proposed() -> None:
    error = UnknownName("model", "resnet5", iter(KNOWN), see="`list` has all")
    said, _, see = error.hint.partition("? ")
    proposed = said.removeprefix("did you mean ").split(" or ")
    assert proposed[0] == "resnet50"
    assert set(proposed) <= set(KNOWN)
    assert len(proposed) <= 3
    assert see == "`list` has all"
    assert UnknownName("model", "zzz", KNOWN, see="`list` has all").hint == "`list` has all"


def test_every_error_has_a_name_of_its_own_and_a_documented_exit_code() -> None:
    """As the tree at the head of the module has them."""
    family = [InspectError]
    for one in family:
        family += [sub for sub in one.__subclasses__() if sub.__module__ == errors.__name__]
    assert len({one.slug for one in family}) == len(family)
    tree = str(errors.__doc__).split("KeyboardInterrupt")[0]
    for one in family[1:]:
        words = next(line.split() for line in tree.splitlines() if f"── {one.__name__} " in line)
        code = words[words.index(one.__name__) + 1]
        assert int(code) == one.exit_code, one


def test_a_hint_is_a_note_of_the_traceback() -> None:
    shown = traceback.format_exception_only(OutputError("no", hint="use --force"))
    assert shown[-1] == "hint: use --force\n"
    assert not hasattr(OutputError("no"), "__notes__")


def test_a_notebook_shows_the_calls_in_place_of_frames() -> None:
    trace = Inspection.of(trace_of("broken"))
    shown = ForwardError("it raised", hint="do this", trace=trace)._render_traceback_()
    assert shown[-3:] == ["", "ForwardError: it raised", "hint: do this"]
    assert shown[:-3] == str(trace).splitlines()
    assert len(shown) > 5


def raised_by(code: str, name: str, **names: object) -> BaseException:
    try:
        exec(compile(code, name, "exec"), names)
    except Exception as error:
        return error
    raise AssertionError(code)


def test_the_line_is_the_innermost_of_the_users() -> None:
    """What the user's code calls in Python's own library is not it, nor code without a file."""
    code = "def deeper():\n    return int('seven')\n\ndeeper()"
    assert line_of(raised_by(code, "/home/me/net.py")) == " (net.py, line 2)"
    code = "import json\n\njson.loads('{')"
    assert line_of(raised_by(code, "/home/me/net.py")) == " (net.py, line 3)"


def test_what_called_this_package_is_not_to_blame(tmp_path: Path) -> None:
    code = "write_all({path: 'x'}, overwrite=False)"
    (tmp_path / "there").touch()
    error = raised_by(code, "/home/me/net.py", write_all=write_all, path=tmp_path / "there")
    assert isinstance(error, OutputError)
    assert line_of(error) == ""
    assert line_of(ValueError("never raised")) == ""
