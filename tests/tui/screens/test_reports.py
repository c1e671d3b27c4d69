"""What can be asked of the network on the screen: reports that say what the printouts say."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import DATA, explore
from textual.pilot import Pilot
from textual.widgets import Input, Static

import resnet_inspect as ri
from resnet_inspect.analysis.conventions import CONVENTIONS, counted
from resnet_inspect.analysis.cost import memory
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.formats import figures, render
from resnet_inspect.formats.lessons import FORMATS
from resnet_inspect.formats.text.layout import lay_out
from resnet_inspect.tui.app import Explorer
from resnet_inspect.tui.screens.form import Form
from resnet_inspect.tui.screens.report import Report
from resnet_inspect.views import lessons
from resnet_inspect.views.cards.subjects import find
from resnet_inspect.views.figures import graph
from resnet_inspect.views.tables import cost as costs
from resnet_inspect.views.tables import taps
from resnet_inspect.views.tables.cost.figures import Candidate
from resnet_inspect.views.words.text import nbytes


def survey_of(name: str) -> Survey:
    return Survey(ri.load(DATA / f"{name}.json"))


async def ask(app: Explorer, pilot: Pilot[int], *keys: str) -> Report:
    await pilot.press(*keys)
    await pilot.pause()
    assert isinstance(app.screen, Report)
    return app.screen


async def export(app: Explorer, pilot: Pilot[int], file: str) -> None:
    await pilot.press("e")
    await pilot.pause()
    assert isinstance(app.screen, Form)
    app.screen.query_one("#field-file", Input).value = file
    await pilot.press("enter")
    await pilot.pause()


def text_of(report: Report) -> str:
    return str(report.query_one("#report-text", Static).render())


def test_reports_are_laid_out_as_the_printouts_are_and_fit() -> None:
    survey = survey_of("resnet18")
    cost = costs.downwards(Candidate("resnet18", survey))
    sizes = ((200, 60), (120, 40), (80, 24))

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        for key, table, tried in (("C", cost, sizes), ("W", taps.view(survey), sizes[-1:])):
            report = await ask(app, pilot, key)
            for width, height in tried:
                await pilot.resize_terminal(width, height)
                await pilot.pause()
                layout = lay_out(table, min(width - 5, 136))
                written = text_of(report)
                assert written.startswith(layout.text.rstrip("\n"))
                assert ("no room for" in written) == bool(layout.dropped)
                page, dialog = report.query_one("#report-page"), report.query_one(".report")
                longest = max(map(len, written.splitlines()))
                assert longest <= page.scrollable_content_region.width
                assert dialog.region.right <= width
                assert dialog.region.bottom <= height
                assert dialog.region.width <= longest + 5, "no wider than what it holds"
            await pilot.press("escape")
            assert not isinstance(app.screen, Report)

    explore(drive, size=(80, 24))


def test_tab_turns_to_the_next_optimizer() -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        app.other = survey_of("resnet34")
        report = await ask(app, pilot, "C")
        for name in ("sgd", "momentum", "adam"):
            assert f"to train with {name}," in text_of(report)
            await pilot.press("tab")
            await pilot.pause()
        assert report.name_of_page == "resnet18 MACs of others"
        await pilot.press("shift+tab")
        await pilot.pause()
        assert report.name_of_page == "adam"

    explore(drive, size=(80, 24))


def test_training_at_a_batch_of_64_is_three_keys_away() -> None:
    survey = survey_of("resnet18")
    one = memory.of(survey.trace, "adam")
    activations = 64 * (one.held + one.input)
    weights = one.parameters + one.buffers + one.gradients + one.optimizer

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        report = await ask(app, pilot, "C", "6", "4")
        trained = next(
            line
            for line in text_of(report).splitlines()
            if line.strip().startswith("training, in all")
        )
        assert trained.split()[-2:] == nbytes(weights + activations).split()
        await pilot.press("plus")
        await pilot.pause()
        assert "batch 128, by the trace" in text_of(report)
        await pilot.press("minus", "minus", "m", "m")
        await pilot.pause()
        assert "batch 32, by the trace" in text_of(report)
        fits = next(
            line
            for line in text_of(report).splitlines()
            if line.strip().startswith("largest batch to train")
        )
        largest = (16 * 2**30 - weights) // (one.held + one.input)
        assert fits.split()[-1] == f"{largest:,}"

    explore(drive, size=(120, 40))


def test_two_networks_are_asked_about_together() -> None:
    left, right = survey_of("resnet18"), survey_of("resnet34")

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        app.other = right
        app.lay_out()
        await pilot.pause()
        report = await ask(app, pilot, "C")
        table = costs.view([Candidate("resnet18", left), Candidate("resnet34", right)])
        assert text_of(report).startswith(lay_out(table, 75).text.rstrip("\n"))
        await pilot.press("q")
        report = await ask(app, pilot, "W")
        assert list(report.pages) == [
            "resnet18 taps", "resnet18 U-Net", "resnet18 FPN",
            "resnet34 taps", "resnet34 U-Net", "resnet34 FPN",
        ]  # fmt: skip
        await pilot.press("q")
        for path, name in (("layer1.1", "resnet18"), ("layer1.2", "resnet34")):
            await app.bench.go_to_path(path)
            await pilot.pause()
            report = await ask(app, pilot, "E")
            assert text_of(report).startswith(path)
            assert report.heading == f"Explain · {name}", "the one that has it, the left first"
            await pilot.press("q")

    explore(drive, size=(80, 24))


def test_the_lesson_is_of_what_the_card_is_of() -> None:
    survey = survey_of("resnet18")

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        for place, path in (
            ("stem", "stem"), ("stage 2", "layer2"), ("layer2.0", "layer2.0"),
            ("layer2.0.conv1", "layer2.0.conv1"),
        ):  # fmt: skip
            await app.bench.go_to_path(path)
            await pilot.pause()
            lesson = lessons.lesson(survey, find(survey, place), 72)
            report = await ask(app, pilot, "E")
            assert text_of(report).startswith(f"{lesson.title}\n")
            await pilot.press("y")
            assert app.clipboard == FORMATS["md"](lesson)
            await pilot.press("escape")
        await pilot.press("1", "g")
        await pilot.pause()
        report = await ask(app, pilot, "E")
        lesson = lessons.lesson(survey, "network", 72)
        for section in lesson.sections:
            assert section.heading in text_of(report)

    explore(drive, size=(80, 24))


def test_a_page_can_be_copied_and_exported(own_state: Path) -> None:
    table = taps.unet(survey_of("resnet18"))

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await ask(app, pilot, "W", "tab")
        await pilot.press("Y")
        assert app.clipboard == render(table, "md")
        await export(app, pilot, "plan.csv")
        assert isinstance(app.screen, Report), "back in the report"
        assert (own_state / "plan.csv").read_text(encoding="utf-8") == render(table, "csv")

    explore(drive, size=(80, 24))


def test_a_lesson_is_refused_in_a_format_of_tables_alone(own_state: Path) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        await ask(app, pilot, "E")
        await export(app, pilot, "lesson.csv")
        assert "csv" in str(app.screen.query_one("#form-problem").render())
        assert not (own_state / "lesson.csv").exists()

    explore(drive, size=(80, 24))


def test_export_draws_the_network_or_the_chosen_block(own_state: Path) -> None:
    survey = survey_of("resnet18")

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        for path, suffix in (("stem", ".svg"), ("layer2.0", ".mmd"), ("layer2.0", ".dot")):
            await app.bench.go_to_path(path)
            await pilot.pause()
            await export(app, pilot, f"{path}{suffix}")
            block = path == "layer2.0"
            figure = graph.block(survey, path) if block else graph.network(survey)
            written = (own_state / f"{path}{suffix}").read_text(encoding="utf-8")
            assert written == figures.render_figure(
                figure, figures.figure_formats_by_suffix()[suffix]
            )
        await pilot.press("e")
        await pilot.pause()
        app.screen.query_one("#field-block", Input).value = "layer9"
        app.screen.query_one("#field-file", Input).value = "none.svg"
        await pilot.press("enter")
        await pilot.pause()
        assert "layer9" in str(app.screen.query_one("#form-problem").render())
        assert not (own_state / "none.svg").exists()

    explore(drive, size=(80, 24))


@pytest.mark.parametrize("name", ["broken", "oddities"])
def test_odd_networks_can_be_asked_about(name: str) -> None:
    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        for key in ("E", "W", "C"):
            report = await ask(app, pilot, key)
            assert report.page is not None
            await pilot.press("tab", "G", "k", "q")
            assert not isinstance(app.screen, Report)

    explore(drive, name, (60, 20))


def test_macs_as_others_count_them_and_a_pyramid_have_pages() -> None:
    survey = survey_of("resnet18")

    async def drive(app: Explorer, pilot: Pilot[int]) -> None:
        report = await ask(app, pilot, "C", "tab")
        by = {line.split()[0]: line for line in text_of(report).splitlines() if line.strip()}
        for name in CONVENTIONS:
            assert f" {counted(survey, name).macs:,} " in f"{by[name]} "
        await pilot.press("escape")
        report = await ask(app, pilot, "W", "tab", "tab")
        assert text_of(report).startswith(lay_out(taps.fpn(survey), 115).text.rstrip("\n"))

    explore(drive, size=(120, 40))
