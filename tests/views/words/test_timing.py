"""What measurements say, of times made by hand."""

from __future__ import annotations

from dataclasses import replace

from timings import MACHINE, timing_of

from resnet_inspect.analysis.timing import Timing
from resnet_inspect.traces.timing import Ceiling, Peak
from resnet_inspect.views.words import timing as words


def peak(*holders: tuple[int, int], call: int = 1) -> str:
    speed = timing_of("resnet18")
    held = sum(nbytes for _, nbytes in holders)
    measured = replace(speed.measured, peak=Peak(held, call, holders))
    return " ".join(list(words.remarks_of(Timing(speed.survey, measured)))[1:])


def test_three_of_those_that_hold_the_peak_are_named() -> None:
    assert peak((1, 1024)) == "the peak is in conv1, held by conv1 1.000 KiB"
    four = peak((1, 4096), (2, 3072), (3, 2048), (4, 1024))
    assert four == (
        "the peak is in conv1, held by conv1 4.000 KiB, bn1 3.000 KiB, relu 2.000 KiB, and 1 other"
    )
    own = peak((0, 1024), call=0)
    assert own == "the peak is in the network itself, held by functions and overhead 1.000 KiB"
    assert peak() == ""


def test_what_was_noted_is_said_last() -> None:
    speed = timing_of("resnet18")
    noted = Timing(speed.survey, replace(speed.measured, notes=("the clock is coarse",)))
    assert list(words.remarks_of(noted))[-1] == "the clock is coarse"


def test_where_and_how_often_it_was_measured() -> None:
    speed = timing_of("resnet18")
    said = words.said_of_machine(speed)
    assert said == (
        "by hand, Linux x86_64, 2 threads of 8 cores, torch 2.15.0; 3 runs after 1 to warm up"
    )
    one = replace(
        speed.measured, forward=speed.measured.forward[:1], channels_last=True,
        machine=replace(MACHINE, threads=1, cores=1),
    )  # fmt: skip
    assert words.said_of_machine(Timing(speed.survey, one)) == (
        "by hand, Linux x86_64, 1 thread of 1 core, torch 2.15.0, channels last; 1 run after 1 to"
        " warm up"
    )


def test_more_than_the_ceiling_is_explained_only_where_it_happens() -> None:
    speed = timing_of("resnet18")
    fast, slow = (
        replace(speed.measured, matmul=Ceiling(2 * 10**9, (time,)), copy=Ceiling(10**8, (time,)))
        for time in (10**12, 1)
    )
    above = [line for line in words.meanings([Timing(speed.survey, fast)]) if "above 100%" in line]
    assert len(above) == 1
    within = list(words.meanings([Timing(speed.survey, slow)]))
    assert len(within) == 2
    assert "above 100%" not in " ".join(within)
