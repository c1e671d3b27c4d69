"""What the user's code raises as one line that says what, and where in their code."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resnet_inspect.errors import BadInput, BuildError, InspectError, line_of
from resnet_inspect.escaping import named_first_line, represented
from resnet_inspect.sources import sources
from resnet_inspect.sources.code.location import Place

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
        code = "" if error.code is None else represented(error.code)
        raise BuildError(
            f"{doing} {place.title} calls sys.exit({code}){line_of(error)}", hint=_MAIN_HINT
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
        if isinstance(error, AttributeError) and "Module.__init__()" in str(error):
            hint = f"super().__init__() goes first in its __init__; {hint}"
        raise BuildError(_raised(place, doing, error), hint=hint) from error


def _raised(place: Place, doing: str, error: BaseException) -> str:
    return f"{doing} {place.title} raised {named_first_line(error)}{line_of(error)}"


def _no_module(place: Place) -> BadInput:
    prefix = place.written.partition(".")[0]
    close = difflib.get_close_matches(prefix, [s for s in sources() if s != "code"], n=1)
    hint = "looked in this folder and among the installed packages; a file is FILE.py:NAME"
    if close:
        hint = f"did you mean {close[0]}:? {hint}"
    return BadInput(f"there is no module {place.written}", hint=hint)
