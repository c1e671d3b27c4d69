"""An inspection is its trace, and says of it what the views, formats and analyses say."""

from __future__ import annotations

import inspect
import json
import pickle
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import FunctionType

import pytest
from saved import DATA, survey_of, trace_of

import resnet_inspect as ri
from resnet_inspect.errors import OutputError, UnknownName
from resnet_inspect.formats import FORMATS
from resnet_inspect.formats.document import asset
from resnet_inspect.traces.json import codec
from resnet_inspect.views.tables import VIEWS

PAGE = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")


def bare(name: str) -> ri.Trace:
    """A saved trace as the ground floor knows it."""
    return codec.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def t() -> ri.Inspection:
    return ri.load(DATA / "resnet18.json")


def test_it_equals_the_trace_it_was_made_from(trace: ri.Trace) -> None:
    plain = codec.loads(codec.dumps(trace))
    assert type(plain) is ri.Trace
    mine = ri.Inspection.of(plain)
    assert mine == plain
    assert plain == mine
    assert hash(mine) == hash(plain)
    assert ri.Inspection.of(mine) is mine
    other = ri.Inspection.of(bare("oddities"))
    assert (mine == other) is (plain == other) is (other == plain)


def test_another_trace_is_another() -> None:
    mine = ri.Inspection.of(bare("plain"))
    assert mine != bare("dense")
    assert bare("dense") != mine
    assert mine != "plain"


def test_what_load_gives_is_one(tmp_path: Path) -> None:
    t = ri.load(DATA / "resnet18.json")
    assert type(t) is ri.Inspection
    t.save(tmp_path / "t.json")
    assert (tmp_path / "t.json").read_text(encoding="utf-8") == codec.dumps(bare("resnet18"))
    with pytest.raises(OutputError, match="exists already"):
        t.save(tmp_path / "t.json")
    t.save(tmp_path / "t.json", overwrite=True)
    assert ri.load(tmp_path / "t.json") == t == pickle.loads(pickle.dumps(t))


def test_the_layers_are_the_steps_and_add_up_to_the_totals(trace: ri.Trace) -> None:
    t = ri.Inspection.of(trace)
    named = [row for row in t.layers if row["kind"] in {"layer", "function"}]
    steps = [trace.calls[index].path for index in trace.steps]
    assert sorted(str(row["path"]) for row in named) == sorted(steps)

    def total(key: str) -> int:
        return sum(row[key] or 0 for row in t.layers)  # type: ignore[misc]

    assert total("parameters") == t.totals.parameters.total
    assert total("macs") == t.totals.macs
    assert total("activation_bytes") == t.totals.activation_bytes


@pytest.mark.parametrize(
    ("name", "blocks", "stages"),
    [("resnet18", 8, 4), ("resnet50", 16, 4), ("plain", 0, 0), ("dense", 0, 0)],
)
def test_the_blocks_and_stages_are_those_of_the_paper(name: str, blocks: int, stages: int) -> None:
    t = ri.Inspection.of(trace_of(name))
    assert (len(t.blocks), len(t.stages)) == (blocks, stages)


def test_a_row_has_plain_values() -> None:
    t = ri.Inspection.of(trace_of("resnet50"))
    first = t.layers[0]
    assert (first["path"], first["kernel_size"], first["stride"]) == ("conv1", (7, 7), (2, 2))
    assert (first["output_shape"], first["parameters"]) == ((1, 64, 112, 112), 7 * 7 * 3 * 64)
    assert t.stages[1]["output_shape"] == (1, 512, 28, 28)
    assert t.totals.macs == 4_089_184_256


WAYS: dict[str, Callable[..., str]] = {  # others have `render` alone
    "text": ri.Inspection.to_text,
    "md": ri.Inspection.to_markdown,
    "csv": ri.Inspection.to_csv,
    "json": ri.Inspection.to_json,
    "html": ri.Inspection.to_html,
    "latex": ri.Inspection.to_latex,
}


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "table"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_format_has_its_way(format: str, view: str) -> None:
    trace = bare("broken")
    inspection = ri.Inspection.of(trace)
    written = inspection.render(view, format)
    assert written == ri.render(trace, view, format)
    if format in WAYS:
        assert written == WAYS[format](inspection, view)
    assert "conv2" in written or view in {"stages", "totals", "blocks"}


def test_the_rows_are_those_of_json() -> None:
    t = ri.Inspection.of(trace_of("resnet18"))
    rows = json.loads(t.to_json("layers", ri.Selection(everything=True)))["rows"]
    assert json.loads(json.dumps(t.layers)) == [row for row in rows if not row["subtotal"]]


def test_a_path_gives_the_row_of_its_layer(t: ri.Inspection) -> None:
    assert t["layer1.0.conv1"] == next(r for r in t.layers if r["path"] == "layer1.0.conv1")
    first, second = (r for r in t.layers if r["path"] == "layer1.0.relu")
    assert t["layer1.0.relu"] == first
    assert t["layer1.0.relu", 2] == second
    assert first != second


def test_a_part_gives_what_its_layers_sum_to(t: ri.Inspection) -> None:
    for name, prefix in (("layer2.0", "layer2.0."), ("stage 2", "layer2."), ("head", "fc")):
        inside = [r for r in t.layers if str(r["path"]).startswith(prefix)]
        for key in ("parameters", "macs"):
            assert t[name][key] == sum(r[key] for r in inside), (name, key)
    assert t["block 3"] == t["layer2.0"]
    assert t["network"]["parameters"] == 11_689_512


def test_a_module_without_a_step_of_its_own_has_its_row_too(t: ri.Inspection) -> None:
    assert t["layer2.0.downsample"]["path"] == "layer2.0.downsample"


def test_what_is_not_there_has_its_nearest_names(t: ri.Inspection) -> None:
    with pytest.raises(UnknownName, match="layer9") as error:
        t["layer9"]
    assert "layer4" in error.value.hint
    with pytest.raises(ri.InspectError, match="no call 3"):
        t["layer1.0.relu", 3]


def test_a_module_that_is_no_block_has_all_that_is_in_it() -> None:
    t = ri.Inspection.of(trace_of("fcn_resnet50"))
    row = t["classifier"]
    inside = [r for r in t.layers if str(r["path"]).startswith("classifier")]
    assert (row["path"], row["kind"]) == ("classifier", "module")
    assert row["input_shape"] == inside[0]["input_shape"]
    assert row["output_shape"] == inside[-1]["output_shape"]
    for key in ("parameters", "macs"):
        assert row[key] == sum(r[key] for r in inside) > 0  # type: ignore[misc]


def test_names_that_are_not_there() -> None:
    t = ri.Inspection.of(trace_of("plain"))
    with pytest.raises(UnknownName, match="'lairs'"):
        t.to_markdown("lairs")
    with pytest.raises(UnknownName, match="'xls'"):
        t.render(format="xls")
    with pytest.raises(UnknownName, match="'widths'"):
        t.to_csv("layers", ri.Selection(columns=("widths",)))


def test_it_prints_as_its_layers_and_shows_itself_in_a_line() -> None:
    t = ri.Inspection.of(trace_of("resnet50"))
    assert str(t) == t.to_text()
    assert repr(t).startswith("<Inspection: resnet50 · 1×3×224×224 · meta · eval")
    assert "\n" not in repr(t)


class Cells(HTMLParser):
    """The texts of a table's cells, and the names of all tags."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attributes: object) -> None:
        self.tags.append(tag)
        if tag in {"th", "td"}:
            self.cells.append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"th", "td"}:
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data


@pytest.mark.parametrize("name", ["resnet18", "broken", "names"])
def test_a_notebook_shows_the_same_cells_and_runs_nothing(name: str) -> None:
    t = ri.Inspection.of(trace_of(name))
    seen = Cells()
    seen.feed(t._repr_html_())
    table = t.table()
    cells = [column.title for column in table.shown_columns]
    cells += [table.cell(row, key).text for row in table.rows for key in table.shown]
    assert seen.cells == cells
    assert not {"script", "html", "body", "link", "iframe"} & set(seen.tags)
    rules = asset("fragment.css").strip().splitlines()
    assert all(rule.startswith(".resnet-inspect.resnet-inspect ") for rule in rules), (
        "no rule leaves the table"
    )


def test_its_survey_is_made_once() -> None:
    t = ri.Inspection.of(bare("resnet18"))
    assert t.survey is t.survey
    assert t.totals == survey_of("resnet18").totals


# -- the public surface --------------------------------------------------------------------------


def documented(heading: str) -> list[str]:
    """The names in the first column of the table under a heading of docs/python.md."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)[^`]*` \|", part, re.MULTILINE)


def public(kind: type) -> list[str]:
    """What a class defines and does not hide."""
    return sorted(name for name in vars(kind) if not name.startswith("_"))


def test_the_page_lists_exactly_the_public_names() -> None:
    assert sorted(documented("Every name")) == sorted(ri.__all__)
    assert sorted(documented("Inspection")) == public(ri.Inspection)
    for kind in (ri.Answer, ri.Explanation, ri.Drawing):
        names = {*public(kind), *kind.__dataclass_fields__}
        assert sorted(documented(kind.__name__)) == sorted(names)
    assert sorted(documented("Watch")) == sorted(
        set(public(ri.Watch)) - {"take", "expect", "settle"}
    )


def test_every_public_name_says_what_it_is() -> None:
    for name in ri.__all__:
        found = getattr(ri, name)
        if callable(found):
            own = found.__doc__ or ""
            assert own.strip(), name
            assert not own.startswith(f"{name}("), f"{name} has only what dataclass wrote"
    for kind in (ri.Inspection, ri.Watch, ri.Answer, ri.Explanation, ri.Drawing):
        for name in public(kind):
            if name not in getattr(kind, "__dataclass_fields__", ()):
                assert inspect.getdoc(getattr(kind, name)), name


def test_every_public_function_is_typed() -> None:
    functions = [getattr(ri, name) for name in ri.__all__]
    for kind in (ri.Inspection, ri.Watch, ri.Answer, ri.Explanation, ri.Drawing):
        functions += [getattr(kind, name) for name in public(kind)]
    for function in functions:
        if isinstance(function, FunctionType):
            signature = inspect.signature(function)
            assert signature.return_annotation is not signature.empty, function
            untyped = [
                p.name
                for p in signature.parameters.values()
                if p.annotation is p.empty and p.name != "self"
            ]
            assert not untyped, function
    assert (Path(ri.__file__).parent / "py.typed").is_file()


def test_a_notebook_shows_the_trace_and_the_sentence_in_place_of_frames(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    trace = ri.Inspection.of(trace_of("broken"))
    shell.user_ns["error"] = ri.ForwardError("conv2 takes 8 channels", trace=trace)
    shell.run_cell("raise error")
    shown = capsys.readouterr().out.strip("\n").splitlines()
    assert shown == [*str(trace).splitlines(), "", "ForwardError: conv2 takes 8 channels"]
