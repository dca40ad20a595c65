"""The client for users' services: the standard library only.

from flyball.client import Client

with Client("http://127.0.0.1:8000") as client:
    answer = client.predict("ctr", {"ad_id": "a1", "country": "DE"}, deadline=0.05, fallback=0.01)
    client.outcome(answer.id, True)
"""

from __future__ import annotations

from flyball.client.async_client import AsyncClient
from flyball.client.async_sender import AsyncSender
from flyball.client.backlog import Counts
from flyball.client.client import Client
from flyball.client.error import (
    ClientError,
    Closed,
    Conflict,
    NotFound,
    Refused,
    TimedOut,
    Unauthorised,
    Unavailable,
    Unreadable,
    Unsendable,
)
from flyball.client.options import Options
from flyball.client.ports import Ports
from flyball.client.prediction import Prediction
from flyball.client.problem import Problem
from flyball.client.readiness import Readiness
from flyball.client.receipt import Rejection
from flyball.client.sender import Sender
from flyball.client.served_model import ServedModel

__all__ = [
    "AsyncClient",
    "AsyncSender",
    "Client",
    "ClientError",
    "Closed",
    "Conflict",
    "Counts",
    "NotFound",
    "Options",
    "Ports",
    "Prediction",
    "Problem",
    "Readiness",
    "Refused",
    "Rejection",
    "Sender",
    "ServedModel",
    "TimedOut",
    "Unauthorised",
    "Unavailable",
    "Unreadable",
    "Unsendable",
]
