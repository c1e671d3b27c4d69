"""An answer in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_inspect.formats import lessons as formats
from resnet_inspect.views.lessons import Lesson


@dataclass(frozen=True, repr=False)
class Explanation:
    """What a layer, a block, a stage or the network teaches. In a notebook it is text."""

    lesson: Lesson

    @property
    def rows(self) -> tuple[dict[str, str], ...]:
        """A dict for every sentence: the `heading` it stands under, and the `sentence`."""
        return tuple(
            {"heading": section.heading, "sentence": sentence}
            for section in self.lesson.sections
            for sentence in section.sentences
        )

    def to_text(self) -> str:
        """Plain text, 88 columns wide."""
        return formats.FORMATS["text"](self.lesson)

    def to_markdown(self) -> str:
        """Markdown with a heading for every section."""
        return formats.FORMATS["md"](self.lesson)

    def to_json(self) -> str:
        """JSON, section by section."""
        return formats.FORMATS["json"](self.lesson)

    def to_html(self) -> str:
        """One HTML page that needs nothing else."""
        return formats.FORMATS["html"](self.lesson)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.lesson.model}, {self.lesson.title}>"

    def _repr_html_(self) -> str:
        """The sentences as a piece of HTML, for notebooks."""
        return formats.fragment(self.lesson)
