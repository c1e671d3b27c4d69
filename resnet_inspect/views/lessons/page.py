"""What a lesson is made of: sections of sentences, small drawings, and where more is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resnet_inspect.views.words import text


@dataclass(frozen=True, slots=True)
class Reading:
    """Where more is written."""

    title: str
    """Authors, year and section: "He et al. 2015, §3.3"."""
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """Some sentences under a heading."""

    heading: str
    sentences: tuple[str, ...] = ()
    drawing: tuple[str, ...] = ()
    """Lines to be shown as they are, in a fixed-width font."""
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """What there is to learn of one subject, with its own numbers."""

    model: str
    title: str
    subtitle: str
    sections: tuple[Section, ...]


HEIGHT = 14
"""Lines that a drawing of the tensor's way may take."""


def section(
    heading: str,
    said: Iterable[str | Reading],
    *readings: Reading,
    drawing: Sequence[str] = (),
) -> Section:
    """A section of sentences, and where more is written; names cannot break a line."""
    all_said = tuple(said)
    sentences = tuple(text.visible(part) for part in all_said if isinstance(part, str))
    found = tuple(part for part in all_said if isinstance(part, Reading))
    return Section(heading, sentences, tuple(drawing), (*found, *readings))


def filled(*sections: Section) -> tuple[Section, ...]:
    """Those of the sections that say or draw something."""
    return tuple(found for found in sections if found.sentences or found.drawing)


def sentence(*parts: str) -> str:
    """Parts as one sentence: joined by commas, the first letter large, a full stop at the end."""
    written = ", ".join(part for part in parts if part)
    return f"{written[:1].upper()}{written[1:]}."


def listed(things: Sequence[str]) -> str:
    """Things in a row: "a", "a and b", "a, b and c"."""
    return " and ".join(", ".join(things).rsplit(", ", 1)) if things else ""


_HE_2015 = "https://arxiv.org/abs/1512.03385"
_HE_2016 = "https://arxiv.org/abs/1603.05027"

SHORTCUTS = Reading("He et al. 2015, §3.2 and §3.3", _HE_2015)
SHORTCUT_OPTIONS = Reading("He et al. 2015, §3.3 and §4.1 (options A, B, C)", _HE_2015)
STAGES = Reading("He et al. 2015, §3.3 and table 1", _HE_2015)
BOTTLENECK = Reading("He et al. 2015, §4.1 and figure 5", _HE_2015)
STRIDE = Reading("Goyal et al. 2017, §5.1", "https://arxiv.org/abs/1706.02677")
IDENTITY = Reading("He et al. 2016, §2 and §3", _HE_2016)
GROUPS = Reading("Xie et al. 2017, §3", "https://arxiv.org/abs/1611.05431")
DEPTHWISE = Reading("Howard et al. 2017, §3.1", "https://arxiv.org/abs/1704.04861")
DILATION = Reading("Yu and Koltun 2016, §2", "https://arxiv.org/abs/1511.07122")
TRANSPOSED = Reading("Dumoulin and Visin 2016, §4", "https://arxiv.org/abs/1603.07285")
BATCH_NORM = Reading("Ioffe and Szegedy 2015, §3", "https://arxiv.org/abs/1502.03167")
GLOBAL_POOL = Reading("Lin et al. 2014, §3.2", "https://arxiv.org/abs/1312.4400")
RECEPTIVE_FIELD = Reading("Araujo et al. 2019", "https://doi.org/10.23915/distill.00021")
