"""Lessons written down: as text, Markdown, JSON and HTML."""

from __future__ import annotations

import json
from collections.abc import Callable
from textwrap import wrap

from resnet_inspect.formats import document
from resnet_inspect.formats.document import as_html, asset
from resnet_inspect.formats.markdown import escape as as_markdown
from resnet_inspect.views.lessons import Lesson

SCHEMA_VERSION = 1
WIDTH = 88
"""Columns of text where no other number is asked for."""

Line = tuple[str, str]
"""A line and what it is: "title", "header", "note", ""."""


def lines(lesson: Lesson, width: int = WIDTH) -> list[Line]:
    """The lines of a lesson, none wider than `width` but for a link."""
    found: list[Line] = [(part, "title") for part in wrap(lesson.title, width)]
    found += [(part, "note") for part in wrap(lesson.subtitle, width)]
    for section in lesson.sections:
        found += [("", ""), (section.heading, "header")]
        found += [(f"  {line}".rstrip(), "") for line in section.drawing]
        if section.drawing and section.sentences:
            found.append(("", ""))
        for sentence in section.sentences:
            found += [(part, "") for part in _wrapped(sentence, width)]
        found += [(f"  → {reading.title}, {reading.url}", "note") for reading in section.readings]
    return found


def _wrapped(sentence: str, width: int) -> list[str]:
    return wrap(
        sentence, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


def _text(lesson: Lesson) -> str:
    return "\n".join(line for line, _ in lines(lesson)) + "\n"


def _markdown(lesson: Lesson) -> str:
    parts = [f"## {as_markdown(lesson.title)}", "", as_markdown(lesson.subtitle), ""]
    for section in lesson.sections:
        parts += [f"### {as_markdown(section.heading)}", ""]
        if section.drawing:
            parts += ["```text", *section.drawing, "```", ""]
        parts += [f"- {as_markdown(sentence)}" for sentence in section.sentences]
        if section.readings:
            links = (f"[{as_markdown(r.title)}]({r.url})" for r in section.readings)
            parts += ["", f"Read on: {', '.join(links)}"]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _json(lesson: Lesson) -> str:
    written = {
        "schema_version": SCHEMA_VERSION,
        "model": lesson.model,
        "title": lesson.title,
        "subtitle": lesson.subtitle,
        "sections": [
            {
                "heading": section.heading,
                "sentences": section.sentences,
                "drawing": section.drawing,
                "readings": [{"title": r.title, "url": r.url} for r in section.readings],
            }
            for section in lesson.sections
        ],
    }
    return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


def _html(lesson: Lesson) -> str:
    return document.text(f"{lesson.model} · {lesson.title}", asset("lesson.css"), _body(lesson))


def fragment(lesson: Lesson) -> str:
    """The lesson for a place inside another page, such as a notebook."""
    style = f"<style>{asset('lesson.css')}</style>"
    lines = [f'<article class="{document.TEXT}">', style, *_body(lesson), "</article>"]
    return "\n".join(lines) + "\n"


def _body(lesson: Lesson) -> list[str]:
    body = [f"<h1>{as_html(lesson.title)}</h1>", f"<p>{as_html(lesson.subtitle)}</p>"]
    for section in lesson.sections:
        body += ["<section>", f"<h2>{as_html(section.heading)}</h2>"]
        if section.drawing:
            body.append(f"<pre>{as_html(chr(10).join(section.drawing))}</pre>")
        body += [f"<p>{as_html(sentence)}</p>" for sentence in section.sentences]
        links = (
            f'<a href="{as_html(r.url)}" rel="noreferrer">{as_html(r.title)}</a>'
            for r in section.readings
        )
        if section.readings:
            body.append(f"<p>Read on: {', '.join(links)}</p>")
        body.append("</section>")
    return body


FORMATS: dict[str, Callable[[Lesson], str]] = {
    "text": _text,
    "md": _markdown,
    "json": _json,
    "html": _html,
}
"""The formats that a lesson can be written in; there are no cells in it for the others."""
