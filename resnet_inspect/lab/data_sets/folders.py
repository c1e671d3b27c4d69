"""Images in folders, one for each class."""

from __future__ import annotations

from pathlib import Path

from resnet_inspect.capture.images import MEAN, STD, images_in
from resnet_inspect.errors import BadInput
from resnet_inspect.lab.data_sets.split import HELD_OUT, Asked, InFiles, Split, draw_held_out

_USUAL_SIZE = (224, 224)
"""Of images in a folder, which have sizes of their own."""


def folder(asked: Asked) -> Split:
    """Images in a folder for each class, below `train` and `val` or without these."""
    place = Path(asked.place)
    if not asked.place or not place.is_dir():
        raise BadInput(f"{asked.place or 'folder'} is no folder", hint="--data folder:DIR")
    training = _first_of(place, "train", "training")
    if training is None:
        classes, files, held_out = _drawn(place, asked.seed)
        how = f"{HELD_OUT:.0%} of each class held out, by seed {asked.seed}"
    else:
        classes, files, held_out = _given(place, training)
        how = f"{held_out[0][0].relative_to(place).parts[0]} held out"
    if len(classes) == 1:
        raise BadInput(
            f"{place} has one class, {classes[0]}", hint="there is nothing to tell apart"
        )
    if not held_out:
        raise BadInput(f"{place} has too few images to hold any out", hint="some for each class")
    size = asked.size or _USUAL_SIZE
    mean, std = (MEAN, STD) if asked.channels == 3 else ((sum(MEAN) / 3,), (sum(STD) / 3,))
    of = f"{len(files) + len(held_out):,} images of {len(classes)} classes"
    return Split(
        f"{place.name}: {of}, {how}, cropped to {'×'.join(map(str, size))}",
        classes,
        InFiles(files, size, asked.channels),
        InFiles(held_out, size, asked.channels),
        mean,
        std,
        flips=True,
    )


_Files = list[tuple[Path, int]]
"""Images, each with the number of its class."""


def _first_of(place: Path, *names: str) -> Path | None:
    return next((place / name for name in names if (place / name).is_dir()), None)


def _drawn(place: Path, seed: int) -> tuple[tuple[str, ...], _Files, _Files]:
    """The classes, what is trained on, and what is held out by a seed."""
    classes, files = _in_classes(place)
    drawn = draw_held_out([label for _, label in files], seed)
    out = {int(number) for part in drawn for number in part}
    kept = [one for number, one in enumerate(files) if number not in out]
    return classes, kept, [files[number] for number in sorted(out)]


def _given(place: Path, training: Path) -> tuple[tuple[str, ...], _Files, _Files]:
    """The same where the folder says what is held out."""
    other = _first_of(place, "val", "valid", "validation", "test")
    if other is None:
        raise BadInput(
            f"{place} has {training.name} and nothing held out", hint="a folder val beside it"
        )
    classes, files = _in_classes(training)
    others, held_out = _in_classes(other)
    unknown = sorted(set(others) - set(classes))
    if unknown:
        raise BadInput(f"{other} has a class that {training} has not: {unknown[0]}")
    at = [classes.index(name) for name in others]
    return classes, files, [(path, at[label]) for path, label in held_out]


def _in_classes(place: Path) -> tuple[tuple[str, ...], _Files]:
    """The names of the folders in a folder, and each image with the number of its own."""
    folders = sorted(path for path in place.iterdir() if path.is_dir() and path.name[0] != ".")
    found = {folder.name: paths for folder in folders if (paths := images_in(folder))}
    if not found:
        raise BadInput(
            f"{place} holds no images in folders",
            hint=f"one folder for each class: {place}/cat/1.png",
        )
    names = tuple(found)
    return names, [(path, i) for i, name in enumerate(names) for path in found[name]]
