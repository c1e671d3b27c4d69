"""A module of the user's: where it lies, and how Python finds it."""

from __future__ import annotations

import ast
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.sources import code_place, is_path


@dataclass(frozen=True, slots=True)
class Place:
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


def place_of(name: str) -> Place:
    """The module that a name names; raises `UnknownName` or `BadInput` for a file that is none."""
    written = (code_place(name) or (name, ""))[0]
    if not is_path(written):
        return Place(written, written, Path.cwd())
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
        return Place(written, file.stem.replace(".", "_"), file.parent, file)
    own = () if file.name == "__init__.py" else (file.stem,)
    return Place(written, ".".join((*packages, *own)), file.parents[inside], file)


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


def imported(place: Place) -> ModuleType:
    """The module, imported now unless it is already; raises what its code raises."""
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


def _check_is(place: Place, module: ModuleType) -> None:
    if place.file is not None and not _is_file(module, place.file):
        raise BadInput(
            f"{place.written} is {place.module} to Python, and that is another file: "
            f"{module.__file__}",
            hint="rename the folder",
        )


def _is_file(module: ModuleType, file: Path) -> bool:
    found = getattr(module, "__file__", None)
    return found is not None and Path(found).resolve() == file


def lies_in(folders: Sequence[str], module: ModuleType | None) -> bool:
    """Whether a top-level module was found in one of these folders."""
    packages = [str(path) for path in getattr(module, "__path__", ())]
    found = packages or [getattr(module, "__file__", None) or ""]
    return any(os.path.dirname(path) in folders for path in found)
