"""What is said where scikit-learn is not installed."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from importlib.abc import MetaPathFinder

class Hidden(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("sklearn", "narwhals"):
            raise ModuleNotFoundError(name)

import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "sklearn" else found(name, package)
sys.meta_path.insert(0, Hidden())
import flyball
print(flyball.FTRL().tuned)
try:
    flyball.FTRLClassifier
except ImportError as error:
    print(error)
"""


def test_flyball_can_be_imported_without_scikit_learn_and_says_what_estimators_need() -> None:
    """Everything else works."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

    assert done.stdout.splitlines() == [
        "True",
        "sklearn is not installed, and flyball's estimators need it: pip install 'flyball[sklearn]'",
    ], done.stderr
