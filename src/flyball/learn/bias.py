"""The coordinate that every example has."""

from __future__ import annotations

BIAS_KEY = 0xA5D7F8C23E889B45
"""Its key: `flyball.learn.hash64.text_key("bias", 0)`, as a number, so that kernels know it. Its value is 1."""
