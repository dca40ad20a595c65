"""The answer to one row of features: what serving calls for every request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.learn.ftrl import answer, margin_of
from flyball.learn.kernel import kernel

if TYPE_CHECKING:
    from flyball.learn.ftrl import Floats, Words


@kernel
def score_one(
    words: Words, hyper: Floats, squared: bool, scale: float, keys: Words, values: Floats, count: int
) -> float:
    """The prediction from the first `count` features, in the outcome's own scale. Safe while another process learns."""
    return answer(margin_of(words, hyper, keys, values, 0, count), squared) * scale
