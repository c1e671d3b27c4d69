"""Which columns are shown of what, and what its title says."""

from __future__ import annotations

from by_hand import measured
from runs import made
from saved import survey_of, trace_of
from signals import run_of

from resnet_inspect.tui.session.measured import Beside, beside
from resnet_inspect.tui.session.perspective import Perspective, Shown
from resnet_inspect.tui.session.request import Request
from resnet_inspect.tui.session.run import Training
from resnet_inspect.views.tables.rows.selection import Selection


def timed() -> Beside:
    """Times beside a saved network."""
    return beside(survey_of("resnet18"), measured("resnet18")[1])


def flowing() -> Beside:
    """Signals beside a saved network."""
    return beside(survey_of("resnet18"), run_of(trace_of("resnet18"), 3))


def test_columns_are_kept_apart_for_what_was_recorded_of_calls() -> None:
    look = Perspective()
    assert look.columns_name(None) == "layers"
    assert look.columns_name(timed()) == "measured layers"
    assert look.columns_name(flowing()) == "signals layers"
    look.view = "modules"
    assert look.columns_name(timed()) == "modules", "no module is a call"


def test_columns_are_those_that_were_chosen_for_what_is_shown() -> None:
    chosen = {"layers": ("path", "time", "macs"), "measured layers": ("time", "path")}
    look = Perspective(selection=Selection(everything=True), columns=chosen)
    alone = look.selected(None, is_compared=False)
    assert alone == Selection(everything=True, columns=("path", "macs")), "time is none of its own"
    assert look.selected(timed(), is_compared=False).columns == ("time", "path")
    assert look.selected(flowing(), is_compared=False).columns == ()
    assert look.selected(timed(), is_compared=True).columns == (), "those are fixed"
    look.view = "stages"
    assert look.selected(None, is_compared=False).columns == ()


def test_a_title_says_how_far_a_run_has_come_and_which_step_is_shown() -> None:
    trace, request = trace_of("resnet18"), Request("pets", path="runs/pets")
    assert Shown.of(request, trace, None).title == "resnet18 · runs/pets"
    shown = Shown.of(request, trace, run_of(trace, 3))
    assert shown.title == "resnet18 · runs/pets · step 200 (3 of 3)"
    training = Training(made())
    followed = Shown(shown.request, shown.survey, shown.beside, training)
    assert followed.title == (
        "resnet18 · run, epoch 2 of 3, running · step 200 (3 of 3) · runs/pets"
    )
