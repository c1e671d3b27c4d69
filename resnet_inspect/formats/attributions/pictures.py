"""An attribution as one picture: a row for each image, panels beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_inspect.formats.attributions import drawing
from resnet_inspect.traces.attribution import Attribution
from resnet_inspect.views.attribution import Sheet, shown

if TYPE_CHECKING:
    from PIL import Image, ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_PAGE, _INK, _MUTED = (255, 255, 255), (29, 33, 38), (91, 100, 112)
_MARGIN, _GAP, _LINE, _STRIP = 16, 14, 17, 12


def render(of: Attribution) -> bytes:
    """The PNG file's content."""
    from PIL import Image

    drawing.check()
    sheets = [_sheet(sheet) for sheet in shown(of).sheets]
    width = max(sheet.width for sheet in sheets)
    height = sum(sheet.height for sheet in sheets)
    whole = Image.new("RGB", (width, height), _PAGE)
    top = 0
    for sheet in sheets:
        whole.paste(sheet, (0, top))
        top += sheet.height
    return drawing.as_png(whole)


def _sheet(sheet: Sheet) -> Image.Image:
    from PIL import Image, ImageDraw

    width, height = drawing.side(sheet.image)
    font, large = _font(12), _font(15)
    lines = [(panel, _wrapped(panel.captions, font, width)) for panel in sheet.panels]
    captions = max(len(found) for _, found in lines)
    across = 2 * _MARGIN + len(lines) * width + (len(lines) - 1) * _GAP
    top = _MARGIN + 2 * _LINE + 8
    under = top + _LINE + height + captions * _LINE + 10
    down = under + len(sheet.strips) * (_STRIP + 6) + _MARGIN
    image = Image.new("RGB", (across, down), _PAGE)
    pen = ImageDraw.Draw(image)
    pen.text((_MARGIN, _MARGIN), _cut(sheet.title, large, across - 2 * _MARGIN), _INK, large)
    pen.text((_MARGIN, _MARGIN + _LINE + 3), sheet.caption, _MUTED, font)
    for place, (panel, found) in enumerate(lines):
        left = _MARGIN + place * (width + _GAP)
        pen.text((left, top), _cut(panel.title, font, width), _INK, font)
        image.paste(drawing.drawn(panel, sheet.image, (width, height)), (left, top + _LINE))
        for number, line in enumerate(found):
            at = top + _LINE + height + 4 + number * _LINE
            pen.text((left, at), line, _MUTED, font)
    for place, strip in enumerate(sheet.strips):
        at = under + place * (_STRIP + 6)
        image.paste(drawing.strip(strip, (width, _STRIP)), (_MARGIN, at))
        said = f"{strip.title}: {strip.caption}"
        left = _MARGIN + width + _GAP
        pen.text((left, at - 2), _cut(said, font, across - left - _MARGIN), _MUTED, font)
    return image


def _font(size: int) -> Font:
    from PIL import ImageFont

    try:
        return ImageFont.load_default(size)
    except TypeError:  # before Pillow 10.1
        return ImageFont.load_default()


def _cut(said: str, font: Font, width: int) -> str:
    """One line that is no wider, of letters that the font has."""
    said = said.replace("×", "x")
    if font.getlength(said) <= width:
        return said
    while said and font.getlength(f"{said}...") > width:
        said = said[:-1]
    return f"{said}..."


def _wrapped(said: tuple[str, ...], font: Font, width: int) -> list[str]:
    """Sentences in lines that are no wider."""
    lines: list[str] = []
    for sentence in said:
        line = ""
        for word in sentence.split():
            longer = f"{line} {word}".strip()
            if line and font.getlength(longer) > width:
                lines.append(_cut(line, font, width))
                longer = word
            line = longer
        lines.append(_cut(line, font, width))
    return lines
