"""Answers of a factorisation machine (`flyball.learn.factor_machine`), while another process may be learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.arena import AT_EXPIRY, AT_GENERATION
from flyball.learn.atomic import load_acquire
from flyball.learn.bias import BIAS_KEY
from flyball.learn.expiry import stale, stamp_bits_in
from flyball.learn.factor_machine import serve
from flyball.learn.factors import FARTHEST, Factors, beginning, factor, first_word
from flyball.learn.ftrl import AHEAD, ask
from flyball.learn.kernel import inner, kernel
from flyball.learn.lanes import Bench, add_margins, bench_of, note
from flyball.learn.loom import Loom, loom_of, together
from flyball.learn.mixture import Mixture, mixture_of, recall
from flyball.learn.offset import end_of, offset_of
from flyball.learn.pair import n_of, z_of
from flyball.learn.place import frame_of, seek
from flyball.learn.slots import mix
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Singles = NDArray[np.float32]


@inner
def read_factors(words: Words, at: int, lanes: int, key: int, factors: Factors, held: Floats) -> bool:
    """The factors of the row at word `at`, while another process may be writing it; whether it takes part in pairs."""
    pair, present = load_acquire(words, at + 1), load_acquire(words, AT_EXPIRY)
    if key == uint64(BIAS_KEY) or stale(pair, present) or n_of(pair & ~stamp_bits_in(present)) <= 0.0:
        return False
    first, signs = first_word(lanes), mix(key)
    lead = load_acquire(words, at + first)
    count = n_of(lead)
    rate = factors.alpha / (factors.beta + factors.alpha * factors.l2 + np.sqrt(count))
    for f in range(len(held)):
        if count > 0.0:
            pair = load_acquire(words, at + first + (f + 1) // 2) if f > 0 else lead
            held[f] = factor(n_of(pair) if f > 0 and f & 1 == 0 else z_of(pair), factors.l1, rate)
        else:
            held[f] = beginning(factors, signs, f)
    return True


@inner
def pairs_of(words: Words, lanes: int, factors: Factors, keys: Words, values: Floats, loom: Loom) -> float:
    """What all pairs bring, nothing changed; safe as `flyball.learn.ftrl.margin_of` is. `loom` needs room for one."""
    held = loom.held[:, 0]
    while True:
        before = load_acquire(words, AT_GENERATION)
        frame = frame_of(words)
        for f in range(len(held)):
            loom.sums[f], loom.squares[f] = 0.0, 0.0
        for j in range(len(keys)):
            at = seek(words, frame, keys[j])
            if load_acquire(words, at) != keys[j] or not read_factors(words, at, lanes, keys[j], factors, held):
                continue
            for f in range(len(held)):
                own = min(max(held[f] * values[j], -FARTHEST), FARTHEST)
                loom.sums[f] += own
                loom.squares[f] += own * own
        if load_acquire(words, AT_GENERATION) == before:
            return together(loom.sums, loom.squares)


@inner
def served_of(
    words: Words,
    hyper: Floats,
    factors: Factors,
    kind: int,
    keys: Words,
    values: Floats,
    bench: Bench,
    loom: Loom,
    mixture: Mixture,
) -> float:
    """The prediction for one example, nothing learned."""
    last = end_of(keys, 0, len(keys))
    add_margins(words, hyper, keys[:last], values[:last], bench.margins)
    pairs = pairs_of(words, len(hyper), factors, keys[:last], values[:last], loom)
    for lane in range(len(hyper)):
        bench.margins[lane] += pairs
    recall(words, mixture)
    return serve(mixture, bench, offset_of(values, last, len(keys)), kind)


@kernel
def predict(
    words: Words,
    hyper: Floats,
    factors: Factors,
    kind: int,
    starts: Integers,
    keys: Words,
    values: Floats,
    scores: Floats,
) -> None:
    """The prediction of every example, nothing learned. Safe while another process learns."""
    last, lanes = len(starts) - 1, len(hyper)
    bench, loom, mixture = bench_of(1, lanes), loom_of(1, factors.k), mixture_of(lanes)
    for i in range(last):
        if i + AHEAD < last:
            ask(words, keys, starts[i + AHEAD], starts[i + AHEAD + 1])
        mine, its = keys[starts[i] : starts[i + 1]], values[starts[i] : starts[i + 1]]
        scores[i] = served_of(words, hyper, factors, kind, mine, its, bench, loom, mixture)


@kernel
def score_one(
    words: Words, hyper: Floats, factors: Factors, kind: int, keys: Words, values: Floats, count: int, told: Singles
) -> float:
    """The prediction from the first `count` features, and in `told` what is said. Safe while another process learns."""
    lanes = len(hyper)
    bench, loom, mixture = bench_of(1, lanes), loom_of(1, factors.k), mixture_of(lanes)
    ask(words, keys, 0, count)
    served = served_of(words, hyper, factors, kind, keys[:count], values[:count], bench, loom, mixture)
    if len(told) > 0:
        note(told, bench.margins, mixture)
    return served


@kernel
def factors_of(words: Words, lanes: int, factors: Factors, keys: Words, out: Floats) -> None:
    """The factors of each key, shape (keys, k), 0 where it takes no part in pairs. Only while nobody writes."""
    frame = frame_of(words)
    for j in range(len(keys)):
        at = seek(words, frame, keys[j])
        if load_acquire(words, at) != keys[j] or not read_factors(words, at, lanes, keys[j], factors, out[j]):
            out[j] = 0.0
