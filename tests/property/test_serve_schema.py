"""The OpenAPI document is true: requests that it allows and requests that it forbids get what it declares."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from flyball.serve.port import Reply
from flyball.web.asgi import App
from tests.unit.serve.stand import Stand
from tests.unit.web.test_asgi import Anybody

UNASKED = [
    not_a_server_error,  # 503, 504 and 507 are declared, and are right where a deadline of a nanosecond has passed
    positive_data_acceptance,  # an id that was asked with other inputs fits the schema, and is a conflict
]


def application() -> App:
    """A service on ports in memory, for any host."""
    stand = Stand()
    stand.channel.evaluate = lambda question: Reply(found=True, score=0.5)
    return App(stand.service, Anybody(), None)


SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", application())


@SCHEMA.parametrize()
@settings(max_examples=25)
def test_every_answer_is_declared(case: Any) -> None:  # noqa: ANN401  # schemathesis ships no type for it
    """Its status, its form, and that what is wrong is refused."""
    response = case.call()

    assert response.status_code != 500
    case.validate_response(response, excluded_checks=UNASKED)
