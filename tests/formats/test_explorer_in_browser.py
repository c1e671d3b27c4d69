"""The page that explores a network, in a real browser: what is chosen, folded, filtered, asked."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import Watched, browser
from filters import CASES, CASES_OF_BOTH, PIECES, table_of, table_of_both
from saved import DATA, ByHand, conv, survey_of, window

import resnet_inspect as ri
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.answers.pages import exploration
from resnet_inspect.formats import explorer
from resnet_inspect.formats.explorer.packing import document
from resnet_inspect.traces.ops import Elementwise
from resnet_inspect.traces.tensors import Port
from resnet_inspect.views.pages import Explored, Page
from resnet_inspect.views.tables.filter import parse


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for all tests here."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of ResNet-50, of ResNet-101, and of ResNet-18 beside ResNet-34."""
    made = tmp_path_factory.mktemp("pages")
    for name in ("resnet50", "resnet101"):
        (made / f"{name}.html").write_text(explorer.render(Page((Explored(survey_of(name)),))))
    both = exploration([Explored(survey_of(name)) for name in ("resnet18", "resnet34")])
    (made / "both.html").write_text(both.to_html())
    return made


@pytest.fixture(scope="module")
def watched(chromium: Any, folder: Path) -> Watched:
    """The page of ResNet-50."""
    shown = Watched(chromium, viewport={"width": 1400, "height": 900})
    shown.open(folder / "resnet50.html")
    return shown


@pytest.fixture
def page(watched: Watched) -> Iterator[Any]:
    """The same, as it was opened; it has not complained and asked for nothing."""
    watched.page.evaluate("location.hash = '#network'")
    yield watched.page
    assert watched.faults == []
    watched.page.keyboard.press("Escape")


def title(page: Any) -> str:
    """What the card is of."""
    return str(page.inner_text("#card h2"))


def rows(page: Any) -> list[str]:
    """The first cells of the table's rows in sight."""
    return [text.strip() for text in page.locator("#table tbody th").all_inner_texts()]


def test_one_selection_for_tree_figure_table_card_and_address(page: Any) -> None:
    page.click("#table tbody th:text-is('layer1.0.conv2')")
    assert title(page) == "layer1.0.conv2"
    assert page.evaluate("location.hash") == "#layer1.0.conv2"
    assert page.inner_text("#tree [aria-selected=true]") == "conv2"
    assert "layer1.0.conv2" in page.text_content(".box.chosen")
    page.click("#card .link:text-is('layer1.0')")
    assert title(page) == "layer1.0"
    page.click("#figures .box:has-text('maxpool')")
    assert title(page) == "maxpool"
    assert page.inner_text("#table [aria-selected=true] th").strip() == "maxpool"
    page.go_back()
    page.wait_for_function("document.querySelector('#card h2').innerText != 'maxpool'")
    assert title(page) != "maxpool"


def test_an_address_leads_to_its_place(page: Any) -> None:
    page.evaluate("location.hash = '#layer2.0%3Aadd'")
    page.wait_for_function("document.querySelector('#card h2').innerText == 'layer2.0:add'")
    assert page.inner_text("#tree [aria-selected=true]") == "layer2.0:add"
    page.evaluate("location.hash = '#%E0%A4%A'")
    assert title(page) == "layer2.0:add"


def test_the_figure_folds_by_stage_and_block_and_draws_identical_blocks_apart(page: Any) -> None:
    def boxes() -> list[str]:
        return page.evaluate(
            "[...document.querySelectorAll('.box')].map((box) =>"
            " [...box.querySelectorAll('text')].map((text) => text.textContent).join(' '))"
        )

    def press(label: str) -> None:
        page.locator(f".action[aria-label='{label}']").first.click()

    before = boxes()
    press("layer3")
    folded = boxes()
    assert "layer3.0" not in " ".join(folded)
    assert len(folded) == len(before) - 5 + 1
    press("unfold layer3")
    assert boxes() == before
    press("×5 one by one")
    apart = " ".join(boxes())
    assert all(f"layer3.{block}" in apart for block in range(6))
    press("unfold layer3.2")
    assert "layer3.2.conv2" in " ".join(boxes())
    press("fold layer3.2")
    press("×5 together")
    assert boxes() == before


def test_the_figure_zooms(page: Any) -> None:
    width = "document.querySelector('#figures svg').getBoundingClientRect().width"
    before = page.evaluate(width)
    page.click("#zoom button:text-is('+')")
    assert page.evaluate(width) == pytest.approx(before * 1.25, rel=1e-3)
    page.keyboard.press("[")
    assert page.evaluate(width) == pytest.approx(before, rel=1e-3)


def test_the_table_is_filtered_sorted_and_shows_heat(page: Any) -> None:
    page.fill("#filter", "kind:conv stride:2")
    page.keyboard.press("Enter")
    assert page.inner_text("#count") == "7 of 72 rows"
    page.fill("#filter", "strid:2")
    assert "did you mean stride?" in page.inner_text("#count")
    page.keyboard.press("Escape")
    page.click("#table thead button:text-is('params')")
    assert rows(page)[:2] == ["layer4.0.conv2", "layer4.1.conv2"]
    page.select_option("select >> nth=2", "macs")
    assert page.locator("td.heat").count() > 10
    assert page.locator("svg rect.heat").count() > 10
    page.select_option("select >> nth=2", "")
    page.select_option("select >> nth=1", "")
    assert rows(page)[0] == "stem"


def test_what_sorts_or_heats_is_in_sight(page: Any) -> None:
    """Also a column that is not shown otherwise; and no name is covered by what lies behind it."""
    for which, key, title in ((2, "flops", "FLOPs"), (1, "macs", "MACs")):
        page.select_option(f"select >> nth={which}", key)
        inside = page.evaluate(
            """(title) => {
              const one = [...document.querySelectorAll("#table thead th")].find(
                (th) => th.innerText.trim() === title).getBoundingClientRect();
              const [name, pane] = ["#table thead th", "#table"].map(
                (part) => document.querySelector(part).getBoundingClientRect());
              return name.right <= one.left + 1 && one.right <= pane.right + 1;
            }""",
            title,
        )
        assert inside, title
    covered = page.evaluate(
        """() => {
          document.querySelector("#table").scrollLeft = 60;
          const { left, width, top } = document.querySelector("#table tbody th")
            .getBoundingClientRect();
          return document.elementsFromPoint(left + width - 40, top + 8)[0].tagName;
        }"""
    )
    assert covered == "TH"
    for which in (1, 2):
        page.select_option(f"select >> nth={which}", "")


def test_a_double_click_folds_in_the_tree(page: Any) -> None:
    """And so does a click on the triangle."""
    line = page.locator("#tree li", has_text="layer3").first
    below = page.locator("#tree li[aria-level='2']")
    before = below.count()
    line.dblclick()
    assert below.count() == before - 6
    assert title(page) == "stage 3 (layer3)"
    line.locator(".fold").click()
    assert below.count() == before


def test_where_a_row_is_not_shown_the_one_around_it_stands_for_it(page: Any) -> None:
    """In tree and table, and the keys go on from there."""
    page.evaluate("location.hash = '#layer2.0.bn2'")
    page.wait_for_function("document.querySelector('#card h2').innerText == 'layer2.0.bn2'")
    assert page.inner_text("#table [aria-selected=true] th").strip() == "layer2.0"
    assert page.inner_text("#tree [aria-selected=true]").strip() == "0"
    page.keyboard.press("2")
    page.keyboard.press("j")
    assert title(page) == "layer2.0.conv1"
    page.evaluate("location.hash = '#layer2.0.bn2'")
    page.wait_for_function("document.querySelector('#card h2').innerText == 'layer2.0.bn2'")
    page.keyboard.press("1")
    page.keyboard.press("k")
    assert title(page) == "stage 2 (layer2)"


def test_the_keys_are_those_of_the_explorer(page: Any) -> None:
    press = page.keyboard.press
    press("2")
    press("g")
    assert title(page) == "stem"
    press("j")
    assert title(page) == "conv1"
    press("a")
    press("ArrowDown")
    assert title(page) == "bn1"
    press("a")
    press("E")
    page.wait_for_selector("#card h3:text-is('what it does')")
    press("E")
    press("/")
    page.keyboard.type("layer4.2.conv3")
    press("Enter")
    press("n")
    assert title(page).startswith("layer4")
    press("Escape")
    press("1")
    press("G")
    assert title(page) == "fc"
    press("g")
    for key, shown, chosen in (
        ("h", 0, "stem"), ("l", 1, "stem"), ("l", 1, "conv1"), ("h", 0, "stem"), (" ", 1, "stem"),
    ):  # fmt: skip
        press(key)
        assert page.locator("#tree li:has-text('maxpool')").count() == shown, key
        assert title(page) == chosen, key
    press("?")
    assert page.is_visible("dialog")
    press("Escape")
    assert not page.is_visible("dialog")
    press("T")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    press("T")


def test_a_storm_of_keys_and_clicks_leaves_it_whole(chromium: Any, folder: Path) -> None:
    """Any keys, clicks, addresses and sizes of the window, in any order."""
    shown = Watched(chromium, viewport={"width": 1400, "height": 900})
    page = shown.open(folder / "both.html")
    chance = random.Random(0)
    keys = [
        *"nNaztxEjkgGhl-=][0T1234f/?: ",
        "Escape",
        "Enter",
        "Tab",
        "ArrowDown",
        "Home",
        "Delete",
    ]
    places = ("#layer2.0", "#nope", "#", "#%ff", "#+layer1.2", f"#{'x' * 5000}")
    for _ in range(300):
        match chance.randrange(10):
            case 0:
                page.evaluate("(place) => { location.hash = place }", chance.choice(places))
            case 1:
                page.set_viewport_size(
                    {"width": chance.choice((1400, 800, 320)), "height": chance.choice((300, 900))}
                )
            case 2 | 3:
                page.mouse.click(chance.randrange(320), chance.randrange(300))
            case _:
                page.keyboard.press(chance.choice(keys))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#layer3.0.conv2'")
    page.wait_for_function("document.querySelector('#card h2').innerText == 'layer3.0.conv2'")
    assert shown.faults == []
    page.close()


_MADE = """(keys) => {
  const made = {};
  for (const key of keys) {
    const seen = new MutationObserver(() => {});
    seen.observe(document.body, { childList: true, subtree: true });
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    document.body.offsetHeight;
    const added = seen.takeRecords().flatMap((record) => [...record.addedNodes]);
    made[key] = added.reduce((sum, one) => sum + 1 + (one.querySelectorAll?.("*").length ?? 0), 0);
  }
  return made;
}"""
"""How many nodes each of some keys puts into the page."""


def test_a_key_makes_what_is_in_sight_however_deep_the_network_is(
    chromium: Any, folder: Path
) -> None:
    """ResNet-101 has twice the layers of ResNet-50; `make bench-page` says how long a key takes."""
    made = {}
    for name in ("resnet50", "resnet101"):
        shown = Watched(chromium, viewport={"width": 1400, "height": 900})
        page = shown.open(folder / f"{name}.html")
        made[name] = page.evaluate(_MADE, ["j", "k", "G", "g", "a", "t", "E", "x"])
        assert shown.faults == []
        page.close()
    for key, nodes in made["resnet101"].items():
        assert nodes < 1.2 * made["resnet50"][key] + 50, key


_SOURCE = explorer._asset("filter.js") + explorer._asset("data.js")
_ASK = """async ([source, table, lines]) => {
  const { parse, unpacked } = await import(URL.createObjectURL(
    new Blob([source], { type: "text/javascript" })));
  const whole = unpacked(table);
  return lines.map((line) => {
    const asked = parse(line, whole.columns);
    return [asked.places(whole), asked.problems, asked.words];
  });
}"""
"""What the page's filter finds in a table, for each line of text."""


def test_the_filter_is_that_of_the_terminal(chromium: Any) -> None:
    """Case by case as written down, and any text at all as the other one understands it."""
    page = chromium.new_page()
    data = document(Page((Explored(survey_of("resnet50")),)))["networks"][0]["tables"]["layers"]
    chance = random.Random(0)
    lines = [case["text"] for case in CASES]
    lines += ["".join(chance.choices(PIECES[:-1], k=chance.randint(1, 8))) for _ in range(500)]
    answers = page.evaluate(_ASK, [_SOURCE, json.loads(json.dumps(data)), lines])
    table = table_of("resnet50")
    for line, (places, problems, words) in zip(lines, answers, strict=True):
        asked = parse(line)
        found = asked.places(table), list(asked.problems), list(asked.words)
        assert (places, problems, words) == found, line
    for case, (places, problems, _) in zip(CASES, answers, strict=False):
        names = [table.cell(table.rows[place], "path").text for place in places]
        assert (len(names) if isinstance(case["found"], int) else names) == case["found"]
        assert problems == case.get("problems", [])
    page.close()


def test_the_filter_of_two_networks_is_that_of_the_terminal(chromium: Any) -> None:
    page = chromium.new_page()
    networks = [Explored(survey_of(name)) for name in ("resnet34", "resnet50")]
    table = table_of_both()
    data = document(Page(tuple(networks), comparison=table))["comparison"]
    lines = [case["text"] for case in CASES_OF_BOTH]
    answers = page.evaluate(_ASK, [_SOURCE, json.loads(json.dumps(data)), lines])
    for case, (places, problems, _) in zip(CASES_OF_BOTH, answers, strict=True):
        names = [table.cell(table.rows[place], "path").text for place in places]
        assert (names, problems) == (case["found"], case.get("problems", [])), case["text"]
    page.close()


def test_two_networks_stand_side_by_side(chromium: Any, folder: Path) -> None:
    shown = Watched(chromium, viewport={"width": 1400, "height": 900})
    page = shown.open(folder / "both.html", "#layer2.0.conv2")
    assert page.locator("#card article").count() == 2
    scales = page.evaluate(
        "[...document.querySelectorAll('.canvas svg')].map((svg) =>"
        " [svg.clientWidth / svg.viewBox.baseVal.width,"
        " svg.clientWidth <= svg.parentNode.clientWidth])"
    )
    assert scales[0] == pytest.approx(scales[1], rel=0.01)
    assert all(fits for _, fits in scales)
    page.evaluate("location.hash = '#network'")
    page.wait_for_selector("#card h2:text-is('what differs')")
    assert page.locator("#card article").count() == 3
    page.evaluate("location.hash = '#layer2.0.conv2'")
    page.wait_for_selector("#card h2:text-is('layer2.0.conv2')")
    assert page.locator("#figures .box.chosen").count() == 2
    page.click("#table tbody th:text-is('layer1.2')")
    assert page.inner_text("#card .of") == "resnet34"
    assert page.evaluate("location.hash") == "#+layer1.2"
    assert shown.faults == []
    page.close()


WIDTHS = [(1400, 900), (800, 600), (390, 844), (400, 300), (195, 422)]
"""Windows of three machines, and of the smaller two as they are at 200 %."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_fits(chromium: Any, folder: Path, scheme: str) -> None:
    """As axe-core sees it, in every pane, lesson and help; and nothing is wider than the window."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    shown = Watched(chromium, viewport={"width": 1400, "height": 900}, color_scheme=scheme)
    page = shown.open(folder / "both.html", "#layer2.0.conv2")
    rules: dict[str, Any] = {} if scheme == "light" else {"runOnly": ["color-contrast"]}
    asked = (("Shift", "body"), ("E", "#card"), ("?", "dialog"))
    for key, part in asked if scheme == "light" else asked[:1]:
        page.keyboard.press(key)
        page.wait_for_selector("#card article")
        found = axe.run(page, part, rules).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    page.keyboard.press("Escape")
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("c")
        if page.is_visible(".columns > div"):
            box = page.locator(".columns > div").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        page.keyboard.press("c")
        if width < 800:
            page.click("#tabs [data-pane=table]")
            for tool in ("#tools select", "#tools > label input", "#tools summary"):
                page.locator(tool).last.click(trial=True)  # nothing lies over it
    for pane in ("tree", "figure", "table", "card"):
        page.click(f"#tabs [data-pane={pane}]")
        assert page.is_visible(f"#{'figures' if pane == 'figure' else pane}")
    assert shown.faults == []
    page.close()


def test_print_has_every_row(page: Any) -> None:
    page.click("#tabs [data-pane=figure]")
    page.set_viewport_size({"width": 700, "height": 900})  # of a sheet, which is no narrow window
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for part in ("figures", "table", "card"):
        assert page.is_visible(f"#{part}"), part
    assert len(rows(page)) == len(
        [row for row in table_of("resnet50").rows if Explored(survey_of("resnet50")).is_main(row)]
    )
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1400, "height": 900})
    assert page.get_attribute("#tabs [data-pane=figure]", "aria-selected") == "true"
    page.click("#tabs [data-pane=both]")


_HARM = (
    "alert(1)", "<script>alert(1)</script>", "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' onmouseover='alert(1)",
    "javascript:alert(1)", "]]><script>alert(1)</script>", "<!--", "-->", "</style><b>",
    "&lt;b&gt;&#60;", "{{alert(1)}}", "${alert(1)}", "`${alert(1)}`", "\\u003cb\\u003e",
    "__proto__", "constructor", "toString", "hasOwnProperty", "network", "stem", "head",
    "[bold]x[/bold]", "a|b", "$&", "$1", "%E0%A4%A", "%00", "#", "?", "a b", " blank ", "\ta",
    "層🧱", "e\u0301", "\u202eabc", "\u200b", "\ufeff", "x" * 300, "<b>" * 60,
)  # fmt: skip
HOSTILE = (*_HARM, *(f"layer1.{name}" for name in _HARM))


def test_hostile_names_are_text(chromium: Any, folder: Path) -> None:
    """In the tree, the figure, the table, the card, the lesson and the address."""
    net = ByHand()
    given = net.input(1, 4, 8, 8)
    for number, name in enumerate(HOSTILE):
        path = f"{number}{name}".replace(":", "")
        made = net.step(path, conv(4, 4, window(3, 1, 1)), given, weights={"weight": (4, 4, 3, 3)})
        given = net.step(f"{path}:add", Elementwise("add"), (given, made))
    trace = net.trace(given)
    label = Port("<img src=x onerror=alert(1)>", trace.inputs[0].activation)
    object.__setattr__(trace, "inputs", (label,))
    object.__setattr__(trace, "model_name", "</title><script>alert(1)</script>")
    explored = Explored(Survey(trace))
    (folder / "hostile.html").write_text(explorer.render(Page((explored,))), encoding="utf-8")
    shown = Watched(chromium, viewport={"width": 1400, "height": 900})
    page = shown.open(folder / "hostile.html")
    tags = {
        "A", "ARTICLE", "ASIDE", "BODY", "BUTTON", "COL", "COLGROUP", "DD", "DETAILS", "DIALOG",
        "DIV", "DL", "DT", "G", "H1", "H2", "H3", "HEAD", "HEADER", "HTML", "INPUT", "KBD", "LABEL",
        "LI", "LINK", "MAIN", "META", "NAV", "NOSCRIPT", "OPTION", "OUTPUT", "P", "PATH", "PRE",
        "RECT", "SCRIPT", "SECTION", "SELECT", "SPAN", "STYLE", "SUMMARY", "SVG", "TABLE", "TBODY",
        "TD", "TEXT", "TH", "THEAD", "TITLE", "TR", "UL",
    }  # fmt: skip
    seen: set[str] = set()
    for key in ("=", "a", "E", "x", "G", "g", *"jjjjjjjj"):
        page.keyboard.press(key)
        used, handlers = page.evaluate(
            """() => {
              const every = [...document.querySelectorAll("*")];
              const named = every.flatMap((one) => [...one.attributes].map(({ name }) => name));
              return [[...new Set(every.map((one) => one.tagName.toUpperCase()))],
                      named.filter((name) => name.startsWith("on"))];
            }"""
        )
        assert set(used) <= tags
        assert handlers == []
        seen.add(title(page))
    page.evaluate(
        "(names) => names.forEach((name) => { location.hash = '#' + encodeURIComponent(name) })",
        [*explored.places][::12],
    )
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    text = page.evaluate("document.body.innerText.replace(/\\s+/g, ' ')")
    assert "<img src=x onerror=alert(1)>" in text
    assert "</script><script>alert(1)</script>" in text
    assert len(HOSTILE) > 65
    assert len(seen) > 8
    assert shown.faults == []
    page.close()


def test_without_a_script_it_says_what_there_is(chromium: Any, folder: Path) -> None:
    """The stages of both networks and what differs, and nothing that does not answer."""
    page = chromium.new_page(java_script_enabled=False)
    page.goto((folder / "both.html").as_uri())
    assert page.is_hidden("#filter")
    assert page.is_hidden("main")
    said = page.inner_text("noscript")
    assert "convolutions 20 against 36" in said
    for name in ("resnet18", "resnet34"):
        for total in ri.load(DATA / f"{name}.json").table("stages").totals:
            assert total.cell.text in said
    page.close()


def test_in_a_frame_it_works_and_leaves_the_page_around_it_alone(
    chromium: Any, folder: Path
) -> None:
    frame = exploration([Explored(survey_of("resnet18"))])._repr_html_()
    notebook = folder / "notebook.html"
    notebook.write_text(f"<!DOCTYPE html><title>n</title><table><tr><td>mine</table>{frame}")
    shown = Watched(chromium)
    shown.page.goto(notebook.as_uri())
    inner = shown.page.frame_locator("iframe")
    inner.locator("#tree li[role=treeitem]").nth(1).click()
    inner.locator("#card h2:text-is('conv1')").wait_for()
    assert shown.page.url.endswith("notebook.html")
    assert shown.faults == []
    shown.page.close()
