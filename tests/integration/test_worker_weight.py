"""What a worker loads: nothing that serving does without."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.integration.running_system import ROOT

HEAVY = ("pyarrow", "duckdb", "sqlalchemy", "sklearn", "pandas", "litestar", "jinja2", "typer", "rich")


@pytest.mark.integration
def test_a_worker_loads_no_offline_libraries_and_no_framework() -> None:
    """Each would cost every worker memory and time to start."""
    program = f"import sys, flyball.web.worker_main; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert done.stdout.strip() == "[]", done.stdout
