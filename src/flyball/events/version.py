"""Versions of models: ours count from 1; those of predictions made elsewhere are others' numbers, kept negative."""

from __future__ import annotations


def version_text(version: int) -> str:
    """A version as people read it; 0 stands for what belongs to none.

    >>> version_text(3), version_text(-7), version_text(0)
    ('v3', 'elsewhere v7', 'none')
    """
    if version == 0:
        return "none"
    return f"v{version}" if version > 0 else f"elsewhere v{-version}"
