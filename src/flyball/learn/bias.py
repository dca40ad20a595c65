"""The bias: the feature that every example has, first, with value 1."""

from __future__ import annotations

from flyball.learn.hash64 import text_key

BIAS_KEY = text_key("bias", 0)
"""Its key."""
