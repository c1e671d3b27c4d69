"""The user's own code: "model.py:ResNet18", "package.module:factory", "model.py" alone.

This runs that code, as importing it and calling it would. Nothing is copied, changed or written
beside it. A file inside a package is imported as a part of that package; a file alone finds what
lies beside it, as it does when Python runs it.
"""

from __future__ import annotations

import ast
import copy
import difflib
import importlib
import inspect
import os
import sys
import sysconfig
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import torch
from torch import nn

from resnet_inspect.errors import BadInput, BuildError, UnknownName
from resnet_inspect.sources import code_place, is_path, sources
from resnet_inspect.sources.catalogue import Variant

_MAIN_HINT = 'what is not for importing goes under if __name__ == "__main__":'
_DEEPEST = 8
"""How many functions that return each other's result are followed to an `nn.Module`."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A module of the user's, and how Python finds it."""

    written: str
    """As the user named it: "nets/model.py", "package.module"."""
    module: str
    """The name to import it by."""
    root: Path
    """The folder that its imports start from."""
    file: Path | None = None
    """None for a module that is named with dots."""

    @property
    def is_alone(self) -> bool:
        """Whether it is a file in no package."""
        return self.file is not None and self.file.parent == self.root

    @property
    def title(self) -> str:
        """A short name for messages: "model.py", "package.module"."""
        return self.written if self.file is None else self.file.name


def variants() -> Sequence[Variant]:
    """None: names are open."""
    return ()


def default_input(name: str) -> None:
    """Nobody knows."""


@contextmanager
def surroundings(name: str) -> Iterator[None]:
    """What that code finds when it runs: the modules beside it, and arguments that are not ours.

    Afterwards `sys.path`, `sys.argv` and the modules that came from that folder are as before, so
    that the next run reads changed files anew. Raises `UnknownName` or `BadInput` for a file that
    is not there or is none.
    """
    place = _place(name)
    folders = [str(place.root)]
    if place.file is not None and not place.is_alone:
        folders.append(str(place.file.parent))
    path, arguments, unwritten = list(sys.path), sys.argv, sys.dont_write_bytecode
    before = set(sys.modules)
    # The file's own folder is last, since a package is not meant to be imported from inside.
    sys.path[:] = [folders[0], *path, *folders[1:]]
    sys.argv = [str(place.file or place.written)]
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:], sys.argv, sys.dont_write_bytecode = path, arguments, unwritten
        new = set(sys.modules) - before
        for module in [m for m in new if _lies_in(folders, sys.modules.get(m.partition(".")[0]))]:
            sys.modules.pop(module)


def build(name: str, arguments: Mapping[str, Any], device: torch.device) -> nn.Module:
    """The network that a class, a function or an instance of that name gives.

    It is built on meta if that is the device, and on the CPU where building needs numbers; an
    instance is copied. Call it inside `surroundings`.

    Raises `UnknownName` for a name that is not there, `BadInput` for what is no network or needs
    other arguments, `BuildError` if the code does not parse, raises or exits.
    """
    place = _place(name)
    wanted = (code_place(name) or ("", ""))[1]
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        with _their_errors(place, "importing"):
            module = _imported(place)
        title, found = _chosen(place, module, wanted, arguments)
        if isinstance(found, nn.Module):
            if arguments:
                raise BadInput(f"{title} is an instance already", hint="--set is for what is built")
            with _their_errors(place, "copying"):
                return copy.deepcopy(found).to(device)
        if not callable(found):
            raise BadInput(
                f"{title} in {place.title} is no network but {_kind(found)}",
                hint=_hint_of(place, module),
            )
        _check_arguments(title, found, arguments, _hint_of(place, module, arguments))
        with _their_errors(place, "building"):
            built = _built(found, arguments, device)
    if not isinstance(built, nn.Module):
        raise BadInput(
            f"{title} in {place.title} gives {_kind(built)}, no nn.Module",
            hint=_hint_of(place, module),
        )
    return built


def _built(found: Callable[..., Any], arguments: Mapping[str, Any], device: torch.device) -> Any:
    if device.type == "meta":
        try:
            with torch.device("meta"):
                return found(**arguments)
        except Exception as error:
            if not isinstance(error, NotImplementedError) and "meta" not in str(error):
                raise
        torch.manual_seed(0)
        with torch.device("cpu"):
            return found(**arguments)
    with torch.device("cpu"):  # where initial weights are the same on every machine
        built = found(**arguments)
    return built.to(device) if isinstance(built, nn.Module) else built


# -- files and modules ---------------------------------------------------------------------------


def _place(name: str) -> _Place:
    written = (code_place(name) or (name, ""))[0]
    if not is_path(written):
        return _Place(written, written, Path.cwd())
    path = Path(written)
    try:
        _check_file(written, path)
        file = path.resolve()
        inside = _packages_around(file)
    except (OSError, ValueError) as error:  # not to be read; a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"{written} cannot be read: {reason}") from error
    packages = file.parts[len(file.parts) - 1 - inside : -1]
    if not inside:
        return _Place(written, file.stem.replace(".", "_"), file.parent, file)
    own = () if file.name == "__init__.py" else (file.stem,)
    return _Place(written, ".".join((*packages, *own)), file.parents[inside], file)


def _check_file(written: str, path: Path) -> None:
    if path.is_dir():
        files = ", ".join(sorted(str(path / file.name) for file in path.glob("*.py"))[:5])
        raise BadInput(f"{written} is a folder", hint=f"name a file: {files or 'FILE.py:NAME'}")
    if path.suffix != ".py":
        raise BadInput(f"{written} is no Python file", hint="your own code is FILE.py:NAME")
    if not path.exists():
        beside = [str(path.with_name(file.name)) for file in path.parent.glob("*.py")]
        raise UnknownName("file", written, beside)


def _packages_around(file: Path) -> int:
    """In how many nested packages a file lies; its own relative imports tell where no file does."""
    inside = 0
    while (file.parents[inside] / "__init__.py").is_file():
        inside += 1
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (SyntaxError, ValueError, RecursionError):  # importing it will say so
        return inside
    levels = [node.level for node in nodes if isinstance(node, ast.ImportFrom)]
    return min(max([inside, *levels]), len(file.parents) - 1)


def _imported(place: _Place) -> ModuleType:
    if not place.is_alone:
        module = importlib.import_module(place.module)
        _check_is(place, module)
        return module
    assert place.file is not None
    known = sys.modules.get(place.module)
    if known is not None and _is_file(known, place.file):
        return known
    # Another module may have the name of the file: types.py, code.py.
    name = place.module if known is None else f"{place.module}_{abs(hash(place.file)):x}"
    spec = spec_from_file_location(name, place.file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _check_is(place: _Place, module: ModuleType) -> None:
    if place.file is not None and not _is_file(module, place.file):
        raise BadInput(
            f"{place.written} is {place.module} to Python, and that is another file: "
            f"{module.__file__}",
            hint="rename the folder",
        )


def _is_file(module: ModuleType, file: Path) -> bool:
    found = getattr(module, "__file__", None)
    return found is not None and Path(found).resolve() == file


def _lies_in(folders: Sequence[str], module: ModuleType | None) -> bool:
    """Whether a top-level module was found in one of these folders."""
    packages = [str(path) for path in getattr(module, "__path__", ())]
    found = packages or [getattr(module, "__file__", None) or ""]
    return any(os.path.dirname(path) in folders for path in found)


# -- names ---------------------------------------------------------------------------------------


def _chosen(
    place: _Place, module: ModuleType, wanted: str, arguments: Mapping[str, Any]
) -> tuple[str, Any]:
    """The object of that name, or the only network there is where none is named."""
    networks = _networks(module)
    if wanted:
        try:
            return wanted, reduce(getattr, wanted.split("."), module)
        except AttributeError as error:
            holds = f"it holds {', '.join(networks)}" if networks else "it holds no network"
            what = f"name in {place.title}"
            raise UnknownName(what, wanted, networks, see=holds) from error
    if not networks:
        raise BadInput(
            f"{place.title} holds no network",
            hint="no class of nn.Module, no instance, no function that is seen to return one; "
            f"name it: {place.written}:NAME",
        )
    ready = _ready(networks, arguments)
    if len(networks) == 1 or len(ready) == 1:
        return next(iter((ready or networks).items()))
    if ready:
        raise BadInput(
            f"{place.title} holds {len(ready)} networks: {', '.join(ready)}",
            hint=f"name one: {place.written}:{next(iter(ready))}",
        )
    needs = [f"{name} ({', '.join(_missing(found, ()))})" for name, found in networks.items()]
    raise BadInput(
        f"every network in {place.title} needs arguments: {', '.join(needs)}",
        hint=f"name one and give them: {place.written}:{next(iter(networks))} --set NAME=VALUE",
    )


def _networks(module: ModuleType) -> dict[str, Any]:
    """What a module defines and gives networks: classes, instances, functions."""
    found: dict[int, tuple[str, Any]] = {}
    for name, value in vars(module).items():
        if isinstance(value, nn.Module):
            found.setdefault(id(value), (name, value))
            continue
        home = getattr(value, "__module__", None) or ""
        is_own = home == module.__name__ or home.startswith(f"{module.__name__}.")
        if is_own and not name.startswith("_") and _gives_module(value, _DEEPEST):
            found.setdefault(id(value), (name, value))
    return dict(found.values())


def _gives_module(value: object, deepest: int) -> bool:
    """Whether a class is an `nn.Module`, or a function says or shows that it returns one."""
    if isinstance(value, type):
        return issubclass(value, nn.Module)
    if not isinstance(value, FunctionType) or not deepest:
        return False
    says = value.__annotations__.get("return")
    if isinstance(says, str):
        says = _global(value, says)
    if isinstance(says, type):
        return issubclass(says, nn.Module)
    return any(_gives_module(_global(value, name), deepest - 1) for name in _returned_calls(value))


def _returned_calls(function: FunctionType) -> list[str]:
    """The names of what a function calls to make what it returns: "ResNet", "models.resnet18"."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return []
    nodes = list(ast.walk(tree))
    assigned = {
        ast.unparse(node.targets[0]): node.value for node in nodes if isinstance(node, ast.Assign)
    }
    returned = [node.value for node in nodes if isinstance(node, ast.Return) and node.value]
    values = [assigned.get(ast.unparse(value), value) for value in returned]
    return [ast.unparse(value.func) for value in values if isinstance(value, ast.Call)]


def _global(function: FunctionType, dotted: str) -> Any:
    """What a dotted name means in a function's module, or None."""
    first, *rest = dotted.split(".")
    found = function.__globals__.get(first)
    return reduce(lambda value, name: getattr(value, name, None), rest, found)


def _ready(networks: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Those that can be built with these arguments."""
    return {
        name: found
        for name, found in networks.items()
        if not _missing(found, arguments) and not _unknown(found, arguments)
    }


def _hint_of(place: _Place, module: ModuleType, arguments: Mapping[str, Any] | None = None) -> str:
    """What else could be named, where there is something."""
    ready = _ready(_networks(module), arguments or {})
    return f"{place.title} also holds {', '.join(ready)}" if ready else ""


def _kind(value: object) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


# -- arguments -----------------------------------------------------------------------------------


def _check_arguments(
    title: str, found: Callable[..., Any], arguments: Mapping[str, Any], hint: str
) -> None:
    unknown = _unknown(found, arguments)
    if unknown:
        takes = list(_parameters(found))
        raise UnknownName(
            f"argument of {title}", unknown[0], takes, see=f"it takes {', '.join(takes) or 'none'}"
        )
    missing = _missing(found, arguments)
    if missing:
        given = " ".join(f"--set {name}=..." for name in missing)
        raise BadInput(f"{title} needs {', '.join(missing)}", hint=f"{given}; {hint}".strip("; "))


def _parameters(found: object) -> Mapping[str, inspect.Parameter]:
    if isinstance(found, nn.Module) or not callable(found):
        return {}
    try:
        return inspect.signature(found).parameters
    except (TypeError, ValueError):  # some callables of C have none
        return {}


def _missing(found: object, arguments: Mapping[str, Any] | Sequence[str]) -> list[str]:
    """The parameters that must be given and are not."""
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in _parameters(found).items()
        if parameter.default is parameter.empty
        and parameter.kind not in optional
        and name not in arguments
    ]


def _unknown(found: object, arguments: Mapping[str, Any]) -> list[str]:
    """The arguments that are given and not taken."""
    parameters = _parameters(found)
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return []
    return [name for name in arguments if name not in parameters]


# -- errors --------------------------------------------------------------------------------------


@contextmanager
def _their_errors(place: _Place, doing: str) -> Iterator[None]:
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
    except Exception as error:
        hint = "--debug shows the traceback"
        raise BuildError(_raised(place, doing, error), hint=hint) from error


def _raised(place: _Place, doing: str, error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    says = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return f"{doing} {place.title} raised {says}{_line_of(error)}"


def _line_of(error: BaseException) -> str:
    """The innermost line that is neither torch's nor Python's nor ours: " (model.py, line 3)"."""
    frames = traceback.extract_tb(error.__traceback__)
    paths = sysconfig.get_paths()
    others = tuple(
        str(folder) + os.sep
        for folder in (
            Path(__file__).parents[1], Path(torch.__file__).parent,
            paths["purelib"], paths["platlib"], paths["stdlib"],
        )
    )  # fmt: skip
    theirs = [f for f in frames if not f.filename.startswith((*others, "<"))]
    return f" ({Path(theirs[-1].filename).name}, line {theirs[-1].lineno})" if theirs else ""


def _no_module(place: _Place) -> BadInput:
    prefix = place.written.partition(".")[0]
    close = difflib.get_close_matches(prefix, [s for s in sources() if s != "code"], n=1)
    hint = "looked in this folder and among the installed packages; a file is FILE.py:NAME"
    if close:
        hint = f"did you mean {close[0]}:? {hint}"
    return BadInput(f"there is no module {place.written}", hint=hint)
