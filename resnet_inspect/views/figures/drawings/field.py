"""What one element sees of the input."""

from __future__ import annotations

from resnet_inspect.analysis.geometry.receptive_field import ReceptiveField
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.tensors import Shape
from resnet_inspect.views.figures.drawings.pen import finished
from resnet_inspect.views.words import text


def field(survey: Survey, index: int, width: int, ascii: bool = False) -> list[str]:
    """How much of the input one element of a call's output sees, to scale, and in numbers.

    The dots are the width of the input, the bracket the field, in its middle; arrows stand for
    what reaches over the border. [] where the field is not known.
    """
    trace = survey.trace
    call = trace.calls[index]
    seen = None if not call.outputs else survey.receptive_fields.get(call.outputs[0].activation)
    if seen is None or width < 1:
        return []
    given = trace.spec(trace.inputs[0]).shape if trace.inputs else ()
    dimensions = len(seen.size or seen.jump)
    of = given[-dimensions:] if 0 < dimensions <= len(given) - 1 else ()
    drawn = _bracket(seen, of, width)
    numbers = _in_pixels(seen, of)
    inside = f" {numbers[1]} "
    if len(inside) + 4 <= drawn.count("─"):
        start = drawn.index("─") + (drawn.count("─") - len(inside)) // 2
        drawn = drawn[:start] + inside + drawn[start + len(inside) :]
        numbers = [f"steps {text.alike(seen.jump)} px"] if seen.jump else []
    fitting = [line for line in numbers if len(line) <= width]
    return finished([drawn, *(fitting or numbers[-1:])[:1]], width, ascii)


def _bracket(seen: ReceptiveField, of: Shape, width: int) -> str:
    part = 1.0 if seen.whole or not of or not of[-1] else float(seen.size[-1]) / of[-1]
    over = part > 1
    room = width - 2 * over
    span = max(1, min(room, round(part * room)))
    bracket = "├" + "─" * (span - 2) + "┤" if span > 1 else "│"
    before = (room - span) // 2
    dots = "·" * before + bracket + "·" * (room - span - before)
    return f"◂{dots}▸" if over else dots


def _in_pixels(seen: ReceptiveField, of: Shape) -> list[str]:
    """The field in words, from the longest way to say it to the shortest."""
    if seen.whole:
        return ["sees the whole input", "the whole input", "all"]
    size, whole = text.alike(seen.size), text.alike(of)
    if of and ("×" in size) != ("×" in whole):
        size, whole = text.sizes(seen.size), text.sizes(of)
    share = f"{size} of {whole} px" if of else f"{size} px"
    step = f", steps {text.alike(seen.jump)} px" if seen.jump else ""
    return [f"sees {share}{step}", share, f"{size} px", size]
