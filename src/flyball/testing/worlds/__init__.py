"""System files for the simulated worlds."""

from __future__ import annotations

from pathlib import Path

ADS = Path(__file__).parent / "ads.py"
"""The system file for `flyball.testing.world.World`: will this ad be clicked?

>>> ADS.name
'ads.py'
"""

ADS_LIVE = Path(__file__).parent / "ads_live.py"
"""The same for `flyball.testing.visit.visits`, where one hour of that world takes 20 seconds.

>>> ADS_LIVE.name
'ads_live.py'
"""
