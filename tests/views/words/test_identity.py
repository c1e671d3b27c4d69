"""Which network a file of weights is of, in sentences."""

from __future__ import annotations

from weights_by_name import NETWORK, changed, identity, specs

from resnet_inspect.views.words.identity import said


def test_the_sentence_says_what_fits_and_what_does_not() -> None:
    assert said(identity(specs(NETWORK), "net")) == "net.pth is net: all 8 tensors match"
    assert said(identity(changed(fc__weight=(10, 8), fc__bias=None), "net")) == (
        "net.pth is nearest to net: 6 of 8 tensors match; "
        "1 differs: fc.weight is 10×8, not 1000×8; 1 is missing: fc.bias"
    )
    assert said(identity(specs(NETWORK))).startswith("net.pth is of no network that is known")
