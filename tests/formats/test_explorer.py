"""The page that explores a network: its data is that of `export`, and nothing leaves it."""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest
from pages import Cells, read, unpacked
from saved import DATA, survey_of, trace_of
from signals import changed, signal_of
from signals import signals as signals_by_hand
from timings import measured, timing_of

import resnet_inspect as ri
from resnet_inspect.answers.pages import exploration
from resnet_inspect.cli import main
from resnet_inspect.formats import explorer
from resnet_inspect.formats import json as json_format
from resnet_inspect.formats.explorer.packing import document
from resnet_inspect.formats.figures.svg import THEMES
from resnet_inspect.pipeline import save_measured, save_signals
from resnet_inspect.views.figures.shapes import DEGREES
from resnet_inspect.views.pages import Explored, Page
from resnet_inspect.views.tables import signals
from resnet_inspect.views.tables import timing as timed
from resnet_inspect.views.tables.rows.selection import Selection


@pytest.fixture(scope="module")
def page() -> Page:
    """ResNet-50."""
    return Page((Explored(survey_of("resnet50")),))


@pytest.fixture(scope="module")
def written(page: Page) -> str:
    """Its page."""
    return explorer.render(page)


@pytest.fixture(scope="module")
def parsed(written: str) -> Cells:
    """The same, parsed."""
    return read(written)


def test_its_tables_are_those_of_the_json_format(page: Page, parsed: Cells) -> None:
    """Value for value, whoever unpacks them: one schema for both."""
    (network,) = unpacked(parsed, 0)["networks"]
    for name, table in page.networks[0].tables.items():
        packed = network["tables"][name]
        keys = [column["key"] for column in packed["columns"]]
        cells = [
            [cell if isinstance(cell, list) else [cell, cell] for cell in column]
            for column in packed["cells"]
        ]
        rows = [
            {key: cells[i][row[6 + i]][0] for i, key in enumerate(keys)} for row in packed["rows"]
        ]
        plain = json.loads(json_format.render(table))
        assert rows == plain["rows"]
        assert {key: packed[key] for key in plain if key not in ("rows", "columns")} == {
            key: plain[key] for key in plain if key not in ("rows", "columns")
        }


def test_every_place_has_a_name_of_its_own_and_a_card(page: Page, parsed: Cells) -> None:
    """Calls, stages, blocks and ends; identical blocks have the lessons of the first."""
    places = unpacked(parsed, 0)["networks"][0]["places"]
    (texts,) = unpacked(parsed, 1)
    names = [place["name"] for place in places]
    assert len(set(names)) == len(names) == len(texts["cards"])
    assert {"network", "stem", "layer2", "layer2.0", "layer2.0.conv2", "head"} <= set(names)
    like = {place["name"]: names[place["like"]] for place in places}
    assert like["layer3.4.conv2"] == "layer3.1.conv2"
    assert like["layer2.0.conv2"] == "layer2.0.conv2"
    assert {names.index(first) for first in like.values()} == set(map(int, texts["lessons"]))
    title, subtitle, sections = texts["cards"][names.index("layer2.0.conv2")]
    assert (title, subtitle) == ("layer2.0.conv2", "conv 3×3/2, 128 · Conv2d")
    assert ["MACs", "115.6 M", -1] in {s[0]: s[1] for s in sections}["work"]


def test_the_figure_is_cut_into_every_stage_and_every_run_of_blocks(parsed: Cells) -> None:
    """(3, 4, 6, 3) blocks: the first of each stage changes its shape, the others are alike."""
    network = unpacked(parsed, 0)["networks"][0]
    parts = [part for part in network["figure"]["parts"] if part["stage"] >= 0]
    runs = [[len(item["blocks"]) for item in part["items"]] for part in parts]
    assert runs == [[1, 2], [1, 3], [1, 5], [1, 2]]
    assert all(part["closed"] for part in parts)
    assert all(item["opened"] for part in parts for item in part["items"])


@pytest.mark.parametrize("name", ["broken", "dense", "names", "oddities", "plain", "r3d_18"])
def test_any_network_has_a_page(name: str) -> None:
    """Also one without blocks, with a forward that raised, or with calls that nothing knows."""
    data = document(Page((Explored(survey_of(name)),)))
    (network,) = data["networks"]
    boxes = [
        box
        for part in network["figure"]["parts"]
        for item in part["items"]
        for box in (item.get("closed") or item)["nodes"].values()
    ]
    assert boxes
    known = range(-1, len(network["places"]))
    assert all(place in known for place, _ in boxes)
    assert all(row[4] in known for table in network["tables"].values() for row in table["rows"])


def test_the_policy_lets_only_this_script_and_this_style_run(written: str, parsed: Cells) -> None:
    """And nothing at all from elsewhere."""
    policy = next(a["content"] for a in parsed.of("meta") if "http-equiv" in a) or ""
    kinds = [attributes.get("type") for attributes in parsed.of("script")]
    assert kinds == ["text/plain", "text/plain", "module"]
    assert len(parsed.of("style")) == 1
    for kind, text in (("script", parsed.texts["script"][2]), ("style", parsed.texts["style"][0])):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\bsrc\s*=|@import|url\(", written.split("page-data")[0])
    assert not [name for _, a in parsed.attributes for name in a if name.startswith("on")]


def test_the_script_sets_texts_only_and_each_name_once() -> None:
    """The modules share one scope when they are put together; none reads markup or runs text."""
    script = explorer.script()
    assert "</" not in script
    assert "<!--" not in script
    assert not re.search(
        r"^import |^export |http(?!://www\.w3\.org/2000/svg)", script, re.MULTILINE
    )
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|\beval\b|Function\(|DOMParser|document\.write",
        script,
    )
    names = re.findall(
        r"^(?:async )?(?:function\*?|const|let|class) ([A-Za-z_]\w*)", script, re.MULTILINE
    )
    assert sorted(set(names)) == sorted(names)
    assert "</" not in explorer.stylesheet()


def test_each_module_takes_only_from_those_before_it() -> None:
    """So that the order in which they are put together is one in which they can run."""
    for place, name in enumerate(explorer.MODULES):
        taken = re.findall(r'from "\./(\w+)\.js"', explorer._asset(f"{name}.js"))
        assert set(taken) <= set(explorer.MODULES[:place]), name


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_texts_of_figures_stand_out_from_what_they_are_written_on(theme: str) -> None:
    """4.5 to 1, as WCAG asks; axe-core does not look into pictures."""
    colours = THEMES[theme]
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)
    fills = [
        role
        for role in colours
        if role.startswith("fill ")
        and role not in ("fill bar", "fill track")
        and not role.startswith("fill heat")
    ]
    for degree in range(DEGREES):
        written = colours[f"on heat {degree}"]
        assert contrast(colours[f"fill heat {degree}"], written) >= 4.5, degree
    for role, text in product(fills, ("ink", "muted")):
        assert contrast(colours[role], colours[text]) >= 4.5, (role, text)
    for role, text in product(("page", "stage frame", "block frame"), ("muted", "shortcut text")):
        assert contrast(colours[role], colours[text]) >= 4.5, (role, text)


def test_the_same_network_gives_the_same_bytes(written: str) -> None:
    """Nothing on the page depends on when or where it is written."""
    assert explorer.render(Page((Explored(survey_of("resnet50")),))) == written
    assert len(written) < 200_000


def test_two_networks_have_the_differences_and_the_places_of_both() -> None:
    """A row for what is on both sides stands for a place of each."""
    data = document(exploration([Explored(survey_of(n)) for n in ("resnet18", "resnet34")]).page)
    left, right = data["networks"]
    rows = data["comparison"]["rows"]
    pairs = {
        (left["places"][row[4]]["name"] if row[4] >= 0 else "",
         right["places"][row[5]]["name"] if row[5] >= 0 else "")
        for row in rows
    }  # fmt: skip
    assert {("layer2", "layer2"), ("layer2.0.conv1", "layer2.0.conv1"), ("", "layer2.3")} <= pairs
    assert data["opened"]["view"] == "comparison"


def test_a_network_that_raised_says_so_above_all_else() -> None:
    """In the page itself, script or none."""
    page = read(explorer.render(Page((Explored(survey_of("broken")),))))
    (said,) = [text for text in page.texts["p"] if "raised" in text]
    assert "it takes 8 channels, not 12" in said


def test_in_a_notebook_it_is_a_frame_that_lets_nothing_out() -> None:
    """And the small table stays what a trace shows by itself."""
    t = ri.load(DATA / "resnet18.json")
    seen = read(t.explore(height=400)._repr_html_())
    (frame,) = seen.of("iframe")
    assert frame["sandbox"] == "allow-scripts"
    assert frame["srcdoc"] == t.explore().to_html()
    assert "height: 400px" in (frame["style"] or "")
    assert [tag for tag, _ in seen.attributes] == ["iframe"]
    assert "<iframe" not in t._repr_html_()


def test_what_was_measured_is_in_the_tables_and_on_the_cards() -> None:
    """Times and signals as their own views have them, also where a number is none."""
    timing, signal = timing_of("resnet18"), changed(signal_of("resnet18"), "fc", mean=math.nan)
    explored = Explored(survey_of("resnet18"), timing=timing, signal=signal)
    table = explored.tables["layers"]
    every = Selection(everything=True)
    times = timed.view([timing], "layers", every)
    flows = signals.view(signal, "layers", every)
    for other, key in ((times, "time"), (flows, "gradient_rms")):
        found = {row.span: table.cell(row, key) for row in table.rows}
        assert all(found[row.span] == other.cell(row, key) for row in other.rows if row.spans)
    headings = [section.heading for section in explored.card("layer2.0.conv1").sections]
    assert "measured" in headings
    data = json.dumps(document(Page((explored,))), allow_nan=False)
    assert (
        "root mean square of the gradient" in json.loads(data)["networks"][0]["plot"]["description"]
    )
    assert {"time", "gradient_rms", "parameters"} <= set(json.loads(data)["numbers"])


def test_a_saved_file_has_its_measurements_on_the_page(tmp_path: Path) -> None:
    """Of either kind, also where a second network stands beside it."""
    saved = str(DATA / "resnet34.json")
    trace = trace_of("resnet18")
    save_measured([(trace, measured(trace))], tmp_path / "m.json")
    save_signals((trace, (signals_by_hand(trace),)), tmp_path / "s.json")
    for name, key in (("m", "time"), ("s", "gradient_rms")):
        page = tmp_path / f"{name}.html"
        assert main(["export", str(tmp_path / f"{name}.json"), str(page)]) == 0
        (network,) = unpacked(read(page.read_text()), 0)["networks"]
        assert key in [column["key"] for column in network["tables"]["layers"]["columns"]]
        both = tmp_path / f"{name}-both.html"
        assert main(["diff", str(tmp_path / f"{name}.json"), saved, "-o", str(both)]) == 0
        data = unpacked(read(both.read_text()), 0)
        assert len(data["networks"]) == 2
        assert f"left_{key}" in data["comparison"]["shown"]


def test_how_a_page_is_opened_is_what_was_asked_for(tmp_path: Path) -> None:
    """View, columns, filter and every step; and what a page has no place for is refused."""
    saved, page = str(DATA / "resnet18.json"), tmp_path / "p.html"
    given = ["--view", "blocks", "--columns", "path,macs", "--where", "macs>1", "--all"]
    assert main(["export", saved, str(page), *given]) == 0
    data = unpacked(read(page.read_text()), 0)
    assert data["opened"] == {
        "view": "blocks", "everything": True, "columns": {"blocks": ["path", "macs"]},
        "where": "macs>1",
    }  # fmt: skip
    assert main(["export", saved, str(tmp_path / "a.md"), "--against", saved]) == 2
    assert main(["export", saved, str(tmp_path / "b.html"), "--count-as", "thop"]) == 2
    only = tmp_path / "only.html"
    assert main(["export", saved, str(only), "--stage", "2"]) == 0
    (network,) = unpacked(read(only.read_text()), 0)["networks"]
    kinds = [row[0] for row in network["tables"]["layers"]["rows"]]
    assert kinds.count("stage") == 1
    assert kinds.count("block") == 2
    for given, kinds_shown in ((["--depth", "2"], {"block"}), (["--only", "norm"], {"layer"})):
        assert main(["export", saved, str(only), *given, "--force"]) == 0
        (network,) = unpacked(read(only.read_text()), 0)["networks"]
        shown = {row[0] for row in network["tables"]["layers"]["rows"] if row[2] & 4}
        assert kinds_shown <= shown
