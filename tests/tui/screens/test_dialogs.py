"""What the explorer asks its user: what is offered, and what an answer becomes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from saved import trace_of

import resnet_inspect as ri
from resnet_inspect.sources.catalogue import VARIANTS
from resnet_inspect.tui.screens import dialogs
from resnet_inspect.tui.screens.chooser import Chooser
from resnet_inspect.tui.screens.form import Form
from resnet_inspect.tui.screens.ticks import Ticks
from resnet_inspect.tui.session.signals import Step
from resnet_inspect.tui.session.timing import Plan

COLUMNS = ri.tabulate(trace_of("resnet18")).columns


class User:
    """Stands for the app: answers the dialog that is put to it, and keeps that."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: Any = None
        self.theme = "nord"
        self.available_themes = {
            "nord": SimpleNamespace(dark=True), "day": SimpleNamespace(dark=False),
        }  # fmt: skip

    async def push_screen_wait(self, dialog: Any) -> Any:
        """The answer."""
        self.asked = dialog
        return self.answer


def asked(question: Callable[..., Awaitable[Any]], answer: Any, *how: Any) -> tuple[Any, Any, User]:
    """What comes of a question to which this is the answer, and the dialog that asked it."""
    user = User(answer)

    async def run() -> Any:
        return await question(user, *how)

    found = asyncio.run(run())
    return found, user.asked, user


def test_every_variant_is_offered_and_others_can_be_named() -> None:
    found, dialog, _ = asked(dialogs.network, "net.py:Net", "Network", "resnet50")
    assert found == "net.py:Net"
    assert isinstance(dialog, Chooser)
    assert [choice.key for choice in dialog.choices] == list(VARIANTS)
    assert dialog.current == "resnet50"
    assert "trace.json" in dialog.free


def test_a_plan_and_a_step_are_read_from_their_fields() -> None:
    for question, before, other in (
        (dialogs.measurement, Plan(batch=4), {"repeats": "3"}),
        (dialogs.step, Step(), {"seed": "7"}),
    ):
        values = before.fields | other
        found, dialog, _ = asked(question, values, before)
        assert found == before.with_fields(values) != before
        assert isinstance(dialog, Form)
        assert {field.key: field.value for field in dialog.fields} == before.fields
        assert all(field.hint for field in dialog.fields)
        assert dialog.check is not None
        assert dialog.check(values) == ""
        assert dialog.check(values | {"device": "meta"}).startswith("meta computes nothing")
        assert asked(question, None, before)[0] is None


def test_no_device_to_time_on_is_meta() -> None:
    _, dialog, _ = asked(dialogs.measurement, None, Plan())
    hints = {field.key: field.hint for field in dialog.fields}
    assert "cpu" in hints["device"]
    assert "meta" not in hints["device"]
    _, chooser, _ = asked(dialogs.device, None, "cpu")
    assert {"meta", "cpu"} <= {choice.key for choice in chooser.choices}


@pytest.mark.parametrize(("answer", "path"), [
    ({"file": "a.json"}, "a.json"), ({"file": ""}, None), (None, None),
])  # fmt: skip
def test_no_file_is_none(answer: dict[str, str] | None, path: str | None) -> None:
    assert asked(dialogs.saved_trace, answer)[0] == path
    assert asked(dialogs.file, answer, "Lock", "net.lock")[0] == path


def test_rows_are_sorted_by_any_column_and_heated_by_numbers_alone() -> None:
    _, dialog, _ = asked(dialogs.column_to_sort_by, "", COLUMNS, None)
    assert [choice.key for choice in dialog.choices] == ["", *(c.key for c in COLUMNS)]
    assert dialog.current == ""
    _, dialog, _ = asked(dialogs.column_to_heat, "", COLUMNS, "macs")
    offered = [choice.key for choice in dialog.choices]
    assert offered[0] == ""
    assert {"macs", "parameters"} <= set(offered)
    assert not {"path", "op"} & set(offered)
    assert all(choice.detail for choice in dialog.choices[1:]), "what each means"


def test_columns_are_ticked_and_a_view_is_chosen() -> None:
    found, dialog, _ = asked(dialogs.columns, ("op",), ["path"], COLUMNS, ["path", "op"])
    assert found == ("op",)
    assert isinstance(dialog, Ticks)
    assert (dialog.ticked, dialog.usual) == (["path"], ("path", "op"))
    _, dialog, _ = asked(dialogs.view, None, "layers")
    assert [c.key for c in dialog.choices] == ["layers", "blocks", "stages", "modules"]


def test_a_theme_is_shown_while_it_is_marked() -> None:
    _, dialog, user = asked(dialogs.theme, None)
    assert [(choice.key, choice.detail) for choice in dialog.choices] == [
        ("day", "light"), ("nord", "dark"),
    ]  # fmt: skip
    dialog.preview("day")
    assert user.theme == "day"
