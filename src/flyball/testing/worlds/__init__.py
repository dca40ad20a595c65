"""System files for the simulated worlds."""

from __future__ import annotations

from pathlib import Path

ADS = Path(__file__).parent / "ads.py"
"""The system file for `flyball.testing.world.World`: will this ad be clicked?

>>> ADS.name
'ads.py'
"""
