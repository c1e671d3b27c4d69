"""Attributions written down: as a page, as pictures, as data, and as text.

What is drawn is drawn by Pillow, which torchvision brings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from resnet_inspect.errors import UnknownName
from resnet_inspect.traces.attribution import Attribution

Written = dict[Path, str | bytes]
"""What each file holds."""

_FORMATS = {".html": "page", ".htm": "page", ".png": "pictures", ".json": "data"}
"""The module that writes it, by the suffix of a file: `render(attribution)`."""


def is_folder(path: Path) -> bool:
    """Whether files go into it: it is one, or has no suffix."""
    return path.is_dir() or not path.suffix


def files(path: Path, names: list[str]) -> list[Path]:
    """The files that are written of images of these names.

    Raises `UnknownName` for a suffix that is none of ours.
    """
    if is_folder(path):
        return [path / name for name in ("index.html", *_pictures(names))]
    if path.suffix.lower() not in _FORMATS:
        known = f"known: {', '.join(_FORMATS)}, or a folder"
        raise UnknownName("format", path.suffix, _FORMATS, see=known)
    return [path]


def write(of: Attribution, path: Path) -> Written:
    """The files of an attribution: one by its suffix; in a folder a page, and a picture an image.

    Raises `UnknownName` for a suffix that is none of ours.
    """
    places = files(path, [image.name for image in of.images])
    if not is_folder(path):
        return {path: _writer(_FORMATS[path.suffix.lower()])(of)}
    page, *pictures = places
    each = [replace(of, images=(image,)) for image in of.images]
    drawn = map(_writer("pictures"), each)
    return {page: _writer("page")(of), **dict(zip(pictures, drawn, strict=True))}


def _writer(module: str) -> Callable[[Attribution], str | bytes]:
    found: Callable[[Attribution], str | bytes] = import_module(f"{__name__}.{module}").render
    return found


def _pictures(names: list[str]) -> list[str]:
    """A file name for each image, of letters and digits, and none twice."""
    stems = ["".join(c if c.isalnum() else "-" for c in Path(name).stem) for name in names]
    width = len(str(len(names)))
    return [f"{n:0{width}}-{stem[:60]}.png" for n, stem in enumerate(stems, start=1)]
