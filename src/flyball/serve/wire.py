"""The bodies of requests and answers, as they stand on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from flyball.serve.problem import Problem, Refused, problem

if TYPE_CHECKING:
    from collections.abc import Sequence

Id = Annotated[str, Meta(min_length=1, max_length=256, description="An id that the caller chose.")]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
Moment = Annotated[
    int | float | str | None,
    Meta(description="RFC 3339 with an offset, or microseconds since 1970; at most five minutes in the future."),
]
Milliseconds = Annotated[float, Meta(gt=0, description="How long the answer may take.")]
Inputs = Annotated[dict[str, Any], Meta(description="A value for each input; what is left out is missing.")]


class _Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What callers send: fields that are not declared are mistakes."""


class Instance(_Given, frozen=True):
    """One of many questions.

    >>> Instance(inputs={"hour": 7}).inputs
    {'hour': 7}
    """

    inputs: Inputs
    id: Id | UnsetType | None = UNSET


class Ask(_Given, frozen=True):
    """A question to a model: either `inputs` of one prediction, or `instances`, which `inputs` are shared by.

    >>> msgspec.json.decode(b'{"inputs": {"hour": 7}}', type=Ask).inputs
    {'hour': 7}
    """

    inputs: Inputs | UnsetType = UNSET
    instances: list[Instance] | UnsetType = UNSET
    id: Id | UnsetType | None = UNSET
    deadline_ms: Milliseconds | UnsetType | None = UNSET
    event_ts: Moment | UnsetType = UNSET
    consistent: bool | UnsetType = UNSET
    uncertainty: Annotated[bool, Meta(description="Whether answers tell how sure they are.")] | UnsetType = UNSET


class Rejection(msgspec.Struct, frozen=True):
    """In the place of an answer: why there is none.

    >>> from flyball.serve.problem import problem
    >>> Rejection(problem("refused", "input 'hour': 'x' is not taken as int")).problem.status
    422
    """

    problem: Problem


class Answers(msgspec.Struct, frozen=True):
    """The answers to many questions, one in the place of each: an `Answer`, or a `Rejection`.

    >>> Answers([]).predictions
    []
    """

    predictions: list[Any]  # msgspec decodes no union of structs without tags


class Made(_Given, frozen=True):
    """A prediction that was made elsewhere.

    >>> Made(id="r1", inputs={"hour": 7}, prediction=0.5, version=3).version
    3
    """

    id: Id
    inputs: Inputs
    prediction: float
    version: Annotated[int | str, Meta(description="The version that made it, such as 7 or 'v7'.")]
    event_ts: Moment | UnsetType = UNSET


class MadeMany(_Given, frozen=True):
    """Predictions that were made elsewhere.

    >>> MadeMany([]).predictions
    []
    """

    predictions: list[msgspec.Raw]


class Told(_Given, frozen=True):
    """What really happened.

    >>> Told(id="r1", value=True).value
    True
    """

    id: Id
    value: Annotated[bool | int | float | str | None, Meta(description="A truth, a number, or one of the labels.")]
    outcome: Name | UnsetType | None = UNSET
    outcome_id: Name | UnsetType | None = UNSET
    event_ts: Moment | UnsetType = UNSET
    weight: Annotated[float, Meta(ge=0)] | UnsetType | None = UNSET


class ToldMany(_Given, frozen=True):
    """What really happened, several times.

    >>> ToldMany([]).outcomes
    []
    """

    outcomes: list[msgspec.Raw]


class Happened(_Given, frozen=True):
    """An event.

    >>> Happened(event_id="r1").event_id
    'r1'
    """

    event_id: Name
    event_ts: Moment | UnsetType = UNSET
    keys: dict[str, Any] | UnsetType | None = UNSET
    values: dict[str, Any] | UnsetType | None = UNSET
    prediction_id: Id | UnsetType | None = UNSET


class HappenedMany(_Given, frozen=True):
    """Events.

    >>> HappenedMany([]).events
    []
    """

    events: list[msgspec.Raw]


class Rejected(msgspec.Struct, frozen=True):
    """One that was not taken.

    >>> from flyball.serve.problem import problem
    >>> Rejected(index=0, problem=problem("refused", "it has no value")).index
    0
    """

    index: int
    problem: Problem


class Accepted(msgspec.Struct, frozen=True):
    """What was taken, durably, and what was not.

    >>> Accepted(accepted=2).rejected
    []
    """

    accepted: int
    rejected: list[Rejected] = []


class AllRejected(Problem, frozen=True, kw_only=True, omit_defaults=True):
    """The problem of a request of which nothing was taken.

    >>> from flyball.serve.problem import TITLES, URN
    >>> AllRejected(type=URN + "refused", title="", status=422, detail="").rejected
    []
    """

    rejected: list[Rejected] = msgspec.field(default_factory=list)
    predictions: list[Rejection] = msgspec.field(default_factory=list)


def all_rejected(what: str, *, rejected: Sequence[Rejected] = (), predictions: Sequence[Rejection] = ()) -> Refused:
    """The refusal of a request of which nothing was taken: 422, or what all of it has in common where that is 5xx.

    >>> bad = problem("refused", "it has no value")
    >>> print(all_rejected("all 1 outcomes were refused", rejected=[Rejected(0, bad)]))
    all 1 outcomes were refused; the first: it has no value
    """
    problems = [each.problem for each in rejected] + [each.problem for each in predictions]
    first = problems[0]
    same = first.status >= 500 and all(each.type == first.type for each in problems)
    whole = problem(first.kind if same else "refused", f"{what}; the first: {first.detail}")
    headers = [(b"retry-after", b"1")] if whole.status == 503 else []
    return Refused(
        AllRejected(
            type=whole.type,
            title=whole.title,
            status=whole.status,
            detail=whole.detail,
            rejected=list(rejected),
            predictions=list(predictions),
        ),
        headers,
    )


class InputShown(msgspec.Struct, frozen=True):
    """An input of a model.

    >>> InputShown(name="hour", type="int").type
    'int'
    """

    name: str
    type: str


class ModelShown(msgspec.Struct, frozen=True, kw_only=True):
    """A model that is served.

    >>> ModelShown(name="late", version=1, outcome="late", inputs=[]).fallback is None
    True
    """

    name: str
    version: int
    outcome: str
    inputs: list[InputShown]
    deadline: str | None = None
    fallback: float | None = None


class ModelsShown(msgspec.Struct, frozen=True):
    """All models that are served.

    >>> ModelsShown([]).models
    []
    """

    models: list[ModelShown]


class Health(msgspec.Struct, frozen=True):
    """That a process answers.

    >>> Health("ok").status
    'ok'
    """

    status: str
