"""Reports written down: one page of HTML, or Markdown with its pictures as files beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from resnet_inspect.errors import UnknownName
from resnet_inspect.formats import html, markdown
from resnet_inspect.formats.document import as_html, asset, text
from resnet_inspect.formats.figures.svg import THEMES, element
from resnet_inspect.formats.figures.svg import render as as_svg
from resnet_inspect.views.report import Report

Written = dict[Path, str]
"""The text of each file."""


def write(report: Report, path: Path) -> Written:
    """The files of a report, the first at `path`, whose suffix is its format.

    Raises `UnknownName` for another suffix.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        known = ", ".join(FORMATS)
        raise UnknownName("format", suffix or path.name, FORMATS, see=f"known: {known}")
    return FORMATS[suffix](report, path)


def _html(report: Report, path: Path) -> Written:
    body = [f"<h1>{as_html(report.title)}</h1>", f"<p>{as_html(report.subtitle)}</p>"]
    for section in report.sections:
        body += [f'<section id="{section.key}">', f"<h2>{as_html(section.heading)}</h2>"]
        body += [f"<p>{as_html(sentence)}</p>" for sentence in section.sentences]
        if section.picture is not None:
            for theme in THEMES:
                drawn = element(section.picture, THEMES[theme])
                body.append(f'<figure class="{theme}" tabindex="0">{drawn}</figure>')
        if section.table is not None:
            name = as_html(section.heading)
            region = f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">'
            grid = html.grid(section.table)
            body += ['<div class="resnet-inspect">', region, *grid, "</div>", "</div>"]
        body.append("</section>")
    style = "".join(map(asset, ("lesson.css", "fragment.css", "report.css")))
    return {path: text(report.title, style, body)}


def _markdown(report: Report, path: Path) -> Written:
    parts = [f"# {markdown.escape(report.title)}", "", markdown.escape(report.subtitle), ""]
    beside: Written = {}
    for section in report.sections:
        parts += [f"## {markdown.escape(section.heading)}", ""]
        parts += [f"- {markdown.escape(sentence)}" for sentence in section.sentences]
        parts += [""] * bool(section.sentences)
        if section.picture is not None:
            drawing = path.with_name(f"{path.stem}-{section.key}.svg")
            beside[drawing] = as_svg(section.picture)
            address = drawing.name.replace(" ", "%20")
            parts += [f"![{markdown.escape(section.heading)}]({address})", ""]
        if section.table is not None:
            parts += [*markdown.grid(section.table), ""]
    return {path: "\n".join(parts).rstrip() + "\n", **beside}


FORMATS: dict[str, Callable[[Report, Path], Written]] = {
    ".html": _html,
    ".htm": _html,
    ".md": _markdown,
    ".markdown": _markdown,
}
"""By the suffix of a file."""
