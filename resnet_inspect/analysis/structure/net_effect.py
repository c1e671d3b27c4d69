"""What a stage did to its feature map: by which factors its planes and dimensions changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from resnet_inspect.analysis.geometry.receptive_field import Number
from resnet_inspect.analysis.structure.anatomy import Stage
from resnet_inspect.analysis.structure.survey import Survey
from resnet_inspect.traces.tensors import Shape


@dataclass(frozen=True, slots=True)
class Factor:
    """How a number changed, so that equal changes are equal: 64 to 256 and 1 to 4 are (1, 4).

    Only where neither number divides the other are they kept as they are: (64, 96).
    """

    before: Number
    after: Number

    @classmethod
    def of(cls, before: Number, after: Number) -> Factor:
        """The factor between two numbers."""
        if before == after:
            return cls(1, 1)
        if before and after % before == 0:
            return cls(1, after // before)
        if after and before % after == 0:
            return cls(before // after, 1)
        return cls(before, after)


UNCHANGED = Factor(1, 1)


@dataclass(frozen=True, slots=True)
class NetEffect:
    """What happened to a feature map on its way through a part of the network."""

    planes: Factor
    """Of its channels."""
    dimensions: tuple[Factor, ...]
    """Of its height, width, ...; one for all where they are equal."""


def net_effect(
    before: Shape, after: Shape, jump: Sequence[Number] = (), jump_before: Sequence[Number] = ()
) -> NetEffect | None:
    """The net effect from one shape to another; None where either is no feature map.

    The change of the dimensions is that of the strides where these are known and explain the
    sizes, since an odd size does not divide.
    """
    if len(before) < 3 or len(before) != len(after):
        return None
    factors = [Factor.of(i, o) for i, o in zip(before[2:], after[2:], strict=True)]
    if len(jump) == len(jump_before) == len(factors):
        strides = [
            Fraction(new) / Fraction(old) for old, new in zip(jump_before, jump, strict=True)
        ]
        sizes = zip(before[2:], strides, after[2:], strict=True)
        if all(abs(size / stride - made) < 1 for size, stride, made in sizes):
            factors = [Factor.of(i, o) for i, o in zip(jump, jump_before, strict=True)]
    if len(set(factors)) == 1:
        factors = factors[:1]
    return NetEffect(Factor.of(before[1], after[1]), tuple(factors))


def of_stage(survey: Survey, stage: Stage) -> NetEffect | None:
    """The net effect of a stage, from its input to its output."""
    tensors, fields = survey.trace.activations, survey.receptive_fields
    before, after = fields.get(stage.input), fields.get(stage.output)
    return net_effect(
        tensors[stage.input].tensor.shape,
        tensors[stage.output].tensor.shape,
        after.jump if after else (),
        before.jump if before else (),
    )
