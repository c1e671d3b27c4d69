"""Where the classes of a network are defined, in the files of this machine.

Files are found and parsed, never imported: a trace says which class in which module, the import
system says where the top-level package lies, and the rest of the way is folders and names. So no
code of a package runs, and torch is not loaded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec, resolve_name
from pathlib import Path

from resnet_inspect.errors import WorkFailed
from resnet_inspect.traces.model import Trace
from resnet_inspect.traces.modules import PythonClass

_Scope = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class NoDefinition(WorkFailed):
    """A class whose source cannot be found on this machine."""

    slug = "no-definition"


@dataclass(frozen=True, slots=True)
class Definition:
    """A place in a source file."""

    path: Path
    line: int
    """Counted from 1; that of the word `class` or `def`, below any decorators."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def of_calls(trace: Trace, first: int, last: int) -> Definition:
    """Where the code of a run of calls stands: that of the innermost call that holds them all.

    A module's is its class, a function's the forward that calls it. Raises `NoDefinition`.
    """
    call = trace.calls[first]
    while trace.last_descendant[call.index] < last and call.parent is not None:
        call = trace.calls[call.parent]
    caller = call
    while caller.module is None and caller.parent is not None:
        caller = trace.calls[caller.parent]
    python_class = trace.module_at[caller.module or ""].python_class
    return of_class(python_class) if caller is call else of_forward(python_class)


def of_class(wanted: PythonClass) -> Definition:
    """Where a class is defined. Raises `NoDefinition`."""
    source, defined = _class(wanted)
    return Definition(source.path, defined.lineno)


def of_forward(wanted: PythonClass) -> Definition:
    """Where the `forward` of a class is defined, on itself or on the base it inherits it from.

    Bases are followed by name, through the imports of their files; where that leads nowhere, it
    is the class itself. Raises `NoDefinition`.
    """
    source, defined = _class(wanted)
    for place, ancestor in _ancestry(source, defined, set()):
        forward = _defined(ancestor, "forward")
        if forward is not None:
            return Definition(place.path, forward.lineno)
    return Definition(source.path, defined.lineno)


def module_file(module: str) -> Path | None:
    """The source file of a module by its dotted name, or None if there is none.

    `find_spec` of a dotted name would import the packages on the way, so only the first part is
    asked for.
    """
    top, *inner = module.split(".")
    if not all(part.isidentifier() for part in (top, *inner)):
        return None
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):  # made in memory: it has no spec
        return None
    if spec is None:
        return None
    files = [Path(spec.origin)] if spec.origin is not None and spec.has_location else []
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    for part in inner:
        files = [
            folder / name for folder in folders for name in (f"{part}/__init__.py", f"{part}.py")
        ]
        folders = [folder / part for folder in folders]
    return next((file for file in files if file.suffix == ".py" and file.is_file()), None)


@dataclass(frozen=True, slots=True)
class _Source:
    """A module as it is written."""

    module: str
    path: Path
    tree: ast.Module

    def imported_as(self, name: str) -> Iterator[tuple[str, str]]:
        """Where `from MODULE import NAME [as name]` takes a name from: each MODULE and NAME."""
        is_package = self.path.name == "__init__.py"
        package = self.module if is_package else self.module.rpartition(".")[0]
        imports = (node for node in _statements(self.tree) if isinstance(node, ast.ImportFrom))
        for node in imports:
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    module = "." * node.level + (node.module or "")
                    with suppress(ImportError):  # more dots than there are packages
                        yield resolve_name(module, package), alias.name


def _source(module: str) -> _Source | None:
    path = module_file(module)
    if path is None:
        return None
    try:
        return _Source(module, path, ast.parse(path.read_bytes()))
    except (OSError, SyntaxError, ValueError, RecursionError) as error:
        raise NoDefinition(f"{path} could not be read: {error}") from error


def _class(wanted: PythonClass) -> tuple[_Source, ast.ClassDef]:
    if not wanted.module:
        raise NoDefinition(f"the trace does not say which module defines {wanted.name}")
    if wanted.module == "__main__":
        raise NoDefinition(f"{wanted.name} is of the program that made the trace, not of a module")
    source = _source(wanted.module)
    if source is None:
        raise NoDefinition(
            f"{wanted.name} is of the module {wanted.module}, and no file of it is found here",
            hint="a file that was loaded by its path is not found by its name",
        )
    inside: ast.Module | _Scope | None = source.tree
    for name in wanted.qualname.replace(".<locals>", "").split("."):
        inside = inside and _defined(inside, name)
    if not isinstance(inside, ast.ClassDef):
        raise NoDefinition(
            f"{source.path} defines no class {wanted.qualname}",
            hint="the trace may have been made with another version of it",
        )
    return source, inside


def _ancestry(
    source: _Source, defined: ast.ClassDef, seen: set[tuple[str, str]]
) -> Iterator[tuple[_Source, ast.ClassDef]]:
    """A class and those that it inherits from, as far as names and imports lead."""
    yield source, defined
    for base in defined.bases:
        found = _named(source, base.id, seen) if isinstance(base, ast.Name) else None
        if found is not None:
            yield from _ancestry(*found, seen)


def _named(
    source: _Source, name: str, seen: set[tuple[str, str]]
) -> tuple[_Source, ast.ClassDef] | None:
    """The class that goes by a name in a file: defined there, or imported from where it is."""
    if (source.module, name) in seen:
        return None
    seen.add((source.module, name))
    defined = _defined(source.tree, name)
    if isinstance(defined, ast.ClassDef):
        return source, defined
    for module, imported in source.imported_as(name):
        try:
            origin = _source(module)
        except NoDefinition:
            continue
        if origin is not None:
            return _named(origin, imported, seen)
    return None


def _defined(scope: ast.Module | _Scope, name: str) -> _Scope | None:
    """What a scope defines under a name; a later definition replaces an earlier one."""
    found = [node for node in _statements(scope) if isinstance(node, _Scope) and node.name == name]
    return found[-1] if found else None


def _statements(scope: ast.AST) -> Iterator[ast.AST]:
    """What stands in a scope, also under `if`, `try` and `with`, but not in a scope inside it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, _Scope | ast.expr):
            yield from _statements(node)
