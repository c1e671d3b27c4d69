"""Windows that move in steps, against every element counted by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from saved import steady

from resnet_inspect.analysis.geometry.windows import PIXELS, Windows

steps = st.lists(
    st.tuples(st.sampled_from(["conv", "up"]), st.integers(1, 4), st.integers(1, 3)), max_size=5
)


@steady
@given(steps)
def test_each_element_sees_what_counting_gives(chain: list[tuple[str, int, int]]) -> None:
    windows = PIXELS
    seen = {element: (element, element + 1) for element in range(-2000, 2000)}
    for kind, size, stride in chain:
        made: Windows | None
        if kind == "conv":
            made = windows.slid(-1, size, 1, stride)
            taken = {t: range(t * stride - 1, t * stride - 1 + size) for t in range(-20, 20)}
        else:
            made = windows.through(size, 1, lambda _: (0,))
            taken = {t: range(t // size, t // size + 1) for t in range(-20, 20)}
        assert made is not None
        windows = made
        counted = {
            t: (min(seen[e][0] for e in of), max(seen[e][1] for e in of))
            for t, of in taken.items()
            if all(e in seen for e in of)
        }
        assert all(windows.at(t) == window for t, window in counted.items())
        seen = counted
    if seen:
        assert windows.size >= max(end - begin for begin, end in seen.values())


def test_windows_that_do_not_keep_step_have_no_hull() -> None:
    doubled = PIXELS.through(2, 1, lambda _: (0,))
    assert doubled is not None
    assert doubled.hull(PIXELS) is None
    halved = PIXELS.slid(0, 2, 1, 2)
    assert halved is not None
    again = halved.through(2, 1, lambda _: (0,))
    assert again is not None
    hull = again.hull(PIXELS)
    assert hull is not None
    assert (hull.size, hull.jump, hull.start) == (2, 1, 0)
