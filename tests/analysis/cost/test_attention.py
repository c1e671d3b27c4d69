"""What multi-head attention holds within itself, in numbers of elements written out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from saved import ByHand

from resnet_inspect.analysis.cost import attention
from resnet_inspect.traces.model import Call, Trace
from resnet_inspect.traces.ops import Attention
from resnet_inspect.traces.tensors import Port, Shape

FLOAT = 4
BATCH, QUERIES, KEYS, WIDTH, HEADS = 3, 5, 7, 8, 2


def of(
    query: Shape, key: Shape, *, gives_scores: bool = False, **more: object
) -> tuple[Trace, Call, Attention]:
    op = Attention(WIDTH, WIDTH, WIDTH, HEADS, **more)  # type: ignore[arg-type]
    net = ByHand()
    taken = net.input(*query), net.input(*key), net.input(*key)
    net.step("attend", op, taken, query)
    scores = net.tensor(1)
    trace = net.trace()
    call = trace.calls[1]
    if gives_scores:
        call = replace(call, outputs=(*call.outputs, Port("1", scores)))
    return replace(trace, calls=(trace.calls[0], call)), call, op


BATCHED = (BATCH, QUERIES, WIDTH), (BATCH, KEYS, WIDTH)
PROJECTED = BATCH * (QUERIES + 2 * KEYS) * WIDTH * FLOAT
"""Queries, keys and values after their projections."""
RESULT = BATCH * QUERIES * WIDTH * FLOAT
SCORES = BATCH * HEADS * QUERIES * KEYS * FLOAT


def test_scores_are_of_each_head_and_sample() -> None:
    taken = of(*BATCHED, gives_scores=True, batch_first=True)
    assert attention.scores(*taken) == SCORES
    assert attention.scores(*of(*BATCHED, batch_first=True)) == 0


def test_with_its_scores_it_keeps_scaled_queries_and_the_softmax_too() -> None:
    taken = of(*BATCHED, gives_scores=True, batch_first=True)
    assert attention.kept(*taken) == PROJECTED + 2 * RESULT + SCORES
    assert attention.backward(*taken) == max(PROJECTED + RESULT, 2 * SCORES)
    many = of((1, 99, WIDTH), (1, 99, WIDTH), gives_scores=True, batch_first=True)
    assert attention.backward(*many) == 2 * HEADS * 99 * 99 * FLOAT


def test_without_them_it_keeps_a_number_for_each_query_and_head() -> None:
    taken = of(*BATCHED, batch_first=True)
    logarithms = BATCH * HEADS * QUERIES * FLOAT
    assert attention.kept(*taken) == PROJECTED + RESULT + logarithms
    assert attention.backward(*taken) == PROJECTED + RESULT
    # At its fullest it has the projections and copies of them, before its result is made.
    assert attention.at_work(*taken) == 2 * PROJECTED - RESULT


@pytest.mark.parametrize("gives_scores", [True, False])
def test_the_order_of_dimensions_does_not_matter(gives_scores: bool) -> None:
    turned = (QUERIES, BATCH, WIDTH), (KEYS, BATCH, WIDTH)
    for measure in (attention.kept, attention.at_work, attention.backward, attention.scores):
        assert measure(*of(*turned, gives_scores=gives_scores)) == measure(
            *of(*BATCHED, gives_scores=gives_scores, batch_first=True)
        )


def test_a_single_sample_needs_no_dimension_for_the_batch() -> None:
    one = of((QUERIES, WIDTH), (KEYS, WIDTH), gives_scores=True)
    assert attention.scores(*one) == HEADS * QUERIES * KEYS * FLOAT


def test_positions_that_are_put_behind_the_keys_count_for_each_sample() -> None:
    more = of(*BATCHED, gives_scores=True, batch_first=True, added_keys=2)
    assert attention.scores(*more) == BATCH * HEADS * QUERIES * (KEYS + 2) * FLOAT
