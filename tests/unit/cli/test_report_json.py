"""The report as JSON: the fields that others script against."""

from __future__ import annotations

import json
from dataclasses import replace

from flyball.run.report import ModelReport, as_json
from flyball.watch.scorecard import Scorecard
from tests.unit.cli.report_sample import sample


def test_json_has_the_promised_fields_of_every_model() -> None:
    """DESIGN, section 9."""
    found = json.loads(json.dumps(as_json(sample(count=3_000)), allow_nan=False))

    for model in ("ctr", "delay"):
        assert {"examples", "seconds", "log_loss", "normalised_entropy", "auc", "calibration"} <= found["models"][
            model
        ].keys()
    assert found["models"]["ctr"]["log_loss"] > 0.0
    assert found["models"]["delay"]["log_loss"] is None
    assert found["models"]["delay"]["rmse"] > 0.0
    assert found["models"]["ctr"]["baselines"].keys() == {"logged score", "the world's own entropy"}


def test_json_counts_the_refused_rows() -> None:
    """Sum and reasons."""
    found = json.loads(json.dumps(as_json(sample(count=3_000))))

    assert found["rejected"] == 1_204
    assert found["rejections"][0]["first_row"] == 17


def test_measures_that_are_not_defined_are_null() -> None:
    """Never NaN, which is no JSON."""
    model = ModelReport(name="ctr", version=1, scorecard=Scorecard(kind="binary", examples=0, weight=0.0))
    found = json.loads(json.dumps(as_json(replace(sample(count=3_000), models=(model,))), allow_nan=False))

    assert found["models"]["ctr"]["auc"] is None
