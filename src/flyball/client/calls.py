"""The calls that the service answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.client.call import Call
from flyball.client.document import Document
from flyball.client.encoding import encode
from flyball.client.error import ClientError, Unreadable, Unsendable, error_of
from flyball.client.fact import present, segment
from flyball.client.options import checked_seconds
from flyball.client.prediction import Prediction
from flyball.client.problem import Problem, problem_of, read_problem
from flyball.client.readiness import Readiness
from flyball.client.receipt import Receipt
from flyball.client.request import Request
from flyball.client.served_model import ServedModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flyball.client.fact import Fact
    from flyball.client.parcel import Parcel
    from flyball.client.response import Response


def predicting(
    model: str,
    id: str,
    inputs: Mapping[str, object],
    deadline: float | None = None,
    fallback: float | None = None,
    *,
    uncertainty: bool = False,
) -> Call[Prediction]:
    """Asks for one prediction.

    >>> predicting("ctr", "r1", {"country": "DE"}).request.body
    b'{"id":"r1","inputs":{"country":"DE"}}'
    """

    def instead(error: ClientError) -> Prediction:
        return _by_caller(model, id, fallback, error)

    return Call(
        request=Request(
            "POST",
            _of_model(model, "predict"),
            encode({"id": id, "inputs": inputs} | ({"uncertainty": True} if uncertainty else {})),
            deadline is not None,
        ),
        read=lambda response: _prediction(id, Document.read(response.body)),
        seconds=None if deadline is None else checked_seconds("deadline", deadline),
        instead=None if fallback is None else instead,
    )


def predicting_many(
    model: str,
    ids: Sequence[str],
    instances: Sequence[Mapping[str, object]],
    shared: Mapping[str, object] | None = None,
    deadline: float | None = None,
    fallback: float | None = None,
    *,
    uncertainty: bool = False,
) -> Call[tuple[Prediction | ClientError, ...]]:
    """Asks for many predictions at once.

    >>> predicting_many("ctr", ["r1"], [{"ad": "a1"}], {"country": "DE"}).request.body
    b'{"inputs":{"country":"DE"},"instances":[{"id":"r1","inputs":{"ad":"a1"}}]}'
    """
    if not instances or len(ids) != len(instances):
        raise Unsendable(f"{len(instances)} instances and {len(ids)} ids; give at least one instance, each with one id")
    listed = [{"id": id, "inputs": inputs} for id, inputs in zip(ids, instances, strict=True)]

    def read(response: Response) -> tuple[Prediction | ClientError, ...]:
        whole = Document.read(response.body)
        if response.status == 422 and "predictions" not in whole.members:
            raise _refusal(response)
        found = whole.objects("predictions")
        if len(found) != len(ids):
            raise Unreadable(f"{len(found)} predictions for {len(ids)} instances; is this flyball?")
        return tuple(_one_of_many(model, id, fallback, each) for id, each in zip(ids, found, strict=True))

    def instead(error: ClientError) -> tuple[Prediction | ClientError, ...]:
        return tuple(_by_caller(model, id, fallback, error) for id in ids)

    body = encode(present(inputs=shared, instances=listed, uncertainty=True if uncertainty else None))
    return Call(
        request=Request("POST", _of_model(model, "predict"), body, deadline is not None),
        read=read,
        seconds=None if deadline is None else checked_seconds("deadline", deadline),
        instead=None if fallback is None else instead,
        answers=frozenset({200, 422}),
    )


def telling(fact: Fact) -> Call[None]:
    """Tells one fact; it is durable when the call returns.

    >>> from flyball.client.fact import Fact
    >>> telling(Fact.outcome("r1", 1)).request.body
    b'{"id":"r1","value":1}'
    """
    return Call(request=Request("POST", fact.path, fact.data), read=_read_told)


def delivering(parcel: Parcel) -> Call[Receipt]:
    """Tells many facts; those that the receipt does not list as rejected are durable when the call returns.

    One try: a sender has a patience of its own.

    >>> from flyball.client.parcel import Parcel
    >>> sorted(delivering(Parcel("/v1/outcomes", "outcomes", ())).answers)
    [200, 202, 422]
    """
    return Call(
        request=Request("POST", parcel.path, parcel.body),
        read=lambda response: _read_receipt(response, len(parcel.items)),
        answers=frozenset({200, 202, 422}),
        once=True,
    )


def listing() -> Call[tuple[ServedModel, ...]]:
    """Asks which models there are.

    >>> listing().request.path
    '/v1/models'
    """

    def read(response: Response) -> tuple[ServedModel, ...]:
        found = Document.read(response.body).objects("models")
        return tuple(ServedModel(each.text("name"), each.whole("version"), each.members) for each in found)

    return Call(request=Request("GET", "/v1/models"), read=read)


def asking_readiness() -> Call[Readiness]:
    """Asks whether the service takes requests; one try.

    >>> asking_readiness().once
    True
    """

    def read(response: Response) -> Readiness:
        if response.status == 200:
            return Readiness(ready=True)
        return Readiness(ready=False, reason=str(read_problem(response.status, response.reason, response.body)))

    return Call(
        request=Request("GET", "/readyz"),
        read=read,
        instead=lambda error: Readiness(ready=False, reason=str(error)),
        answers=frozenset({200, 503}),
        once=True,
    )


def _of_model(model: str, what: str) -> str:
    return f"/v1/models/{segment('model', model)}/{what}"


def _by_caller(model: str, id: str, fallback: float | None, error: ClientError) -> Prediction:
    if fallback is None:
        raise error
    return Prediction(
        id=id,
        model=model,
        version=None,
        learned_through=None,
        value=fallback,
        served_by="caller",
        reason=str(error),
        learning=None,
    )


def _prediction(id: str, found: Document) -> Prediction:
    if found.text("id") != id:
        raise Unreadable(f"the prediction of {found.text('id')!r} came for {id!r}; does a proxy mix up answers?")
    reason = found.members.get("reason")
    return Prediction(
        id=id,
        model=found.text("model"),
        version=found.whole("version"),
        learned_through=found.whole("learned_through"),
        value=found.number("prediction"),
        served_by=found.text("served_by"),
        reason=reason if isinstance(reason, str) else None,
        learning=found.members.get("learning") is not False,
        uncertainty=found.number("uncertainty") if "uncertainty" in found.members else None,
    )


def _one_of_many(model: str, id: str, fallback: float | None, found: Document) -> Prediction | ClientError:
    if "problem" not in found.members:
        return _prediction(id, found)
    problem = problem_of(found.members["problem"], 422)
    error = error_of(f"{id}: {problem}", problem)
    return error if fallback is None or problem.status not in {503, 504} else _by_caller(model, id, fallback, error)


def _rejected(found: Document, count: int) -> tuple[tuple[int, Problem], ...]:
    listed = found.objects("rejected") if "rejected" in found.members else []
    rejected = tuple((each.whole("index"), problem_of(each.members.get("problem"), 422)) for each in listed)
    if any(not 0 <= index < count for index, _ in rejected):
        raise Unreadable(f"the answer rejects items that were not among the {count} sent; is this flyball?")
    return rejected


def _read_told(response: Response) -> None:
    rejected = _rejected(Document.read(response.body), 1)
    for _, problem in rejected:
        raise error_of(str(problem), problem)


def _read_receipt(response: Response, count: int) -> Receipt:
    found = Document.read(response.body)
    rejected = _rejected(found, count)
    if response.status == 422 and not rejected:
        raise _refusal(response)
    return Receipt(count - len({index for index, _ in rejected}), rejected)


def _refusal(response: Response) -> ClientError:
    """The error of an answer that refuses all that was asked or told."""
    problem = read_problem(response.status, response.reason, response.body)
    return error_of(str(problem), problem)
