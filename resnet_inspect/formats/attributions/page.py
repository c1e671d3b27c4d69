"""An attribution as one page that needs nothing else; names from outside are text."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from resnet_inspect.formats.attributions import drawing
from resnet_inspect.formats.document import asset, text
from resnet_inspect.traces.attribution import Attribution
from resnet_inspect.views.attribution import Sheet, shown

if TYPE_CHECKING:
    from PIL import Image


def render(of: Attribution) -> str:
    """The page: no script, no request; light or dark as the reader's system is."""
    drawing.check()
    page = shown(of)
    style = asset("lesson.css") + asset("attribution.css")
    return text(page.title, style, [f"<h1>{escape(page.title)}</h1>", *_body(of)])


def fragment(of: Attribution) -> str:
    """A piece of a page, for notebooks."""
    return "\n".join([f"<style>{asset('attribution.css')}</style>", *_body(of)]) + "\n"


def _body(of: Attribution) -> list[str]:
    page = shown(of)
    parts = [part for sheet in page.sheets for part in _sheet(sheet)]
    notes = [f"<li>{escape(note)}</li>" for note in page.notes]
    opened = '<div class="resnet-inspect-attribution">'
    return [opened, *parts, '<ul class="notes">', *notes, "</ul>", "</div>"]


def _sheet(sheet: Sheet) -> list[str]:
    size = drawing.side(sheet.image)
    parts = [
        "<section>",
        f"<h2>{escape(sheet.title)}</h2>",
        f"<p>{escape(sheet.caption)}</p>",
        '<div class="panels">',
    ]
    for panel in sheet.panels:
        said = "".join(f"<br>{escape(caption)}" for caption in panel.captions)
        picture = _image(drawing.drawn(panel, sheet.image, size), panel.title)
        parts.append(
            f'<figure style="width: {size[0]}px">{picture}'
            f"<figcaption><b>{escape(panel.title)}</b>{said}</figcaption></figure>"
        )
    parts.append("</div>")
    if sheet.strips:
        parts.append('<table class="gates">')
        for strip in sheet.strips:
            picture = _image(drawing.strip(strip, (len(strip.values), 1)), "weights by channel")
            parts.append(
                f'<tr><th scope="row">{escape(strip.title)}</th><td>{picture}</td>'
                f"<td>{escape(strip.caption)}</td></tr>"
            )
        parts.append("</table>")
    return [*parts, "</section>"]


def _image(image: Image.Image, title: str) -> str:
    content = b64encode(drawing.as_png(image)).decode()
    return f'<img alt="{escape(title)}" src="data:image/png;base64,{content}">'
