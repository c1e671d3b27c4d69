"""The report of a run: what its sections say, and their pictures."""

from __future__ import annotations

from dataclasses import replace

import runs

from resnet_inspect.views.report import Report, Section, report


def section(found: Report, key: str) -> Section:
    return next(one for one in found.sections if one.key == key)


def test_it_says_what_the_run_came_to() -> None:
    found = report(runs.made())
    said = " ".join(section(found, "result").sentences)
    assert "2 of 3 epochs; it is running, or was killed" in said
    assert "best: 80.0% of what is held out, after epoch 2" in said
    assert "last: 90.0% in training, 80.0% of what is held out, 10.0 points less" in said
    assert section(found, "confusion").sentences == (
        "dog <b> was taken for cat, 1 of 3 times",
        "fox|hen was taken for dog <b>, 1 of 3 times",
    )
    frozen = section(found, "frozen")
    assert frozen.sentences == (
        "frozen: stem, 9,536 of 11,689,512 parameters",
        "1 norm in it keeps its statistics (eval mode)",
        "trained from epoch 3 on: stem",
    )
    assert frozen.table is not None
    shares = {row.cells[0].value: row.cells[2].value for row in frozen.table.rows}
    assert shares == {"stem": 9536, "layer1": 0, "layer2": 0, "layer3": 0, "layer4": 0, "head": 0}


def test_gradients_are_as_hot_as_they_are_large() -> None:
    run = runs.made()
    picture = section(report(run), "gradients").picture
    assert picture is not None
    degrees = {}
    for shape in picture.shapes:
        tip = getattr(shape, "tip", "")
        if tip and "step 20" in tip:
            degrees[tip.split(",")[0]] = int(shape.role.removeprefix("heat "))  # type: ignore[union-attr]
    largest = max(degrees, key=lambda path: degrees[path])
    # By hand the norm of a gradient is half the root of the number of its elements.
    norms = {w.path.removesuffix(".weight"): w.gradient_norm or 0 for w in run.signals[0].weights}
    assert norms[largest] == max(norms[path] for path in degrees)
    ordered = sorted(degrees, key=lambda path: norms[path])
    assert [degrees[path] for path in ordered] == sorted(degrees.values())
    assert (min(degrees.values()), max(degrees.values())) == (0, 15)


def test_what_is_not_there_is_said() -> None:
    begun = replace(runs.made(), epochs=(), signals=(), watched=None, confusion=None)
    found = report(begun)
    assert "no epoch has come to its end: there is no curve" in section(found, "curves").sentences
    assert {one.key for one in found.sections}.isdisjoint({"confusion", "gradients"})
    failed = replace(begun, record=replace(begun.record, state="failed", why="disk\x1b full"))
    assert "it failed: disk␛ full" in section(report(failed), "result").sentences[0]
    many = tuple(map(str, range(50)))
    counts = tuple(tuple(int(i == j) for j in range(50)) for i in range(50))
    run = runs.made()
    images = replace(run.record.images, classes=many)
    large = replace(
        run,
        record=replace(run.record, images=images),
        confusion=replace(runs.CONFUSION, counts=counts),
    )
    assert section(report(large), "confusion").picture is None
    assert "50 classes cannot be read" in section(report(large), "confusion").sentences[-1]
