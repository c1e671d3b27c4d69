"""Images in folders: what is trained on, and what is held out."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from resnet_inspect.errors import BadInput
from resnet_inspect.lab.data_sets import load
from resnet_inspect.lab.data_sets.split import InFiles

pytest.importorskip("lightning")
pytest.importorskip("sklearn")


def test_a_folder_may_say_itself_what_is_held_out(tmp_path: Path) -> None:
    for part, label, grey in (("train", "a", 10), ("train", "b", 20), ("val", "b", 30)):
        (tmp_path / part / label).mkdir(parents=True)
        Image.new("L", (9, 6), grey).save(tmp_path / part / label / "x.PNG")
    split = load(f"folder:{tmp_path}", (4, 4), 3, 0, False)
    assert split.classes == ("a", "b")
    assert isinstance(split.held_out, InFiles)
    images, classes = split.held_out.__getitems__([0])
    assert images.shape == (1, 3, 4, 4)
    assert images.unique().tolist() == [30]
    assert classes.tolist() == [1]
    (tmp_path / "val" / "c").mkdir()
    Image.new("L", (9, 6)).save(tmp_path / "val" / "c" / "x.png")
    with pytest.raises(BadInput, match="has not: c"):
        load(f"folder:{tmp_path}", (4, 4), 3, 0, False)
