"""Asking gates about many keys at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.admission import admit, sift
from flyball.learn.kernel import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.gate import Gate

    Words = NDArray[Any]
    Integers = NDArray[np.int64]


@kernel
def _ask(gate: Words, keys: Words, noises: Words, answers: NDArray[np.bool_]) -> None:
    for i in range(len(keys)):
        answers[i] = admit(gate, keys[i], noises[i])


@kernel
def _sift(gate: Words, keys: Words, noise: int, places: Integers, count: int, refused: Integers) -> int:
    return sift(gate, keys, noise, places, count, refused)


def asked(gate: Gate, keys: Words, noises: Words | None = None) -> NDArray[np.bool_]:
    """What the gate answers about these keys, one after the other."""
    answers = np.empty(len(keys), dtype=np.bool_)
    _ask(gate.words, keys, np.zeros(len(keys), dtype=np.uint64) if noises is None else noises, answers)
    return answers


def sifted(gate: Gate, keys: Words, places: Integers) -> tuple[list[int], list[int]]:
    """(the places of the keys that are admitted, those of the others)."""
    places, refused = places.copy(), np.full(len(places), -1, dtype=np.int64)
    admitted = _sift(gate.words, keys, np.uint64(0), places, len(places), refused)  # type: ignore[arg-type]  # numpy's scalar in a kernel
    return places[:admitted].tolist(), refused[: len(places) - admitted].tolist()


def some_keys(count: int, seed: int = 1) -> Words:
    """Random keys."""
    return np.random.default_rng(seed).integers(1, 2**64 - 1, count, dtype=np.uint64)
