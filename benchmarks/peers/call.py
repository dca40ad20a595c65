"""The request and the answer of the peers."""

from __future__ import annotations

from pydantic import BaseModel


class Call(BaseModel):
    """What is known of a call."""

    age: int
    job: str
    marital: str
    education: str
    default: str
    housing: str
    loan: str
    contact: str
    month: str
    day_of_week: str
    duration: int
    campaign: int
    pdays: int
    previous: int
    poutcome: str
    emp_var_rate: float
    cons_price_idx: float
    cons_conf_idx: float
    euribor3m: float
    nr_employed: float


class Answer(BaseModel):
    """How likely it is that the call leads to a subscription."""

    prediction: float
