"""The data of a page: the JSON of its tables with each distinct cell once, its figure, its cards.

Unpacked, a table is the document that the format `json` writes, value for value.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from typing import Any

from resnet_inspect.escaping import json_text
from resnet_inspect.formats import json
from resnet_inspect.formats.figures.svg import arrow_head, way
from resnet_inspect.views.cards.card import Card
from resnet_inspect.views.cards.subjects import kind_of
from resnet_inspect.views.figures.parts import Part, Parts, Run, Segment
from resnet_inspect.views.figures.shapes import Line, Picture, Rectangle, Shape, Words
from resnet_inspect.views.lessons.page import Lesson
from resnet_inspect.views.pages import Explored, Page
from resnet_inspect.views.tables.table import Row, Table

_SUBTOTAL, _RAISED, _MAIN = 1, 2, 4
_NOWHERE = -1
"""The number of no place."""


def packed(page: Page) -> str:
    """Tables, figures and places of all its networks, deflated, in base64."""
    return _deflated(document(page))


def packed_cards(page: Page) -> str:
    """Cards and lessons of all its networks, likewise."""
    return _deflated([_cards(one) for one in page.networks])


def document(page: Page) -> dict[str, Any]:
    """What the page shows, but for cards, as plain data."""
    opened = page.opened
    compared = page.comparison
    return {
        "networks": [_network(one) for one in page.networks],
        "comparison": None
        if compared is None
        else _table(compared, compared.rows, page.beside, page.is_news),
        "numbers": list(_numeric(page)),
        "opened": {
            "view": opened.view,
            "everything": opened.everything,
            "columns": opened.columns,
            "where": opened.where,
        },
    }


def _deflated(value: Any) -> str:
    text = json_text(value, separators=(",", ":"))
    return b64encode(zlib.compress(text.encode(), 9)).decode()


def _network(explored: Explored) -> dict[str, Any]:
    number = {name: place for place, name in enumerate(explored.places)}

    def places(row: Row) -> tuple[int, int]:
        return number.get(explored.place_of(row) or "", _NOWHERE), _NOWHERE

    return {
        "model": explored.model,
        "places": [
            {
                "name": name,
                "kind": kind_of(subject),
                "spans": explored.spans(name),
                "like": number[explored.like(name)],
            }
            for name, subject in explored.places.items()
        ],
        "tables": {
            name: _table(table, table.rows, places, explored.is_main)
            for name, table in explored.tables.items()
            if table.rows
        },
        "figure": _figure(explored, explored.figure, number),
        "plot": explored.plot and _picture(explored.plot),
    }


def _table(
    table: Table,
    rows: Sequence[Row],
    places: Callable[[Row], tuple[int, int]],
    is_main: Callable[[Row], bool],
) -> dict[str, Any]:
    """A table with each distinct cell of a column once, and rows that hold their numbers."""
    known: list[dict[tuple[str, str], int]] = [{} for _ in table.columns]
    distinct: list[list[Any]] = [[] for _ in table.columns]
    written = []
    for row in rows:
        flags = _SUBTOTAL * row.subtotal + _RAISED * row.raised + _MAIN * is_main(row)
        line: list[Any] = [row.kind, row.level, flags, row.op, *places(row)]
        for column, cell in enumerate(row.cells):
            key = repr(cell.value), cell.text
            place = known[column].get(key)
            if place is None:
                place = known[column][key] = len(distinct[column])
                value = _plain(cell.value)
                distinct[column].append(cell.text if value == cell.text else [value, cell.text])
            line.append(place)
        written.append(line)
    head = json.frame(table)
    for column, heading in zip(head["columns"], table.columns, strict=True):
        column["align"] = heading.align
    return {**head, "shown": table.shown, "cells": distinct, "rows": written}


def _plain(value: Any) -> Any:
    """A value as JSON can hold it: it has no number that is infinite or none."""
    if isinstance(value, float) and not isfinite(value):
        return None
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _numeric(page: Page) -> Iterator[str]:
    """The columns of the layers that have a number above nothing, which can be shown as heat."""
    for explored in page.networks[:1]:
        table = explored.tables["layers"]
        for place, heading in enumerate(table.columns):
            values = (row.cells[place].value for row in table.rows)
            numbers = (v for v in values if isinstance(v, int | float) and not isinstance(v, bool))
            if heading.align == "right" and any(number > 0 for number in numbers):
                yield heading.key


def _figure(explored: Explored, figure: Parts, number: dict[str, int]) -> dict[str, Any]:
    def place(subject: Any) -> int:
        return number.get(explored.names.get(subject, ""), _NOWHERE)

    def segment(one: Segment) -> dict[str, Any]:
        return {
            "height": round(one.height, 1),
            "left": round(one.left, 1),
            "right": round(one.right, 1),
            "top": round(one.top, 1),
            "shapes": [_shape(shape) for shape in one.shapes],
            "nodes": {
                box: [number.get(explored.place_of_node(node) or "", _NOWHERE), _spans(node.steps)]
                for box, node in one.nodes
            },
        }

    def item(one: Run | Segment) -> dict[str, Any]:
        if isinstance(one, Segment):
            return segment(one)
        return {
            "blocks": [place(block) for block in one.blocks],
            "closed": segment(one.closed),
            "opened": one.opened and segment(one.opened),
        }

    def part(one: Part) -> dict[str, Any]:
        return {
            "stage": place(one.stage),
            "closed": one.closed and segment(one.closed),
            "items": [item(held) for held in one.items],
        }

    return {
        "caption": figure.caption,
        "remark": figure.remark,
        "parts": [part(one) for one in figure.parts],
    }


def _picture(picture: Picture) -> dict[str, Any]:
    return {
        "title": picture.title,
        "description": picture.description,
        "width": picture.width,
        "height": picture.height,
        "shapes": [_shape(shape) for shape in picture.shapes],
    }


def _spans(steps: Sequence[int]) -> list[list[int]]:
    """Runs of steps, first and last."""
    found: list[list[int]] = []
    for step in steps:
        if found and step == found[-1][1] + 1:
            found[-1][1] = step
        else:
            found.append([step, step])
    return found


def _shape(shape: Shape) -> list[Any]:
    role = shape.role.replace(" ", "-")
    match shape:
        case Rectangle(x, y, width, height):
            size = [round(length, 1) for length in (x, y, width, height)]
            return ["box", *size, role, shape.radius, shape.node, shape.tip]
        case Line():
            return ["line", way(shape), arrow_head(shape), role]
        case Words(x, y, text):
            return [
                "words", round(x, 1), round(y, 1), text, role, shape.size, shape.anchor, shape.bold,
                shape.node,
            ]  # fmt: skip


def _cards(explored: Explored) -> dict[str, Any]:
    number = {name: place for place, name in enumerate(explored.places)}

    def target(subject: Any) -> int:
        return _NOWHERE if subject is None else number.get(explored.name_of(subject), _NOWHERE)

    def card(one: Card) -> list[Any]:
        sections = [
            [s.heading, [[e.label, e.text, target(e.target)] for e in s.entries], s.drawing]
            for s in one.sections
        ]
        return [one.title, one.subtitle, sections]

    def lesson(one: Lesson) -> list[Any]:
        return [
            [s.heading, s.sentences, s.drawing, [[r.title, r.url] for r in s.readings]]
            for s in one.sections
        ]

    return {
        "cards": [card(explored.card(name)) for name in explored.places],
        "lessons": {
            number[name]: lesson(explored.lesson(name))
            for name in explored.places
            if explored.like(name) == name
        },
    }
