"""What the options of a command select, and what they leave out or say in vain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from resnet_inspect.cli.diagnostics import remark

if TYPE_CHECKING:
    from resnet_inspect.views.tables.rows.selection import Selection
    from resnet_inspect.views.tables.table import Table


def selection_of(options: Mapping[str, Any]) -> Selection:
    """What the options select; raises for a depth or column that no trace has."""
    from resnet_inspect.views.tables import VIEWS
    from resnet_inspect.views.tables.columns import check_keys
    from resnet_inspect.views.tables.rows.selection import Selection

    selection = Selection(
        everything=options["everything"],
        only=keys_of(options["only"]),
        match=options["match"],
        where=options.get("where"),
        stage=options["stage"],
        depth=options["depth"],
        fold=options["fold"],
        columns=columns_of(options["columns"], VIEWS[options["view"]].shown),
    )
    selection.check()
    check_keys(selection.columns)
    return selection


def difference_selection(options: Mapping[str, Any]) -> Selection:
    """What the options of `difference_options` select."""
    from resnet_inspect.views.tables.comparison.headings import SHOWN
    from resnet_inspect.views.tables.rows.selection import Selection

    return Selection(
        everything=options["everything"],
        only=keys_of(options["only"]),
        match=options["match"],
        where=options["where"],
        stage=options["stage"],
        columns=columns_of(options["columns"], SHOWN),
    )


def keys_of(written: str | None) -> tuple[str, ...]:
    """Names with commas between them; none for None."""
    return tuple(key.strip() for key in (written or "").split(",") if key.strip())


def columns_of(written: str | None, own: Sequence[str]) -> tuple[str, ...]:
    """Keys as given; with + before the first, they come after the view's own."""
    if not written or not written.startswith("+"):
        return keys_of(written)
    more = tuple(key.removeprefix("+") for key in keys_of(written))
    return (*own, *(key for key in more if key not in own))


def asked_for(written: str | None) -> frozenset[str]:
    """The columns that `--columns` names: none of them is left out for want of room."""
    return frozenset(key.removeprefix("+") for key in keys_of(written))


def say_if_nothing_matches(table: Table, options: Mapping[str, Any]) -> None:
    """Say which options the view does not heed, and when they leave nothing to show."""
    from resnet_inspect.views.tables import VIEWS

    view = options["view"]
    every = frozenset().union(*(one.heeds for one in VIEWS.values()))
    say_what_does_not_apply(every - VIEWS[view].heeds, options, f"the {view} view")
    if all(row.kind == "rest" and not row.raised for row in table.rows):
        remark("no row is left by what was selected")


def say_if_no_difference_matches(table: Table, options: Mapping[str, Any]) -> None:
    """Say when what was selected leaves nothing to show, and that equal steps may be left out."""
    chosen = any(options[name] is not None for name in ("only", "match", "where", "stage"))
    if chosen and all(row.kind == "rest" for row in table.rows):
        more = "" if options["everything"] else "; equal steps are shown with --all"
        remark(f"no row is left by what was selected{more}")


def say_what_does_not_apply(names: Iterable[str], options: Mapping[str, Any], to: str) -> None:
    """Say which of these options were given, though what is shown does not heed them."""
    for name in sorted(names):
        if options.get(name) not in (None, False):
            option = "all" if name == "everything" else name
            remark(f"--{option} does not apply to {to}")
