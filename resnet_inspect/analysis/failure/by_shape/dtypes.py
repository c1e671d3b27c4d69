"""Element types."""

from __future__ import annotations

import re

from resnet_inspect.analysis.failure.facts import Diagnosis, Facts

_ABOUT_DTYPES = re.compile(r"dtype|type \(|scalar type|datatype|not implemented for '", re.I)


def dtype(facts: Facts) -> Diagnosis | None:
    """An element type other than that of the layer's weights."""
    if not facts.weights or not _ABOUT_DTYPES.search(facts.message):
        return None
    given, wanted = facts.given[0].spec.dtype, facts.weights[0].dtype
    if given == wanted:
        return None
    finding = f"its weights are {wanted}, not {given}"
    if given == "uint8" and facts.from_input:
        return Diagnosis(finding, "make floats of the image's bytes: x.float() / 255")
    if facts.from_input:
        return Diagnosis(finding, f"x.to(torch.{wanted}), or convert the model: model.to(x.dtype)")
    converting = next(
        (
            call
            for call in facts.chain(facts.given[0].activation)
            if call.inputs
            and call.outputs
            and facts.trace.spec(call.outputs[0]).dtype == given
            and facts.trace.spec(call.inputs[0]).dtype != given
        ),
        None,
    )
    who = "" if converting is None else f": {facts.named(converting)} makes it so"
    return Diagnosis(finding + who, f"x.to(torch.{wanted}) before it")
