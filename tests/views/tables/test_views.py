"""Rows that sum, subtotals that hold, levels that nest, and numbers that are written well."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import NAMES, SMALL, ByHand, conv, steady, survey_of, window

from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.errors import BadInput, UnknownName
from resnet_inspect.traces.ops import Activate, Container, Unknown
from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.columns import COLUMNS
from resnet_inspect.views.tables.rows.selection import Selection
from resnet_inspect.views.tables.table import Row, Table
from resnet_inspect.views.words import text
from resnet_inspect.views.words.ops import KINDS

ADDITIVE = (
    "parameters", "trainable", "parameter_bytes", "macs", "flops", "activation_bytes",
    "activation_bytes_distinct",
)  # fmt: skip


def number(table: Table, row: Row, key: str) -> int:
    """The value of a cell; 0 where it is not known."""
    value = table.cell(row, key).value
    assert value is None or type(value) is int
    return value or 0


def times(table: Table, row: Row) -> int:
    return number(table, row, "repeat")


def rows_must_sum(table: Table) -> None:
    totals = {total.key: total.cell.value for total in table.totals}
    for key in ADDITIVE:
        held = sum(
            number(table, row, key) * times(table, row) for row in table.rows if not row.subtotal
        )
        assert held == totals[key], key
    assert all(number(table, row, key) >= 0 for row in table.rows for key in ADDITIVE)


def levels_must_nest(table: Table) -> None:
    before = -1
    for row in table.rows:
        assert 0 <= row.level <= before + 1
        before = row.level


def below(table: Table, index: int) -> list[Row]:
    """The rows that break a row down."""
    found = []
    for row in table.rows[index + 1 :]:
        if row.level <= table.rows[index].level:
            break
        found.append(row)
    return found


def subtotals_must_sum(table: Table) -> None:
    for index, row in enumerate(table.rows):
        if not row.subtotal:
            continue
        parts = [part for part in below(table, index) if not part.subtotal]
        assert parts, table.cell(row, "path").text
        for key in ADDITIVE:
            held = sum(number(table, part, key) * times(table, part) for part in parts)
            assert held == number(table, row, key) * times(table, row), (row.kind, key)


def cells_must_be_written(table: Table) -> None:
    for row in table.rows:
        assert len(row.cells) == len(table.columns)
        for column, cell in zip(table.columns, row.cells, strict=True):
            assert len(cell.text.splitlines()) <= 1
            if cell.value is None:
                assert cell.text in ("", "?"), column.key
            elif cell.value not in ("", ()):
                assert cell.text, column.key
        assert table.cell(row, "path").text
        assert table.cell(row, "kind").value == row.kind
        assert table.cell(row, "level").value == row.level
        assert table.cell(row, "subtotal").value is row.subtotal


def all_must_hold(table: Table) -> None:
    rows_must_sum(table)
    levels_must_nest(table)
    cells_must_be_written(table)


@pytest.mark.parametrize("view", VIEWS)
def test_rows_sum_to_the_totals(survey: Survey, view: str) -> None:
    all_must_hold(VIEWS[view](survey, Selection()))


@pytest.mark.parametrize("fold", [False, True], ids=["unfolded", "folded"])
@pytest.mark.parametrize("view", ["layers", "blocks"])
def test_subtotals_sum_what_is_below_them_when_nothing_is_hidden(
    survey: Survey, view: str, fold: bool
) -> None:
    table = VIEWS[view](survey, Selection(everything=True, fold=fold))
    all_must_hold(table)
    subtotals_must_sum(table)


selections = st.builds(
    Selection,
    everything=st.booleans(),
    only=st.just(()) | st.lists(st.sampled_from(KINDS), max_size=3).map(tuple),
    match=st.none()
    | st.sampled_from(
        ["*", "*conv*", "layer1*", "layer?.0.*", "*:add", "nothing", "", "[a-l]*", "stem", "units*"]
    ),
    stage=st.none() | st.integers(1, 4),
    depth=st.none() | st.integers(0, 5),
    fold=st.booleans(),
    columns=st.just(()) | st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True),
)


@steady
@given(st.sampled_from(SMALL), st.sampled_from(sorted(VIEWS)), selections)
def test_rows_sum_to_the_totals_whatever_is_selected(
    name: str, view: str, selection: Selection
) -> None:
    survey = survey_of(name)
    numbers = [stage.number for stage in survey.anatomy.stages]
    if selection.stage not in numbers:
        selection = replace(selection, stage=None)
    table = VIEWS[view](survey, selection)
    all_must_hold(table)
    assert table.shown == tuple(selection.columns or VIEWS[view].shown)


@pytest.mark.parametrize("depth", range(5))
def test_rows_sum_at_every_depth(survey: Survey, depth: int) -> None:
    for view in ("layers", "modules"):
        all_must_hold(VIEWS[view](survey, Selection(depth=depth, everything=True)))


def rows_of(name: str, view: str = "layers", **selected: object) -> list[dict[str, str]]:
    """The rows as the texts of their shown cells, with path, kind and note."""
    table = VIEWS[view](survey_of(name), Selection(**selected))  # type: ignore[arg-type]
    keys = {"path", "kind", "note", *table.shown}
    return [{key: table.cell(row, key).text for key in keys} for row in table.rows]


def test_nothing_of_the_layers_is_left_out_when_all_is_asked_for() -> None:
    for name in NAMES:
        survey = survey_of(name)
        rows = VIEWS["layers"](survey, Selection(everything=True)).rows
        steps = [row for row in rows if row.kind in {"layer", "function"}]
        assert len(steps) == len(survey.trace.steps)


# The tutorials' walk-throughs --------------------------------------------------------------------


def test_the_first_block_of_resnet34_row_for_row() -> None:
    rows = rows_of("resnet34", everything=True)
    start = next(i for i, row in enumerate(rows) if row["path"] == "layer1.0")
    full = "1×64×56×56"
    walk = [
        ("layer1.0", "basic", "", "", "", full, full),
        ("layer1.0.conv1", "conv", "3×3", "1×1", "1×1", full, full),
        ("layer1.0.bn1", "batch norm", "", "", "", full, full),
        ("layer1.0.relu", "relu", "", "", "", full, full),
        ("layer1.0.conv2", "conv", "3×3", "1×1", "1×1", full, full),
        ("layer1.0.bn2", "batch norm", "", "", "", full, full),
        ("layer1.0:add", "add", "", "", "", full, full),
        ("layer1.0.relu #2", "relu", "", "", "", full, full),
        ("layer1.1", "basic", "", "", "", full, full),
    ]
    keys = ("path", "op", "kernel_size", "stride", "padding", "input_shape", "output_shape")
    found = [tuple(row[key] for key in keys) for row in rows[start : start + len(walk)]]
    assert found == walk
    assert rows[start]["note"] == "identity shortcut"
    assert rows[start + 6]["note"] == "+ identity"


def test_the_stem_of_resnet34_row_for_row() -> None:
    rows = rows_of("resnet34", columns=("path", "kernel_size", "stride", "padding", "output_shape"))
    found = [(r["path"], r["kernel_size"], r["stride"], r["padding"]) for r in rows[1:3]]
    assert found == [("conv1", "7×7", "2×2", "3×3"), ("maxpool", "3×3", "2×2", "1×1")]
    assert [r["output_shape"] for r in rows[1:3]] == ["1×64×112×112", "1×64×56×56"]


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        (
            "resnet34",
            [
                "3 blocks; planes and dimensions unchanged",
                "4 blocks; planes ×2, dimensions ÷2",
                "6 blocks; planes ×2, dimensions ÷2",
                "3 blocks; planes ×2, dimensions ÷2",
            ],
        ),
        (
            "resnet50",
            [
                "3 blocks; planes ×4, dimensions unchanged",
                "4 blocks; planes ×2, dimensions ÷2",
                "6 blocks; planes ×2, dimensions ÷2",
                "3 blocks; planes ×2, dimensions ÷2",
            ],
        ),
    ],
)
def test_stages_say_what_they_do(name: str, notes: list[str]) -> None:
    rows = rows_of(name, "stages")
    assert [row["kind"] for row in rows] == ["stem", *["stage"] * 4, "head"]
    assert [row["note"] for row in rows[1:-1]] == notes


def test_stages_of_resnet50_row_for_row() -> None:
    rows = rows_of("resnet50", "stages")
    found = [
        tuple(row[key] for key in ("path", "output_shape", "jump", "receptive_field"))
        for row in rows
    ]
    assert found == [
        ("stem", "1×64×56×56", "4×4", "11×11"),
        ("layer1", "1×256×56×56", "4×4", "35×35"),
        ("layer2", "1×512×28×28", "8×8", "91×91"),
        ("layer3", "1×1024×14×14", "16×16", "267×267"),
        ("layer4", "1×2048×7×7", "32×32", "427×427"),
        ("head", "1×1000", "", "all"),
    ]
    assert [row["parameters"] for row in rows] == [
        "9,536", "215,808", "1,219,584", "7,098,368", "14,964,736", "2,049,000",
    ]  # fmt: skip


def test_identical_blocks_fold_into_one_row() -> None:
    rows = [row for row in rows_of("resnet50", "blocks", fold=True) if row["kind"] == "block"]
    assert [row["path"] for row in rows] == [
        "layer1.0", "layer1.1 ×2", "layer2.0", "layer2.1 ×3", "layer3.0", "layer3.1 ×5",
        "layer4.0", "layer4.1 ×2",
    ]  # fmt: skip


def test_video_windows_have_three_numbers() -> None:
    first = next(row for row in rows_of("r3d_18") if row["path"] == "stem.0")
    assert (first["kernel_size"], first["stride"], first["padding"]) == ("3×7×7", "1×2×2", "1×3×3")
    assert first["output_shape"] == "1×64×16×56×56"


# Told truly --------------------------------------------------------------------------------------


def test_shared_tied_uncalled_and_unknown_are_told() -> None:
    table = VIEWS["layers"](survey_of("oddities"), Selection())
    by_path = {table.cell(row, "path").text: row for row in table.rows}
    assert table.cell(by_path["shared"], "parameters").value == 144
    assert table.cell(by_path["shared #2"], "parameters").value == 0
    assert table.cell(by_path["decoder"], "parameters").value == 0
    lstm = by_path["lstm"]
    assert (table.cell(lstm, "op").text, table.cell(lstm, "macs").text) == ("LSTM", "?")
    assert table.cell(lstm, "macs").value is None
    hidden = by_path["not shown"]
    assert table.cell(hidden, "parameters").value == 28
    assert "28 parameters that no step uses" in table.cell(hidden, "note").text
    assert "never called: uncalled (28 parameters)" in table.remarks
    assert "MACs are partial: no rule for LSTM (1 call)" in table.remarks
    macs = next(total for total in table.totals if total.key == "macs")
    assert macs.cell.text == "10,656 (partial)"


def test_modules_tell_what_is_shared_tied_and_uncalled() -> None:
    table = VIEWS["modules"](survey_of("oddities"), Selection())
    notes = {table.cell(row, "path").text: table.cell(row, "note").text for row in table.rows}
    calls = {table.cell(row, "path").text: table.cell(row, "calls").value for row in table.rows}
    assert notes["shared"] == "also again"
    assert notes["decoder"] == "weight is encoder.weight"
    assert notes["uncalled"] == "never called"
    assert (calls["shared"], calls["uncalled"], calls["lstm"]) == (2, 0, 1)


def test_modules_cost_what_their_own_calls_do() -> None:
    table = VIEWS["modules"](survey_of("oddities"), Selection())
    costs = {table.cell(row, "path").text: table.cell(row, "macs") for row in table.rows}
    assert costs["shared"].value == 2 * (2 * 16 * 4 * 4 * 9)
    assert costs["uncalled"].value == 0
    assert costs["lstm"].text == "?"


def test_a_module_that_two_others_hold_counts_once_at_every_depth() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 2, 4, 4)
    by_hand.step("a.x", conv(2, 2, window(1)), x, weights={"weight": (2, 2, 1, 1)})
    trace = by_hand.trace()
    root, shared = trace.modules
    a = replace(root, path="a", children=("a.x",))
    shared = replace(shared, aliases=("b.x",))
    root = replace(root, children=("a", "b"))
    modules = (root, a, shared, replace(a, path="b"))
    survey = Survey(replace(trace, modules=modules))
    for depth in (None, 0, 1, 2):
        all_must_hold(VIEWS["modules"](survey, Selection(depth=depth)))


def test_a_failure_is_the_first_remark() -> None:
    table = VIEWS["layers"](survey_of("broken"), Selection())
    assert "raised" in table.remarks[0]
    assert "conv2" in table.remarks[0]
    assert table.cell(table.rows[1], "output_shape").value is None


def test_names_cannot_move_the_cursor() -> None:
    by_hand = ByHand()
    x = by_hand.input(1, 2)
    by_hand.step("a\nb\x1b[31m\r\u2028c", Activate("re\tlu"), x)
    by_hand.step("d", Unknown("\x07", "\x00"), x)
    trace = replace(by_hand.trace(), model_name="new\nline")
    for view in VIEWS:
        table = VIEWS[view](Survey(trace), Selection(everything=True))
        written = [table.title, *table.remarks]
        written += [cell.text for row in table.rows for cell in row.cells]
        assert all(len(line.splitlines()) <= 1 for line in written)
        assert not any(re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line) for line in written)
    table = VIEWS["layers"](Survey(trace), Selection(everything=True))
    path = table.cell(table.rows[0], "path")
    assert path.value == "a\nb\x1b[31m\r\u2028c"
    assert path.text == "a␊b␛[31m␍\ufffdc"


# Asked for what is not there ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "selection", "error", "words"),
    [
        ("resnet50", Selection(stage=5), BadInput, "stage 5"),
        ("plain", Selection(stage=1), BadInput, "stage 1"),
        ("resnet50", Selection(only=("convolution",)), UnknownName, "convolution"),
        ("resnet50", Selection(depth=-1), BadInput, "depth"),
        ("resnet50", Selection(columns=("strides",)), UnknownName, "strides"),
    ],
)
@pytest.mark.parametrize("view", VIEWS)
def test_what_is_not_there_is_refused(
    view: str, name: str, selection: Selection, error: type[Exception], words: str
) -> None:
    if view == "totals" and not selection.columns:
        return
    with pytest.raises(error, match=words):
        VIEWS[view](survey_of(name), selection)


def test_every_view_shows_columns_that_are_there() -> None:
    for keys in (view.shown for view in VIEWS.values()):
        assert set(keys) <= set(COLUMNS)
        assert len(set(keys)) == len(keys)


def test_every_column_has_a_meaning_and_a_title_of_its_own() -> None:
    titles = [column.title for column in COLUMNS.values()]
    assert len(set(titles)) == len(titles)
    for key, column in COLUMNS.items():
        assert column.key == key
        assert column.meaning
        assert "\n" not in column.meaning


def test_every_column_has_a_value_somewhere() -> None:
    seen = set()
    for name in SMALL:
        for view in ("layers", "modules"):
            table = VIEWS[view](survey_of(name), Selection(everything=True))
            for row in table.rows:
                values = zip(table.columns, row.cells, strict=True)
                seen.update(column.key for column, cell in values if cell.value not in (None, ()))
    assert seen == set(COLUMNS)


# Numbers as text ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"), (7, "7"), (999, "999"), (1000, "1.000 k"), (4608, "4.608 k"),
        (118_013_952, "118.0 M"), (4_089_184_256, "4.089 G"), (999_949, "999.9 k"),
        (999_950, "1.000 M"), (999_999, "1.000 M"), (9_999_499, "9.999 M"), (9_999_500, "10.00 M"),
        (99_994_999, "99.99 M"), (99_995_000, "100.0 M"), (1_500 * 10**18, "1500 E"),
    ],
)  # fmt: skip
def test_quantity(value: int, written: str) -> None:
    assert text.quantity(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0 B"), (1023, "1,023 B"), (1024, "1.000 KiB"), (102_228_128, "97.49 MiB"),
        (1024**2 - 1, "1.000 MiB"), (1000 * 1024, "1000 KiB"), (2**40, "1.000 TiB"),
    ],
)  # fmt: skip
def test_nbytes(value: int, written: str) -> None:
    assert text.nbytes(value) == written


POWERS = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50, "EiB": 2**60,
}  # fmt: skip
amounts = st.integers(0, 999 * 10**18) | st.builds(
    lambda power, off: max(0, 10**power + off), st.integers(1, 18), st.integers(-600, 600)
)


@steady
@given(amounts)
def test_a_quantity_has_four_digits_and_is_right(value: int) -> None:
    written, _, prefix = text.quantity(value).partition(" ")
    shown = float(written)
    if not prefix:
        assert shown == value < 1000
        return
    assert len(written.replace(".", "")) == 4
    assert 1 <= shown < 1000
    assert abs(shown * POWERS[prefix] - value) <= 0.00051 * value


@steady
@given(amounts)
def test_bytes_have_four_digits_and_are_right(value: int) -> None:
    written, _, unit = text.nbytes(value).partition(" ")
    shown = float(written.replace(",", ""))
    if unit == "B":
        assert shown == value < 1024
        return
    assert len(written.replace(".", "")) == 4
    assert 1 <= shown < 1024
    assert abs(shown * POWERS[unit] - value) <= 0.00051 * value


@steady
@given(st.lists(amounts, min_size=2, max_size=2))
def test_a_larger_amount_is_never_written_as_a_smaller_one(pair: list[int]) -> None:
    for write in (text.quantity, text.nbytes):
        low, high = (write(value).partition(" ") for value in sorted(pair))

        def size(parts: tuple[str, str, str]) -> float:
            return float(parts[0].replace(",", "")) * POWERS[parts[2]]

        assert size(low) <= size(high) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("part", "written"),
    [
        (0.0, "0%"), (1e-9, "<0.1%"), (0.000499, "<0.1%"), (0.0005, "0.1%"), (0.026, "2.6%"),
        (0.5, "50.0%"), (0.9994, "99.9%"), (1.0, "100.0%"),
    ],
)  # fmt: skip
def test_share(part: float, written: str) -> None:
    assert text.share(part) == written


@steady
@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_part_is_never_written_as_nothing_or_all(part: float) -> None:
    assert text.share(part) not in {"0%", "0.0%", "100.0%"}


@pytest.mark.parametrize(
    ("number_", "noun", "written"),
    [
        (0, "block", "0 blocks"), (1, "block", "1 block"), (2, "block", "2 blocks"),
        (1234, "parameter", "1,234 parameters"), (2, "entry", "2 entries"), (1, "entry", "1 entry"),
    ],
)  # fmt: skip
def test_count(number_: int, noun: str, written: str) -> None:
    assert text.count(number_, noun) == written


def test_ordinal() -> None:
    numbers = (1, 2, 3, 4, 10, 11, 12, 13, 21, 22, 23, 101, 111, 112)
    assert [text.ordinal(n) for n in numbers] == [
        "1st", "2nd", "3rd", "4th", "10th", "11th", "12th", "13th", "21st", "22nd", "23rd",
        "101st", "111th", "112th",
    ]  # fmt: skip


def test_shapes_sizes_and_paddings() -> None:
    from fractions import Fraction

    assert text.shape((1, 64, 56, 56)) == "1×64×56×56"
    assert text.shape(()) == "scalar"
    assert text.sizes((3, Fraction(1, 2), Fraction(1, 3))) == "3×0.5×0.333"
    assert text.padding((3, 3), None) == "3×3"
    assert text.padding((0, 1), (1, 2)) == "0+1×1+2"
    assert text.integer(25_557_032) == "25,557,032"


@steady
@given(st.text())
def test_visible_text_is_one_line_of_the_same_length(written: str) -> None:
    shown = text.visible(written)
    assert len(shown) == len(written)
    assert len(shown.splitlines()) <= 1
    assert all(a == b for a, b in zip(written, shown, strict=True) if a.isprintable())


def test_kinds_cover_every_op() -> None:
    found = {
        row.op
        for name in SMALL
        for row in VIEWS["layers"](survey_of(name), Selection(everything=True)).rows
    }
    assert found <= {"", *KINDS}
    assert {"conv", "norm", "add", "linear", "unknown", "attention", "join"} <= found
    assert isinstance(survey_of("plain").trace.calls[0].op, Container)
