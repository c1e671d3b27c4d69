"""An answer that shows what the scores of images rest on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnet_inspect.errors import OutputError
from resnet_inspect.files import refuse_existing, write_all
from resnet_inspect.formats import attributions as formats
from resnet_inspect.formats.attributions import json, page, pictures, text
from resnet_inspect.traces.attribution import Attribution
from resnet_inspect.views.words import attribution as words


@dataclass(frozen=True, repr=False)
class Attributions:
    """What the scores of images rest on. In a notebook it is the images beside each other."""

    attribution: Attribution

    @property
    def rows(self) -> tuple[dict[str, Any], ...]:
        """A dict for every image and method: the class, its score, and `values` in rows."""
        found = json.document(self.attribution)
        about = ("name", "target", "score", "probability", "predicted")
        return tuple(
            {**{key: image[key] for key in about}, **heat}
            for image in found["images"]
            for heat in image["heats"]
        )

    def to_text(self) -> str:
        """Plain text, 100 columns wide, heat as shades."""
        return text.render(self.attribution)

    def to_json(self) -> str:
        """JSON with all numbers."""
        return json.render(self.attribution)

    def to_html(self) -> str:
        """One HTML page that needs nothing else."""
        return page.render(self.attribution)

    def to_png(self) -> bytes:
        """A picture with a row for each image."""
        return pictures.render(self.attribution)

    def save(self, path: str | Path, *, overwrite: bool = False) -> tuple[Path, ...]:
        """Write it as .html, .png or .json, or into a folder, whole or not at all.

        A folder gets a page and a picture of each image. Returns what was written.

        Raises `UnknownName` for another suffix, `OutputError` if a file exists and is not to be
        overwritten, or cannot be written.
        """
        place = Path(path)
        contents = formats.write(self.attribution, place)
        if not overwrite:
            refuse_existing(contents)
        made = formats.is_folder(place) and not place.exists()
        try:
            if made:
                place.mkdir(parents=True)
            write_all(contents, overwrite=overwrite)
        except BaseException as error:
            if made and place.is_dir() and not any(place.iterdir()):
                place.rmdir()
            if isinstance(error, OSError):
                why = error.strerror or error
                raise OutputError(f"{place} could not be written: {why}") from error
            raise
        return tuple(contents)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {words.title(self.attribution)}>"

    def _repr_html_(self) -> str:
        return page.fragment(self.attribution)
