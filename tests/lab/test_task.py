"""How images are changed on their way into a step."""

from __future__ import annotations

import pytest
import torch

pytest.importorskip("lightning")
pytest.importorskip("sklearn")


@pytest.mark.parametrize("flips", [False, True])
def test_augmented_images_are_moved_and_mirrored(flips: bool) -> None:
    from resnet_inspect.lab.task import augmented

    torch.manual_seed(0)
    one = torch.arange(1.0, 65).view(1, 1, 8, 8)
    made = augmented(one.expand(200, 2, 8, 8), flips)
    assert made.shape == (200, 2, 8, 8)
    padded = torch.nn.functional.pad(one, (1, 1, 1, 1))[0, 0]
    windows = [padded[y : y + 8, x : x + 8] for y in range(3) for x in range(3)]
    windows += [window.flip(1) for window in windows] if flips else []
    seen = [next(i for i, w in enumerate(windows) if torch.equal(w, image[1])) for image in made]
    assert set(seen) == set(range(len(windows))), "every way comes up"
