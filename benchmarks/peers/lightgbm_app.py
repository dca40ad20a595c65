"""FastAPI and LightGBM: the booster itself, one thread, texts as the codes that it was trained with."""

from __future__ import annotations

import os
import time
from pathlib import Path

import joblib  # type: ignore[import-untyped]  # it has no types
import lightgbm
import numpy as np
from fastapi import FastAPI

from benchmarks.peers.call import Answer, Call
from benchmarks.peers.journal import journal

FOLDER = Path(os.environ["PEER_MODELS"])
app = FastAPI()
booster = lightgbm.Booster(model_file=FOLDER / "trees.txt")
codes = joblib.load(FOLDER / "codes.joblib")
kept = journal()


@app.post("/quick")
async def quick(call: Call) -> Answer:
    """An array of one row."""
    values = call.__dict__
    row = [codes[name].get(value, -1) if name in codes else value for name, value in values.items()]
    prediction = booster.predict(np.array([row], dtype=float), num_threads=1, predict_disable_shape_check=True)[0]
    if kept is not None:
        kept.add((time.time(), call.model_dump_json(), prediction))
    return Answer(prediction=prediction)
