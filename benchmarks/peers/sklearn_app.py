"""FastAPI and scikit-learn: `/usual` as it is mostly written, `/quick` with everything that makes one row quicker."""

from __future__ import annotations

import os
import time
from pathlib import Path

import joblib  # type: ignore[import-untyped]  # it has no types
import pandas as pd
import sklearn
from fastapi import FastAPI

from benchmarks.peers.call import Answer, Call
from benchmarks.peers.journal import journal

FOLDER = Path(os.environ["PEER_MODELS"])
app = FastAPI()
by_columns = joblib.load(FOLDER / "columns.joblib")
by_entries = joblib.load(FOLDER / "entries.joblib")
kept = journal()


@app.post("/usual")
def usual(call: Call) -> Answer:
    """A data frame of one row, in one of FastAPI's threads."""
    return Answer(prediction=by_columns.predict_proba(pd.DataFrame([call.model_dump()]))[0, 1])


@app.post("/quick")
async def quick(call: Call) -> Answer:
    """A dictionary vectorised without a data frame, no thread, scikit-learn's checks of it switched off."""
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        prediction = by_entries.predict_proba([call.__dict__])[0, 1]
    if kept is not None:
        kept.add((time.time(), call.model_dump_json(), prediction))
    return Answer(prediction=prediction)
