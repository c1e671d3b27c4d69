"""What the user's code raises as one line that says what, and where in their code."""

from __future__ import annotations

import difflib
import os
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from resnet_inspect.errors import BadInput, BuildError, InspectError
from resnet_inspect.sources import sources
from resnet_inspect.sources.code.place import Place
from resnet_inspect.visible import said

_MAIN_HINT = 'what is not for importing goes under if __name__ == "__main__":'


@contextmanager
def their_errors(place: Place, doing: str) -> Iterator[None]:
    """What the user's code raises as one line that says what, and where in their code."""
    try:
        yield
    except BadInput:
        raise
    except SyntaxError as error:
        file = Path(error.filename).name if error.filename else place.title
        line = f", line {error.lineno}" if error.lineno else ""
        raise BuildError(f"{file}{line} does not parse: {error.msg}") from error
    except SystemExit as error:
        code = "" if error.code is None else repr(error.code)
        raise BuildError(
            f"{doing} {place.title} calls sys.exit({code}){_line_of(error)}", hint=_MAIN_HINT
        ) from error
    except ModuleNotFoundError as error:
        asked = error.name or ""
        if place.file is None and (place.module == asked or place.module.startswith(f"{asked}.")):
            raise _no_module(place) from error
        hint = f"pip install {asked}, or run this where it is installed"
        raise BuildError(_raised(place, doing, error), hint=hint) from error
    except EOFError as error:
        raise BuildError(_raised(place, doing, error), hint=_MAIN_HINT) from error
    except (KeyboardInterrupt, InspectError):
        raise
    except BaseException as error:
        hint = "--debug shows the traceback"
        raise BuildError(_raised(place, doing, error), hint=hint) from error


def _raised(place: Place, doing: str, error: BaseException) -> str:
    lines = [line.strip() for line in said(error).splitlines() if line.strip()]
    says = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return f"{doing} {place.title} raised {says}{_line_of(error)}"


def _line_of(error: BaseException) -> str:
    """The innermost line that is neither torch's nor Python's nor ours: " (model.py, line 3)"."""
    frames = traceback.extract_tb(error.__traceback__)
    paths = sysconfig.get_paths()
    others = tuple(
        str(folder) + os.sep
        for folder in (
            Path(__file__).parents[2], Path(torch.__file__).parent,
            paths["purelib"], paths["platlib"], paths["stdlib"],
        )
    )  # fmt: skip
    theirs = [f for f in frames if not f.filename.startswith((*others, "<"))]
    return f" ({Path(theirs[-1].filename).name}, line {theirs[-1].lineno})" if theirs else ""


def _no_module(place: Place) -> BadInput:
    prefix = place.written.partition(".")[0]
    close = difflib.get_close_matches(prefix, [s for s in sources() if s != "code"], n=1)
    hint = "looked in this folder and among the installed packages; a file is FILE.py:NAME"
    if close:
        hint = f"did you mean {close[0]}:? {hint}"
    return BadInput(f"there is no module {place.written}", hint=hint)
