"""Estimators after scikit-learn's and River's habits. Needs scikit-learn: `pip install 'flyball[sklearn]'`."""

from __future__ import annotations

from flyball.estimators.installed import require

require("sklearn", "narwhals")
