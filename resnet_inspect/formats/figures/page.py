"""A picture as a page of its own, light or dark as the reader's system is."""

from __future__ import annotations

from resnet_inspect.formats.document import document
from resnet_inspect.formats.figures.svg import THEMES, element
from resnet_inspect.views.figures.shapes import Picture


def render(picture: Picture, theme: str | None = None) -> str:
    """The page; nothing is fetched. A theme keeps it light or dark."""
    style = f":root:has(> body > .{_CLASS}) {{ color-scheme: {theme or 'light dark'} }}\n"
    style += f"body:has(> .{_CLASS}) {{ margin: 0; }}\n"
    style += f".{_CLASS} {{ background: var(--page); text-align: center; }}\n"
    style += f"body > .{_CLASS} {{ min-height: 100vh; }}\n"
    return document(picture.title, style, [_figure(picture, theme)])


_NAMES = {role: "--" + role.replace(" ", "-") for role in THEMES["light"]}
"""Variables of CSS for the colours."""


_CLASS = "resnet-inspect-figure"


def inside(picture: Picture) -> str:
    """The picture for a place inside a page, light or dark as the reader's system is."""
    return _figure(picture, None)


def _figure(picture: Picture, theme: str | None) -> str:
    return (
        f'<figure class="{_CLASS}"><style>{_colours(f".{_CLASS}", theme)}'
        f".{_CLASS} {{ margin: 0 }} .{_CLASS} svg {{ max-width: 100%; height: auto }}</style>\n"
        f"{_element(picture)}</figure>"
    )


def _element(picture: Picture) -> str:
    return element(picture, {role: f"var({name})" for role, name in _NAMES.items()}).rstrip()


def _colours(where: str, theme: str | None) -> str:
    def declared(which: str) -> str:
        return " ".join(f"{_NAMES[role]}: {colour};" for role, colour in THEMES[which].items())

    style = f"{where} {{ {declared(theme or 'light')} }}\n"
    if theme is None:
        style += f"@media (prefers-color-scheme: dark) {{ {where} {{ {declared('dark')} }} }}\n"
    return style
